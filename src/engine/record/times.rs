//! The time range of the records of a part.

/// The time range and the number of records. Lines that may turn out to be no records are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// The first second; the least number if a record has no time.
    pub(crate) oldest: i64,
    /// The last second; the least number if no record has a time.
    pub(crate) newest: i64,
    pub(crate) rows: u64,
}

impl Times {
    /// The times of no records.
    pub(crate) const NONE: Self = Self { oldest: i64::MAX, newest: i64::MIN, rows: 0 };

    /// Adds a record.
    pub(crate) fn add(&mut self, time: Option<i64>) {
        // Records without a time come last, as if they were oldest.
        let time = time.unwrap_or(i64::MIN);
        self.oldest = self.oldest.min(time);
        self.newest = self.newest.max(time);
        self.rows += 1;
    }
}
