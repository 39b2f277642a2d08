//! Translates a plan to CloudWatch Logs Insights text.
//!
//! Safety comes first: every operand is in parentheses, since the service does not document its precedence; values are
//! typed literals from an allow-list; sort and limit are always explicit. Nothing here runs a query or knows where it
//! runs; [`Format`] tells the fields of the queried logs. Syntax:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html>.

mod column;
mod error;
mod filter;
mod format;
mod groups;
mod literal;
mod names;
mod needed;
mod pipeline;
mod records;
mod role;

use crate::query::missing::Missing;
use crate::query::plan::{Plan, Shape, Source};

pub use error::{Error, MAX_QUERY_CHARS};
pub use format::Format;
pub use pipeline::MAX_ROWS;

/// A query as the service takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The text.
    pub text: String,
    /// The service's name for each column of the plan, in the plan's order; empty for a column that
    /// the logs lack.
    pub columns: Vec<String>,
    /// The service's names for the sort keys of records; empty for groups.
    pub order: Vec<String>,
    /// Notes for the reader of the answer, in addition to the plan's own notes.
    pub notes: Vec<String>,
}

/// The Insights text of a plan over logs of this format. The query of conversations groups by interface, too; its
/// reader puts these groups together.
///
/// # Errors
///
/// [`Error::FieldMissing`] for a field that the logs lack, [`Error::FilesOnly`] and [`Error::NeedsInventory`] for
/// features that the service does not have, [`Error::UnsafeText`] and [`Error::UnsafeRegex`] for values that are on no
/// allow-list, [`Error::SeveralFormats`] for a field that the service does not find among records of several formats,
/// [`Error::TooLong`] for a text of over 10,000 characters.
pub fn emit(plan: &Plan, format: &Format) -> Result<Query, Error> {
    let in_parts = plan.in_parts();
    let plan = in_parts.as_ref().unwrap_or(plan);
    refuse_extra_columns(plan)?;
    match missing(plan, std::slice::from_ref(format)) {
        Some(missing) => Err(Error::FieldMissing { missing }),
        None => emit_part(plan, format),
    }
}

/// Returns a field that the sentence names and no log of these formats has.
#[must_use]
pub fn missing(plan: &Plan, formats: &[Format]) -> Option<Missing> {
    plan.first_missing(|source| formats.iter().any(|format| format.answers(source)))
}

/// The same as [`emit`] for some of the logs that a plan is about: a field that they lack and others have is absent.
///
/// # Errors
///
/// The errors of [`emit`], but for [`Error::FieldMissing`].
pub fn emit_part(plan: &Plan, format: &Format) -> Result<Query, Error> {
    refuse_extra_columns(plan)?;
    let mut pipeline = pipeline::Pipeline::new(format);
    pipeline.parse(plan)?;
    pipeline.role(plan)?;
    let (columns, order) = match &plan.shape {
        Shape::Records { columns, .. } => {
            let names = records::emit(&mut pipeline, plan, columns)?;
            (names.columns, names.order)
        }
        Shape::Groups(groups) => (groups::emit(&mut pipeline, plan, groups)?, Vec::new()),
    };
    let (text, notes) = pipeline.finish()?;
    Ok(Query { text, columns, order, notes })
}

/// Returns whether the query of a plan parses the text of records, and so depends on the order of their fields.
#[must_use]
pub fn parses(plan: &Plan, format: &Format) -> bool {
    pipeline::unfound(plan, format).is_some()
}

/// Returns a note if the answer of a plan may take several queries.
#[must_use]
pub fn note_of_several(plan: &Plan) -> Option<String> {
    let is_long = plan.limit.rows().is_none_or(|rows| rows > MAX_ROWS);
    is_long.then(|| {
        format!("one query returns at most {MAX_ROWS} rows: a longer answer takes several queries, split by time")
    })
}

fn refuse_extra_columns(plan: &Plan) -> Result<(), Error> {
    match plan.named().into_iter().find(|source| matches!(source, Source::Extra(_))) {
        Some(extra) => {
            let advice = "the service knows the fields of the record; `flowlogs fields` lists them";
            Err(Error::FilesOnly { what: extra.name().trim_matches('`').into(), advice })
        }
        None => Ok(()),
    }
}
