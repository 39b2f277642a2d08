//! Compiles sentences to plans; errors are drawn under the text.

use super::console::Terminal;
use super::error::Error;
use crate::query::{self, Context};

/// Compiles a sentence; errors are drawn under the text.
pub(crate) fn compile(text: &str, context: &Context, terminal: &Terminal) -> Result<query::Plan, Error> {
    query::compile(text, context)
        .map_err(|error| Error::Query { drawn: error.render("query", text, terminal.colour_err()) })
}
