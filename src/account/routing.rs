//! Routing in an inventory: route tables, peerings, and VPC Block Public Access.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// The routing of an account in a Region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    /// Route tables.
    pub route_tables: Vec<RouteTable>,
    /// The active peerings.
    #[serde(default)]
    pub peerings: Vec<Peering>,
    /// VPC Block Public Access; absent if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_public_access: Option<BlockPublicAccess>,
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// Its id.
    pub id: String,
    /// Its `Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The VPC it is in.
    pub vpc: String,
    /// Whether it is the main route table, for subnets of the VPC without an explicit one.
    #[serde(default)]
    pub main: bool,
    /// The subnets that it is associated with.
    #[serde(default)]
    pub subnets: Vec<String>,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The destination: a network, or the id of a prefix list.
    pub to: String,
    /// The target: `local`, or the id of a gateway, a peering, an endpoint or an interface.
    pub via: String,
    /// Whether the target is gone, so that packets are dropped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blackhole: bool,
    /// Whether it was propagated by a gateway.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub propagated: bool,
}

/// A peering of two VPCs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peering {
    /// Its id.
    pub id: String,
    /// The VPC that requested it, and the one that accepted.
    pub vpcs: [String; 2],
}

/// VPC Block Public Access: blocks traffic at the internet gateways of a Region.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockPublicAccess {
    /// The traffic that is blocked.
    pub mode: Blocked,
    /// The excluded VPCs and subnets.
    #[serde(default)]
    pub exclusions: Vec<Exclusion>,
}

/// The traffic that VPC Block Public Access blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blocked {
    /// Nothing.
    #[default]
    Off,
    /// Traffic from the internet, except for answers to requests.
    Ingress,
    /// Traffic through an internet gateway, in both directions.
    Bidirectional,
}

/// A VPC or a subnet that is excluded from VPC Block Public Access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// The id of the VPC or the subnet.
    pub resource: String,
    /// Whether only its requests and their answers are excluded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub egress_only: bool,
}

impl Routing {
    /// The route table of a subnet: its explicit one, or the main one of its VPC.
    #[must_use]
    pub fn table(&self, vpc: &str, subnet: &str) -> Option<&RouteTable> {
        let own = self.route_tables.iter().find(|table| table.subnets.iter().any(|id| id == subnet));
        own.or_else(|| self.route_tables.iter().find(|table| table.main && table.vpc == vpc))
    }

    /// Every reference: the id of the referring resource, and the id that it refers to.
    pub(super) fn references(&self) -> impl Iterator<Item = (&str, &str)> {
        self.route_tables.iter().flat_map(|table| {
            let ids = table.subnets.iter().chain([&table.vpc]);
            ids.map(|id| (table.id.as_str(), id.as_str()))
        })
    }
}

impl Route {
    /// The destination as a network; `None` for a prefix list.
    #[must_use]
    pub fn network(&self) -> Option<IpNet> {
        self.to.parse().ok()
    }
}
