//! Sentences to plans; what is wrong is drawn.

use super::console::Terminal;
use super::error::Error;
use crate::query::{self, Context};

/// Compiles a sentence; what is wrong is drawn.
pub(crate) fn compile(text: &str, context: &Context, terminal: &Terminal) -> Result<query::Plan, Error> {
    query::compile(text, context)
        .map_err(|error| Error::Query { drawn: error.render("query", text, terminal.colour_err()) })
}
