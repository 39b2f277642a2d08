//! The fields of the queried logs, and how a query reads them.

use std::collections::BTreeSet;

use crate::field::Field;
use crate::query::plan::Source;

/// The fields of the record that the queried logs have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// `None` for every field.
    fields: Option<BTreeSet<Field>>,
    /// The fields that some of the records have and others lack.
    partial: BTreeSet<Field>,
    /// The fields that the service finds itself; `None` for all of them.
    found: Option<BTreeSet<Field>>,
    /// The values of a line in order, where all records have the same; `None` for one that the table does not know.
    line: Option<Vec<Option<Field>>>,
}

/// Returns whether the field is the service's own time of a record, which is always present: the record's start.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html>.
pub(super) const fn is_timestamp(field: Field) -> bool {
    matches!(field, Field::Time | Field::Start)
}

impl Format {
    /// Every field: the assumption where no log is known.
    #[must_use]
    pub const fn every() -> Self {
        Self { fields: None, partial: BTreeSet::new(), found: None, line: None }
    }

    /// These fields of the record and no other; the service finds them.
    #[must_use]
    pub fn of(fields: impl IntoIterator<Item = Field>) -> Self {
        Self { fields: Some(fields.into_iter().collect()), ..Self::every() }
    }

    /// Records of several formats in one log group; the service finds their fields.
    #[must_use]
    pub fn of_several(formats: &[Vec<Field>]) -> Self {
        let fields: BTreeSet<Field> = formats.iter().flatten().copied().collect();
        let partial = fields.iter().copied().filter(|field| formats.iter().any(|format| !format.contains(field)));
        Self { partial: partial.collect(), ..Self::of(fields.clone()) }
    }

    /// Lines of these values. A query that needs a field that the service does not find parses the lines itself.
    #[must_use]
    pub fn line(values: Vec<Option<Field>>, found: impl IntoIterator<Item = Field>) -> Self {
        let format = Self::of(values.iter().copied().flatten()).with_found(found);
        Self { line: Some(values), ..format }
    }

    /// The same, where the service finds these fields and no other.
    #[must_use]
    pub fn with_found(self, found: impl IntoIterator<Item = Field>) -> Self {
        Self { found: Some(found.into_iter().collect()), ..self }
    }

    /// Returns whether records have it; their time, which is their start, is the service's own.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        is_timestamp(field) || self.fields.as_ref().is_none_or(|fields| fields.contains(&field))
    }

    /// Returns whether records have every field that this one requires.
    pub(super) fn has_required(&self, field: Field) -> bool {
        field.required().into_iter().all(|source| self.has(source))
    }

    /// Returns whether some records have it and others lack it.
    pub(super) fn is_partial(&self, field: Field) -> bool {
        self.partial.contains(&field)
    }

    /// The values of a line in order.
    pub(super) fn values(&self) -> Option<&[Option<Field>]> {
        self.line.as_deref()
    }

    /// Returns whether the service finds it.
    pub(super) fn finds(&self, field: Field) -> bool {
        self.found.as_ref().is_none_or(|found| found.contains(&field))
    }

    pub(super) fn answers(&self, source: &Source) -> bool {
        match source {
            Source::Field(field) => self.has(*field),
            Source::Extra(_) | Source::Result(_) => false,
        }
    }
}
