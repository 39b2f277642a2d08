//! A running query, and its answer so far.

use super::super::error::Error;
use super::asked::Unit;
use super::cell;
use super::join::Joined;
use super::past_names::PastNames;
use super::service::Service;
use crate::query::kind::Kind;
use crate::query::plan::{Limit, Plan};
use crate::value::{EpochSeconds, Row, RowSink};

/// A plan and the units that it queries.
pub(super) struct Query<'a> {
    /// The plan of the user.
    pub(super) plan: &'a Plan,
    /// The kinds of its columns.
    pub(super) kinds: Vec<Kind>,
    /// The plan that the service runs, in which ids and addresses stand for names.
    pub(super) joined: Joined,
    pub(super) names: Option<PastNames>,
    /// The last second of the window.
    pub(super) until: EpochSeconds,
    pub(super) units: &'a [Unit],
    pub(super) service: &'a Service<'a>,
}

/// The totals of a run.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) rows: u64,
    /// Records that passed the filters.
    pub(super) matched: u64,
    pub(super) truncated: bool,
    pub(super) notes: Vec<String>,
    /// The reason if rows are missing.
    pub(super) cut: Option<Error>,
}

/// Rows on their way to the sink.
pub(super) struct Answer<'a> {
    pub(super) sink: &'a mut (dyn RowSink + Send),
    pub(super) totals: Totals,
}

impl Answer<'_> {
    pub(super) fn rows(&mut self, rows: Vec<Row>) -> Result<(), Error> {
        self.totals.rows += rows.len() as u64;
        self.sink.rows(rows).map_err(Error::Sink)
    }

    /// Passes on rows up to the limit; only the default limit counts as truncation.
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
    /// A row with its names in place of ids and addresses.
    pub(super) fn named(&self, mut row: Row) -> Row {
        if let Some(names) = &self.names {
            self.joined.name(names, &mut row, self.until);
        }
        row
    }

    /// A row with its final values.
    pub(super) fn finished(&self, row: Row) -> Row {
        self.kinds.iter().zip(row).map(|(kind, value)| cell::finished(*kind, value)).collect()
    }
}
