//! Flow logs as this project has them: one for all that a resource has.

use super::naming::LOG_GROUP_PREFIX;
use super::place::Place;
use super::resource::{KINDS, Resource, label};
use crate::kind::TargetKind;
use crate::query::glob::matches_glob;
use crate::value::EpochSeconds;

/// A flow log that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLog {
    /// Its id; where it is several on AWS, one for each interface, the `Name` that they share.
    pub id: String,
    /// What it was created for.
    pub kind: TargetKind,
    /// The resource's id; for instances their name.
    pub resource: String,
    /// The resource's `Name`, where it is known.
    pub name: Option<String>,
    /// Its log group.
    pub log_group: String,
    /// The interfaces that it covers now.
    pub covered: Vec<String>,
    /// How many interfaces its resource has now.
    pub interfaces: usize,
    /// When it was created.
    pub created: EpochSeconds,
    /// Days that records are kept; 0 for ever.
    pub retention_days: u32,
    /// Bytes that are kept.
    pub stored_bytes: u64,
    /// How delivery goes, in the service's words.
    pub status: String,
    /// Where it is, where several places are looked at.
    pub place: Option<Place>,
}

impl FlowLog {
    /// By kind, in the order of [`KINDS`], then by resource.
    pub(super) fn sort(flow_logs: &mut [Self]) {
        let order = |kind: TargetKind| KINDS.iter().position(|known| *known == kind);
        flow_logs.sort_by(|a, b| (order(a.kind), &a.resource).cmp(&(order(b.kind), &b.resource)));
    }

    /// The name of its resource if it has one, and its id.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.name.iter().chain([&self.resource])
    }

    /// Whether a selector means it: by its resource's id or name, its own id, or its log group.
    #[must_use]
    pub fn is_selected(&self, selector: &str) -> bool {
        let names = [Some(&self.resource), self.name.as_ref(), Some(&self.id), Some(&self.log_group)];
        names.into_iter().flatten().any(|name| matches_glob(selector, name))
    }

    /// Whether it is the flow log of `resource`, as this tool or the Go tool names it.
    #[must_use]
    pub fn is_of(&self, resource: &Resource) -> bool {
        let names = resource.flow_log_names();
        let name = self.log_group.strip_prefix(LOG_GROUP_PREFIX);
        self.kind == resource.kind && name.is_some_and(|name| names.iter().any(|known| known == name))
    }

    /// The name and the id of its resource, as messages have it.
    #[must_use]
    pub fn label(&self) -> String {
        label(self.kind, self.name.as_ref(), &self.resource)
    }
}
