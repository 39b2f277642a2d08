//! The columns of an aggregation's result, as later stages see them.

use std::collections::HashMap;

use crate::field::{Field, FieldType};
use crate::query::plan::{Aggregate, GroupKey, Groups, KeyBy, Source};

/// The columns of an aggregation's result, as later stages see them.
pub(super) struct ResultColumns {
    pub(super) columns: Vec<ResultColumn>,
    /// The places by name, in lower case.
    by_name: HashMap<String, usize>,
}

impl ResultColumns {
    pub(super) fn of(groups: &Groups) -> Self {
        let columns = result_columns(groups);
        let by_name = columns.iter().enumerate().map(|(place, column)| (column.name.to_ascii_lowercase(), place));
        Self { by_name: by_name.collect(), columns }
    }

    pub(super) fn at(&self, place: usize) -> &ResultColumn {
        &self.columns[place]
    }

    /// The column of this name.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.by_name.get(&name.to_ascii_lowercase()).copied()
    }

    /// The key that is this field.
    pub(super) fn place_of(&self, field: Field) -> Option<usize> {
        self.columns.iter().position(|column| column.field == Some(field))
    }
}

/// A column of an aggregation's result, as later stages see it.
pub(super) struct ResultColumn {
    pub(super) name: String,
    pub(super) field_type: FieldType,
    /// The field of a key: its other spellings find the column too.
    field: Option<Field>,
}

fn result_columns(groups: &Groups) -> Vec<ResultColumn> {
    let key = |key: &GroupKey| {
        let field = match &key.by {
            KeyBy::Source(Source::Field(field)) => Some(*field),
            KeyBy::Bin(_) => Some(Field::Time),
            KeyBy::Source(_) | KeyBy::Network(..) | KeyBy::Since(_) => None,
        };
        ResultColumn { name: key.name.clone(), field_type: key.field_type(), field }
    };
    let aggregate = |aggregate: &Aggregate| ResultColumn {
        name: aggregate.name.clone(),
        field_type: aggregate.field_type(),
        field: None,
    };
    groups.keys.iter().map(key).chain(groups.aggregates.iter().map(aggregate)).collect()
}
