//! A partial result, of one query or of several.

use super::super::error::Error;
use crate::value::{EpochSeconds, Row};

/// Rows of an interval.
#[derive(Default)]
pub(super) struct Part {
    pub(super) rows: Vec<Row>,
    /// Records that passed the filters.
    pub(super) matched: u64,
    /// The seconds with more rows than a query returns.
    pub(super) full: Vec<EpochSeconds>,
    /// The reason if rows are missing.
    pub(super) cut: Option<Error>,
}

impl Part {
    /// Concatenates parts.
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
