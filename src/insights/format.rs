//! Which fields the queried logs have.

use std::collections::BTreeSet;

use crate::field::Field;
use crate::query::plan::Source;

/// Which fields of the record the queried logs have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// `None` for every field.
    fields: Option<BTreeSet<Field>>,
    /// The values of a line in order, where the service does not find them itself; `None` for one
    /// that the table does not know.
    pub(super) parsed: Option<Vec<Option<Field>>>,
}

impl Format {
    /// Every field: what is assumed where no log is looked at.
    #[must_use]
    pub const fn every() -> Self {
        Self { fields: None, parsed: None }
    }

    /// These fields of the record and no other; the service finds them.
    #[must_use]
    pub fn of(fields: impl IntoIterator<Item = Field>) -> Self {
        Self { fields: Some(fields.into_iter().collect()), parsed: None }
    }

    /// Lines of these values, which the query has to take apart itself.
    #[must_use]
    pub fn parsed(values: Vec<Option<Field>>) -> Self {
        Self { parsed: Some(values.clone()), ..Self::of(values.into_iter().flatten()) }
    }

    /// Whether records have it; their time is the service's own.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        field == Field::Time || self.fields.as_ref().is_none_or(|fields| fields.contains(&field))
    }

    /// Whether records have what the field is read from.
    pub(super) fn has_sources(&self, field: Field) -> bool {
        field == Field::Time || field.sources().into_iter().all(|source| self.has(source))
    }

    pub(super) fn answers(&self, source: &Source) -> bool {
        match source {
            Source::Field(field) => self.has(*field),
            Source::Extra(_) | Source::Result(_) => false,
        }
    }
}
