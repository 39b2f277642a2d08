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
    /// Returns whether a record of this status is hidden; counts it if so.
    ///
    /// A hidden record outside the interval is not part of the query anyway, so it is not counted.
    pub(crate) fn hides(self, status: Status, start: Option<i64>, counts: &mut Counts) -> bool {
        let Statuses::Traffic { nodata, skipdata } = self.statuses else { return false };
        let is_inside = || match (self.interval, start) {
            (Some(interval), Some(start)) => (interval.from..=interval.until).contains(&start),
            _ => true,
        };
        match status {
            Status::Ok => false,
            Status::NoData => {
                counts.nodata += u64::from(!nodata && is_inside());
                !nodata
            }
            Status::SkipData => {
                counts.skipdata += u64::from(!skipdata && is_inside());
                !skipdata
            }
        }
    }
}

/// The kind of a record, from its field `log-status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Traffic.
    Ok,
    /// No traffic in the interval.
    NoData,
    /// AWS lost the records of the interval.
    SkipData,
}

impl Status {
    /// The status that a word means, in any case.
    pub(crate) fn of(word: &[u8]) -> Option<Self> {
        const ALL: [(&[u8], Status); 3] =
            [(b"OK", Status::Ok), (b"NODATA", Status::NoData), (b"SKIPDATA", Status::SkipData)];
        ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, status)| *status)
    }
}

/// A part of a file that one thread reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// The file, as an index into the list of files.
    pub(crate) file: usize,
    /// The place in the order of all files and their parts.
    pub(crate) place: usize,
    pub(crate) part: Part,
    /// The number of stored bytes, or an estimate.
    pub(crate) bytes: u64,
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
