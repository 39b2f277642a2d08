//! The role of a record: whether it is a request or a response, by the rule of the language.

use super::column::{Column, ROLE};
use super::error::Error;
use super::filter;
use super::format::Format;
use crate::query::role;

/// The column that has the role of a record; other columns and filters read it.
pub(super) fn column(format: &Format) -> Result<Column, Error> {
    let mut text = String::from("\"-\"");
    for (filter, word) in role::cases().into_iter().rev() {
        if let Some(condition) = filter::emit_condition(&filter, format)? {
            text = format!("if({condition}, \"{word}\", {text})");
        }
    }
    Ok(Column::computed(ROLE, text))
}
