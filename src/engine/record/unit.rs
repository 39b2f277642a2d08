//! Units of reading, one thread each, and the visibility of records.

use std::ops::Range;

use crate::query::plan::Statuses;
use crate::query::window::Interval;

use super::tally::Counts;

/// The records that the query may see at all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visible {
    pub(crate) statuses: Statuses,
    pub(crate) interval: Option<Interval>,
    /// Whether the file is still being written: a last line without a newline is left for later.
    pub(crate) is_followed: bool,
}

impl Visible {
    /// Returns whether a record of this status (empty if absent) is hidden; counts it if so.
    ///
    /// A hidden record outside the interval is not part of the query anyway, so it is not counted.
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
    /// The file, as an index into the list of files.
    pub(crate) file: usize,
    pub(crate) part: Part,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The whole file.
    Whole,
    /// The lines that start in these bytes.
    Bytes(Range<u64>),
    /// A row group of a parquet file.
    RowGroup(usize),
}
