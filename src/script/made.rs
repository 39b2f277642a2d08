//! What scripts created: they may delete that without being asked.

use crate::account::FlowLog;
use crate::kind::TargetKind;
use crate::session::Outcome;

/// Flow logs that scripts created at the place where they are, and interfaces that they extended others to.
#[derive(Default)]
pub(super) struct Made {
    created: Vec<Key>,
    joined: Vec<(Key, String)>,
}

/// The resource of a flow log.
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
        // Instances of one name are a resource in each VPC.
        let is_vpc = flow_log.vpc.is_none() || flow_log.vpc == self.vpc;
        is_vpc && self.kind == flow_log.kind && self.resource == flow_log.resource
    }
}

impl Made {
    /// Takes down what a create came to.
    pub(super) fn add(&mut self, outcome: &Outcome) {
        if outcome.action == "created" {
            self.created.push(Key::of(outcome));
        }
        self.joined.extend(outcome.joined.iter().map(|interface| (Key::of(outcome), interface.clone())));
    }

    /// Whether a flow log was created by a script.
    pub(super) fn has(&self, flow_log: &FlowLog) -> bool {
        self.created.iter().any(|key| key.is_of(flow_log))
    }

    /// Whether a script extended a flow log to all of these interfaces, or created it.
    pub(super) fn has_joined(&self, flow_log: &FlowLog, interfaces: &[String]) -> bool {
        let is_joined =
            |interface: &String| self.joined.iter().any(|(key, joined)| key.is_of(flow_log) && joined == interface);
        self.has(flow_log) || interfaces.iter().all(is_joined)
    }
}
