//! The delay of records.

/// The longest delay of a record, in seconds: ten minutes for delivery, and ten for the aggregation interval.
pub(super) const LATENESS_S: i64 = 20 * 60;
