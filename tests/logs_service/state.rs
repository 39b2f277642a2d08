//! The state of the service.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;

use super::query::Query;
use super::script::Script;

/// A log group and its events.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// Milliseconds since 1970.
    pub(crate) created: i64,
    /// Pairs of the service's name and text; `@timestamp` is in milliseconds.
    pub(crate) events: Vec<Vec<(String, String)>>,
}

impl Group {
    /// The ARN in the form that queries take.
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:logs:eu-central-1:123456789012:log-group:{}", self.name)
    }
}

/// A call to the service.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    /// The operation.
    pub(crate) operation: String,
    /// The request.
    pub(crate) input: Value,
    /// The time of the call.
    pub(crate) at: Instant,
}

pub(super) struct State {
    pub(super) groups: Vec<Group>,
    pub(super) script: Script,
    pub(super) queries: BTreeMap<String, Query>,
    pub(super) calls: Vec<Call>,
}

impl State {
    pub(super) fn new(groups: Vec<Group>, script: Script) -> Self {
        Self { groups, script, queries: BTreeMap::new(), calls: Vec::new() }
    }
}
