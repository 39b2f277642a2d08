//! What a query would take.

/// What a query would take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Bytes that it would scan.
    pub bytes: u64,
    /// What that costs, in US dollars.
    pub cost_usd: f64,
}
