//! A question and its answer, while it comes.

use super::super::error::Error;
use super::cell;
use super::join::Joined;
use super::service::Service;
use super::unit::Unit;
use crate::account::inventory_names::Names;
use crate::query::kind::Kind;
use crate::query::plan::{Limit, Plan};
use crate::value::{Row, RowSink};

/// A plan and what it is asked of.
pub(super) struct Query<'a> {
    /// What the answer is to be.
    pub(super) plan: &'a Plan,
    /// What its columns have.
    pub(super) kinds: Vec<Kind>,
    /// What the service is asked, where names are asked for.
    pub(super) joined: Joined,
    pub(super) names: Option<Names>,
    pub(super) units: &'a [Unit],
    pub(super) service: &'a Service<'a>,
}

/// What came of a plan.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) rows: u64,
    /// Records that the filters let through.
    pub(super) matched: u64,
    pub(super) truncated: bool,
    pub(super) notes: Vec<String>,
    /// Why the rows are not all there are.
    pub(super) cut: Option<Error>,
}

/// Rows on their way to whoever asked.
pub(super) struct Answer<'a> {
    pub(super) sink: &'a mut (dyn RowSink + Send),
    pub(super) totals: Totals,
}

impl Answer<'_> {
    pub(super) fn rows(&mut self, rows: Vec<Row>) -> Result<(), Error> {
        self.totals.rows += rows.len() as u64;
        self.sink.rows(rows).map_err(Error::Sink)
    }

    /// Rows up to a limit; the default one cuts.
    pub(super) fn rows_within(&mut self, mut rows: Vec<Row>, limit: Limit) -> Result<(), Error> {
        if let Some(most) = limit.rows() {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            self.totals.truncated |= limit == Limit::Default && rows.len() > most;
            rows.truncate(most);
        }
        self.rows(rows)
    }
}

impl Query<'_> {
    /// A row with what its values stand for, and its names.
    pub(super) fn finished(&self, mut row: Row) -> Row {
        if let Some(names) = &self.names {
            self.joined.name(names, &mut row);
        }
        self.kinds.iter().zip(row).map(|(kind, value)| cell::finished(*kind, value)).collect()
    }
}
