//! What one thread reads at a time, and which of its records are seen.

use std::ops::Range;

use crate::query::plan::Statuses;
use crate::query::window::Interval;

use super::tally::Counts;

/// Which records are seen at all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visible {
    pub(crate) statuses: Statuses,
    pub(crate) interval: Option<Interval>,
    /// Whether the file is still written: a last line without a newline is left for later.
    pub(crate) is_followed: bool,
}

impl Visible {
    /// Whether a record of this status (empty where it is absent) is hidden; counts it if so.
    ///
    /// A hidden record outside the interval was not asked for anyway, so it is not counted.
    pub(crate) fn hides(self, status: &[u8], start: Option<i64>, counts: &mut Counts) -> bool {
        let Statuses::Traffic { nodata, skipdata } = self.statuses else { return false };
        let is_inside = || match (self.interval, start) {
            (Some(interval), Some(start)) => (interval.from..=interval.until).contains(&start),
            _ => true,
        };
        match status {
            b"OK" => false,
            b"NODATA" if nodata => false,
            b"SKIPDATA" if skipdata => false,
            b"NODATA" => {
                counts.nodata += u64::from(is_inside());
                true
            }
            b"SKIPDATA" => {
                counts.skipdata += u64::from(is_inside());
                true
            }
            _ => true,
        }
    }
}

/// A part of a file that one thread reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// The file, by its place among the files.
    pub(crate) file: usize,
    pub(crate) part: Part,
}

/// Which part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// The lines that start in these bytes.
    Bytes(Range<u64>),
    /// A group of rows of a parquet file.
    RowGroup(usize),
}
