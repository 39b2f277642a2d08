//! What a flow log is created with.

/// Days that a log group keeps its records unless something else is asked for.
pub const DEFAULT_RETENTION_DAYS: u32 = 30;
/// Seconds over which a record aggregates unless something else is asked for.
pub const DEFAULT_AGGREGATION_S: u32 = 60;
/// The aggregation intervals that flow logs can have.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html>.
pub const AGGREGATIONS_S: [u32; 2] = [60, 600];

/// What a flow log is created with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Days that records are kept.
    pub retention_days: u32,
    /// Seconds over which a record aggregates; one of [`AGGREGATIONS_S`].
    pub aggregation_s: u32,
    /// The fields of a record, as AWS names them; none for those that the account knows best.
    pub fields: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { retention_days: DEFAULT_RETENTION_DAYS, aggregation_s: DEFAULT_AGGREGATION_S, fields: Vec::new() }
    }
}
