//! How late records may come.

/// Seconds that a record may be late: ten minutes for delivery, and as much for an interval of
/// aggregation.
pub(super) const LATENESS_S: i64 = 20 * 60;
