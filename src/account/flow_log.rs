//! A flow log as this project sees it: one per resource, however many interfaces that has.

use super::expiry::Expiry;
use super::place::{Place, placed};
use super::resource::{KINDS, Resource, label};
use crate::kind::TargetKind;
use crate::query::glob::matches_glob;
use crate::value::EpochSeconds;

/// A flow log that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLog {
    /// Its id; on AWS, if it consists of several, one per interface, the `Name` that they share.
    pub id: String,
    /// The kind of its resource.
    pub kind: TargetKind,
    /// The resource's id; for instances, their name.
    pub resource: String,
    /// The resource's `Name`, if it is known.
    pub name: Option<String>,
    /// The VPC of its instances, if instances of the same name are in several.
    pub vpc: Option<String>,
    /// Its log group.
    pub log_group: String,
    /// The interfaces that it covers now.
    pub covered: Vec<String>,
    /// The number of interfaces that its resource has now.
    pub interfaces: usize,
    /// The time when it was created.
    pub created: EpochSeconds,
    /// Days that records are kept; 0 means forever.
    pub retention_days: u32,
    /// The bytes that are stored.
    pub stored_bytes: u64,
    /// The state of delivery, in the service's words.
    pub status: String,
    /// The expiry, if it has one.
    pub expiry: Option<Expiry>,
    /// Its place, if there are several places.
    pub place: Option<Place>,
}

/// A flow log that any tool created, as the account lists it: one of this tool's flow logs may consist of several.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyFlowLog {
    /// Its id.
    pub id: String,
    /// The kind of its resource, if the query language has that kind.
    pub kind: Option<TargetKind>,
    /// The id of its resource.
    pub resource: String,
    /// The traffic that it records: `ALL`, `ACCEPT` or `REJECT`.
    pub traffic: String,
    /// The kind of its destination: `log group`, `S3` or `Firehose`.
    pub destination_type: &'static str,
    /// Its destination.
    pub destination: String,
    /// Its format; empty for the default one.
    pub format: String,
    /// Whether this tool or the Go tool created it.
    pub is_ours: bool,
    /// The time when it was created.
    pub created: EpochSeconds,
    /// The state of delivery, in the service's words.
    pub status: String,
    /// The approximate cost of its delivery in thirty days, in US dollars, if it is known.
    pub usd_a_month: Option<f64>,
    /// Its place, if there are several places.
    pub place: Option<Place>,
}

impl AnyFlowLog {
    /// The kind of a resource, by the prefix of its id.
    #[cfg(feature = "aws")]
    pub(super) fn kind_of(resource: &str) -> Option<TargetKind> {
        // A regional NAT gateway. `of_id` does not know its ids, because no field of a record has only those.
        if resource.starts_with("nat-") { Some(TargetKind::NatGateway) } else { TargetKind::of_id(resource) }
    }
}

impl FlowLog {
    /// Sorts by kind, in the order of [`KINDS`], then by resource.
    pub(super) fn sort(flow_logs: &mut [Self]) {
        let order = |kind: TargetKind| KINDS.iter().position(|known| *known == kind);
        flow_logs.sort_by(|a, b| (order(a.kind), &a.resource).cmp(&(order(b.kind), &b.resource)));
    }

    /// The name of its resource, if it has one, and the resource's id.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.name.iter().chain([&self.resource])
    }

    /// Returns whether a selector matches it: by its resource's id or name, its own id, or its log group.
    #[must_use]
    pub fn is_selected(&self, selector: &str) -> bool {
        let names = [Some(&self.resource), self.name.as_ref(), Some(&self.id), Some(&self.log_group)];
        names.into_iter().flatten().any(|name| matches_glob(selector, name))
    }

    /// Returns whether it is the flow log of `resource`.
    #[must_use]
    pub fn is_of(&self, resource: &Resource) -> bool {
        self.kind == resource.kind && self.resource == resource.id && !resource.is_namesake_of(&self.covered)
    }

    /// The name and the id of its resource, for messages; for instances whose name is in several VPCs, also the VPC.
    #[must_use]
    pub fn label(&self) -> String {
        let label = label(self.kind, self.name.as_ref(), &self.resource);
        let label = match &self.vpc {
            Some(vpc) => format!("{label} in {vpc}"),
            None => label,
        };
        placed(self.place.as_ref(), label)
    }
}
