//! Plan to CloudWatch Logs Insights text.
//!
//! The text is made for safety first: every operand stands in parentheses, since the service does
//! not document its precedence; values are typed literals from an allow-list; sort and limit are
//! always said. Nothing here runs a query or knows where it runs; [`Format`] says which fields the
//! queried logs have. Syntax: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html>.

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
    /// Notes for the reader of the answer, beside the plan's own notes.
    pub notes: Vec<String>,
}

/// The Insights text of a plan over logs of this format; that of conversations makes their groups by interface.
///
/// # Errors
///
/// [`Error::FieldMissing`] where the sentence names a field that the logs lack,
/// [`Error::FilesOnly`] and [`Error::NeedsInventory`] for what the service cannot do,
/// [`Error::UnsafeText`] and [`Error::UnsafeRegex`] for values that are on no allow-list,
/// [`Error::SeveralFormats`] for a field that the service does not find among records of several formats,
/// [`Error::TooLong`] over 10,000 characters.
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

/// The same as [`emit`] for some of the logs that a plan is about: what they lack and others have is
/// absent in them.
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

/// Returns whether the query of a plan takes the text of records apart, and so reads it by this format.
#[must_use]
pub fn parses(plan: &Plan, format: &Format) -> bool {
    pipeline::unfound(plan, format).is_some()
}

/// Returns a note for the reader of a query whose answer may take several.
#[must_use]
pub fn note_of_several(plan: &Plan) -> Option<String> {
    let is_long = plan.limit.rows().is_none_or(|rows| rows > MAX_ROWS);
    is_long.then(|| format!("one query returns at most {MAX_ROWS} rows: a longer answer takes several, by time"))
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
