//! The time range of the records of a part.

/// The time range and the number of records. Lines that may turn out not to be records are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// The earliest time; `i64::MIN` if a record has no time.
    pub(crate) oldest: i64,
    /// The latest time; `i64::MIN` if no record has a time.
    pub(crate) newest: i64,
    pub(crate) rows: u64,
}

impl Times {
    /// The time range of no records.
    pub(crate) const NONE: Self = Self { oldest: i64::MAX, newest: i64::MIN, rows: 0 };

    /// Any time, for records that are read later.
    pub(crate) const UNKNOWN: Self = Self { oldest: i64::MIN, newest: i64::MAX, rows: 0 };

    /// Adds a record.
    pub(crate) fn add(&mut self, time: Option<i64>) {
        // Records without a time sort last, as if they were the oldest.
        let time = time.unwrap_or(i64::MIN);
        self.oldest = self.oldest.min(time);
        self.newest = self.newest.max(time);
        self.rows += 1;
    }
}
