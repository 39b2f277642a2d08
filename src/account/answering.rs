//! The log groups that would answer a plan, found without a query.

use super::place::Place;
use crate::query::plan::Condition;
use crate::query::window::Interval;
use crate::value::EpochSeconds;

/// The records of a log group that would answer a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Answering {
    /// The log group.
    pub log_group: String,
    /// The flow logs that deliver to it.
    pub flow_logs: Vec<String>,
    /// The current interfaces whose records answer; empty if the plan names the log group itself.
    pub interfaces: Vec<String>,
    /// The condition that selects those records; `None` for every record.
    pub condition: Option<Condition>,
    /// The part of the window in which these records start.
    pub interval: Interval,
    /// The creation time of the youngest of the flow logs: all of them record since then.
    pub since: EpochSeconds,
    /// Its place, if there are several places.
    pub place: Option<Place>,
}

/// The log groups that would answer a plan, and notes on traffic that would be left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// The log groups.
    pub answering: Vec<Answering>,
    /// The notes.
    pub notes: Vec<String>,
}
