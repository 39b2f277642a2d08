//! The settings of a new flow log.

/// Days that a log group keeps its records by default.
pub const DEFAULT_RETENTION_DAYS: u32 = 30;
/// The default aggregation interval, in seconds.
pub const DEFAULT_AGGREGATION_S: u32 = 60;
/// The aggregation intervals that flow logs can have.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html>.
pub const AGGREGATIONS_S: [u32; 2] = [60, 600];

/// The settings of a new flow log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Days that records are kept; `None` for [`DEFAULT_RETENTION_DAYS`], or those that a log group keeps already.
    pub retention_days: Option<u32>,
    /// The aggregation interval in seconds, one of [`AGGREGATIONS_S`]; `None` for [`DEFAULT_AGGREGATION_S`].
    pub aggregation_s: Option<u32>,
    /// The fields of a record, by their AWS names; empty for the account's own default.
    pub fields: Vec<String>,
}
