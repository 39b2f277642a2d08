//! What came of one question, or of several.

use super::super::error::Error;
use crate::value::{EpochSeconds, Row};

/// Rows of an interval.
#[derive(Default)]
pub(super) struct Part {
    pub(super) rows: Vec<Row>,
    /// Records that the filters let through.
    pub(super) matched: u64,
    /// The first seconds of intervals that have more rows than a query returns.
    pub(super) full: Vec<EpochSeconds>,
    /// Why it is not the whole answer.
    pub(super) cut: Option<Error>,
}

impl Part {
    /// All of them, one behind another.
    pub(super) fn joined(parts: Vec<Self>) -> Self {
        let mut joined = Self::default();
        for part in parts {
            joined.rows.extend(part.rows);
            joined.matched += part.matched;
            joined.full.extend(part.full);
            joined.cut = joined.cut.or(part.cut);
        }
        joined
    }
}
