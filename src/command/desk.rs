//! The environment of a command.

use std::sync::{Arc, Mutex};

use super::console::Terminal;
use super::option::{Asking, Output};
use super::out::Out;
use crate::query::Context;
use crate::session::{Interrupt, Session};
use crate::value::Rows;

/// The environment of a command: an open account, and the user's options for output and questions.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) session: Arc<Session>,
    pub(crate) context: Context,
    pub(crate) output: Output,
    pub(crate) asking: Asking,
    pub(crate) terminal: Terminal,
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) out: Out,
    /// The cost of a query, in US dollars, above which the user is asked before it runs.
    pub(crate) ask_above_usd: f64,
    /// Whether tables that are too wide are printed with a line for each column.
    pub(crate) vertical: bool,
    /// The copy of the printed rows, up to [`KEPT_ROWS`].
    pub(crate) kept: Option<Arc<Mutex<Rows>>>,
}

impl Desk {
    /// Whether data is coloured.
    pub(crate) fn has_colour(&self) -> bool {
        self.terminal.colour_out() && !matches!(self.out, Out::File(_))
    }
}

/// The most rows of an answer that are kept.
pub(crate) const KEPT_ROWS: usize = 100_000;
