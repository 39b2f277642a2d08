//! The tools of a command.

use std::sync::{Arc, Mutex};

use super::console::Terminal;
use super::option::{Asking, Output};
use super::out::Out;
use crate::query::Context;
use crate::session::{Interrupt, Session};
use crate::value::Rows;

/// The tools of a command: an open account, and how its user wants to be spoken to.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) session: Arc<Session>,
    pub(crate) context: Context,
    pub(crate) output: Output,
    pub(crate) asking: Asking,
    pub(crate) terminal: Terminal,
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) out: Out,
    /// The cost of a query, in US dollars, above which a person is asked before it is run.
    pub(crate) ask_above_usd: f64,
    /// Whether tables that do not fit have a line a column.
    pub(crate) vertical: bool,
    /// Where rows are kept beside being printed, up to [`KEPT_ROWS`].
    pub(crate) kept: Option<Arc<Mutex<Rows>>>,
}

impl Desk {
    /// Whether data is coloured.
    pub(crate) fn has_colour(&self) -> bool {
        self.terminal.colour_out() && !matches!(self.out, Out::File(_))
    }
}

/// Rows that are kept of an answer.
pub(crate) const KEPT_ROWS: usize = 100_000;
