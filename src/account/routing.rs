//! The ways of packets in an inventory: route tables, peerings, and the block of public access.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// The ways out of the subnets of an account in a Region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    /// Route tables.
    pub route_tables: Vec<RouteTable>,
    /// The peerings that are active.
    #[serde(default)]
    pub peerings: Vec<Peering>,
    /// The block of public access; absent if it is not known.
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
    /// Whether it is the one of all subnets of the VPC that have none of their own.
    #[serde(default)]
    pub main: bool,
    /// The subnets that it was given to.
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
    /// Whether a gateway added it by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub propagated: bool,
}

/// A peering of two VPCs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peering {
    /// Its id.
    pub id: String,
    /// The VPC that asked for it, and the one that accepted.
    pub vpcs: [String; 2],
}

/// VPC Block Public Access: the traffic that it keeps from the internet gateways of a Region.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockPublicAccess {
    /// The traffic that is blocked.
    pub mode: Blocked,
    /// The VPCs and subnets that are excluded from the block.
    #[serde(default)]
    pub exclusions: Vec<Exclusion>,
}

/// The traffic that the block of public access keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blocked {
    /// Nothing.
    #[default]
    Off,
    /// Traffic that comes from the internet, but for answers to requests.
    Ingress,
    /// Traffic that goes through an internet gateway, either way.
    Bidirectional,
}

/// A VPC or a subnet that is excluded from the block of public access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// The id of the VPC or the subnet.
    pub resource: String,
    /// Whether only requests from there and their answers are excluded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub egress_only: bool,
}

impl Routing {
    /// The route table of a subnet: its own, or the main one of its VPC.
    #[must_use]
    pub fn table(&self, vpc: &str, subnet: &str) -> Option<&RouteTable> {
        let own = self.route_tables.iter().find(|table| table.subnets.iter().any(|id| id == subnet));
        own.or_else(|| self.route_tables.iter().find(|table| table.main && table.vpc == vpc))
    }

    /// Every reference: the id of the resource that refers, and the id that it refers to.
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
