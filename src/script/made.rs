//! What scripts created: they may delete that without being asked.

use crate::account::FlowLog;
use crate::kind::TargetKind;
use crate::session::Outcome;

/// Flow logs that scripts created, and interfaces that they extended others to. A script creates in one place only.
#[derive(Default)]
pub(super) struct Made {
    created: Vec<(TargetKind, String)>,
    joined: Vec<(TargetKind, String, String)>,
}

impl Made {
    /// Takes down what a create came to.
    pub(super) fn add(&mut self, outcome: &Outcome) {
        let Outcome { kind, resource, joined, action, .. } = outcome;
        if *action == "created" {
            self.created.push((*kind, resource.clone()));
        }
        self.joined.extend(joined.iter().map(|interface| (*kind, resource.clone(), interface.clone())));
    }

    /// Whether a flow log was created by a script.
    pub(super) fn has(&self, flow_log: &FlowLog) -> bool {
        self.created.iter().any(|(kind, resource)| *kind == flow_log.kind && *resource == flow_log.resource)
    }

    /// Whether a script extended a flow log to all of these interfaces, or created it.
    pub(super) fn has_joined(&self, flow_log: &FlowLog, interfaces: &[String]) -> bool {
        let is_joined = |interface: &String| {
            let of = |(kind, resource, joined): &(TargetKind, String, String)| {
                *kind == flow_log.kind && *resource == flow_log.resource && joined == interface
            };
            self.joined.iter().any(of)
        };
        self.has(flow_log) || interfaces.iter().all(is_joined)
    }
}
