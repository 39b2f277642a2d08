//! The flow logs that scripts created, which they may delete without confirmation.

use crate::account::FlowLog;
use crate::kind::TargetKind;
use crate::session::Outcome;

/// The flow logs that scripts created in the current account, and the interfaces that they extended others to.
#[derive(Default)]
pub(super) struct Made {
    created: Vec<Key>,
    joined: Vec<(Key, String)>,
}

/// Identifies a flow log by its resource.
struct Key {
    kind: TargetKind,
    resource: String,
    vpc: Option<String>,
}

impl Key {
    fn of(outcome: &Outcome) -> Self {
        Self { kind: outcome.kind, resource: outcome.resource.clone(), vpc: outcome.vpc.clone() }
    }

    fn is_of(&self, flow_log: &FlowLog) -> bool {
        // Instances with the same name are a separate resource in each VPC.
        let is_vpc = flow_log.vpc.is_none() || flow_log.vpc == self.vpc;
        is_vpc && self.kind == flow_log.kind && self.resource == flow_log.resource
    }
}

impl Made {
    /// Records the outcome of a create.
    pub(super) fn add(&mut self, outcome: &Outcome) {
        if outcome.action == "created" {
            self.created.push(Key::of(outcome));
        }
        self.joined.extend(outcome.joined.iter().map(|interface| (Key::of(outcome), interface.clone())));
    }

    /// Returns whether a script created a flow log.
    pub(super) fn has(&self, flow_log: &FlowLog) -> bool {
        self.created.iter().any(|key| key.is_of(flow_log))
    }

    /// Returns whether a script created a flow log, or extended it to all of these interfaces.
    pub(super) fn has_joined(&self, flow_log: &FlowLog, interfaces: &[String]) -> bool {
        let is_joined =
            |interface: &String| self.joined.iter().any(|(key, joined)| key.is_of(flow_log) && joined == interface);
        self.has(flow_log) || interfaces.iter().all(is_joined)
    }
}
