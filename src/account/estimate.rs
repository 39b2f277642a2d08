//! The estimated cost of a query.

/// The estimated cost of a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The bytes that it would scan.
    pub bytes: u64,
    /// The cost, in US dollars.
    pub cost_usd: f64,
}
