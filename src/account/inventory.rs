//! An account's inventory: the resources of a network, as a versioned JSON document.
//!
//! It describes an embedded account. Unknown keys, duplicate ids and dangling references are errors.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::routing::Routing;
use super::written_by::{UnknownSchema, WrittenBy, check_schema};

/// The version of the schema below.
pub const VERSION: u32 = 1;

/// An error of an inventory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file is not JSON of this schema.
    #[error("`{}` is not an inventory: {source}", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// The error, with line and column.
        source: serde_json::Error,
    },
    /// `"version": 9`
    #[error("`{}` has {source}", file.display())]
    UnknownVersion {
        /// The file.
        file: PathBuf,
        /// Its version, and the program that wrote it.
        source: UnknownSchema,
    },
    /// Two resources with the same id, or a reference to an id that does not exist.
    #[error("`{}`: {problem}", file.display())]
    Inconsistent {
        /// The file.
        file: PathBuf,
        /// The inconsistency.
        problem: String,
    },
}

/// The inventory of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// [`VERSION`].
    pub version: u32,
    /// The program that wrote it.
    #[serde(default)]
    pub written_by: WrittenBy,
    /// The account id.
    pub account: String,
    /// The Region.
    pub region: String,
    /// VPCs.
    #[serde(default)]
    pub vpcs: Vec<Vpc>,
    /// Subnets.
    #[serde(default)]
    pub subnets: Vec<Subnet>,
    /// EC2 instances.
    #[serde(default)]
    pub instances: Vec<Instance>,
    /// Security groups with their rules.
    #[serde(default)]
    pub security_groups: Vec<SecurityGroup>,
    /// Network ACLs with their entries.
    #[serde(default)]
    pub network_acls: Vec<NetworkAcl>,
    /// NAT gateways.
    #[serde(default)]
    pub nat_gateways: Vec<NatGateway>,
    /// Endpoints that have interfaces.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// Gateway endpoints, which have no interfaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gateway_endpoints: Vec<Endpoint>,
    /// Transit gateways.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transit_gateways: Vec<TransitGateway>,
    /// Attachments of transit gateways.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transit_gateway_attachments: Vec<TransitGatewayAttachment>,
    /// Load balancers.
    #[serde(default)]
    pub load_balancers: Vec<LoadBalancer>,
    /// Network interfaces.
    #[serde(default)]
    pub interfaces: Vec<Interface>,
    /// Prefix lists, including those of AWS.
    #[serde(default)]
    pub prefix_lists: Vec<PrefixList>,
    /// The routes and other rules that direct packets; absent if they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing: Option<Routing>,
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// Its `Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its networks.
    pub cidrs: Vec<IpNet>,
    /// The owner, if another account owns and shares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// Its `Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The VPC it is in.
    pub vpc: String,
    /// Its network.
    pub cidr: IpNet,
    /// The Availability Zone id.
    pub az: String,
    /// The owner, if another account owns and shares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// An EC2 instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// Its `Name`; instances in a VPC with the same name are one target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The VPC it is in.
    pub vpc: String,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The VPC it is in.
    pub vpc: String,
    /// The rules for incoming traffic.
    #[serde(default)]
    pub ingress: Vec<Rule>,
    /// The rules for outgoing traffic.
    #[serde(default)]
    pub egress: Vec<Rule>,
    /// The owner, if another account owns and shares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// A rule of a security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The protocol number; absent for every protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u8>,
    /// The ports, both included; absent for every port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<(u16, u16)>,
    /// Whether it applies only to some types of ICMP messages.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub some_types: bool,
    /// The peer: a network, or the id of a security group or a prefix list.
    pub peer: String,
}

/// A network ACL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkAcl {
    /// Its id.
    pub id: String,
    /// The VPC it is in.
    pub vpc: String,
    /// The subnets it guards.
    pub subnets: Vec<String>,
    /// Its entries.
    pub entries: Vec<AclEntry>,
}

/// An entry of a network ACL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AclEntry {
    /// The rule number; entries are evaluated from the lowest number up.
    pub number: u16,
    /// Whether the entry applies to traffic out of the subnet.
    pub egress: bool,
    /// Whether the entry allows the traffic that it matches.
    pub allow: bool,
    /// The protocol number; absent for every protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u8>,
    /// The ports, both included; absent for every port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<(u16, u16)>,
    /// Whether it applies only to some types of ICMP messages.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub some_types: bool,
    /// The peer.
    pub cidr: IpNet,
}

/// A NAT gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NatGateway {
    /// Its id.
    pub id: String,
    /// Its `Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The VPC it is in.
    pub vpc: String,
    /// Whether it is regional: it spans the Availability Zones of its VPC and is logged as a whole.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub regional: bool,
}

/// A transit gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitGateway {
    /// Its id.
    pub id: String,
    /// Its `Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The owner, if another account owns and shares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// An attachment of a transit gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitGatewayAttachment {
    /// Its id.
    pub id: String,
    /// Its `Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The transit gateway, which another account may own.
    pub transit_gateway: String,
    /// The kind of the attached resource: `vpc`, `vpn`, `peering`, `direct-connect-gateway`, ...
    pub kind: String,
    /// The id of the attached resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The owner of its transit gateway, if that is another account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// Its `Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The VPC it is in.
    pub vpc: String,
    /// The service it leads to, or the ARN of a resource configuration or a service network.
    pub service: String,
}

/// A load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancer {
    /// Its name.
    pub name: String,
    /// `application`, `network` or `gateway`.
    pub kind: String,
    /// The VPC it is in.
    pub vpc: String,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// Its id.
    pub id: String,
    /// The kind of its owner: instance, alb, nlb, elb, lambda, nat, endpoint, rds, ecs, ...
    pub kind: String,
    /// The name of its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The VPC it is in.
    pub vpc: String,
    /// The subnet it is in.
    pub subnet: String,
    /// Its addresses in the VPC, the primary one first.
    pub addresses: Vec<IpAddr>,
    /// The public and Elastic IP addresses that translate to one of them, and carrier and customer-owned addresses.
    #[serde(default)]
    pub public_addresses: Vec<IpAddr>,
    /// The prefixes that are delegated to it, for example to an EKS node for its pods.
    #[serde(default)]
    pub prefixes: Vec<IpNet>,
    /// The security groups that guard it.
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// The instance, NAT gateway or endpoint that it belongs to, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The owner, if that is another account, which has it in a subnet that this account shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// A prefix list: networks under one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefixList {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its networks.
    pub cidrs: Vec<IpNet>,
}

impl Interface {
    /// All its addresses and prefixes.
    pub fn networks(&self) -> impl Iterator<Item = IpNet> {
        let addresses = self.addresses.iter().chain(&self.public_addresses);
        addresses.map(|address| IpNet::from(*address)).chain(self.prefixes.iter().copied())
    }
}

impl Inventory {
    /// Reads and checks an inventory.
    ///
    /// # Errors
    ///
    /// Any variant of [`Error`].
    pub fn read(file: &Path) -> Result<Self, Error> {
        let file = file.to_path_buf();
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(source) => return Err(Error::Read { file, source }),
        };
        if let Err(source) = check_schema(&text, VERSION) {
            return Err(Error::UnknownVersion { file, source });
        }
        let inventory: Self = match serde_json::from_str(&text) {
            Ok(inventory) => inventory,
            Err(source) => return Err(Error::Invalid { file, source }),
        };
        match inventory.problem() {
            Some(problem) => Err(Error::Inconsistent { file, problem }),
            None => Ok(inventory),
        }
    }

    /// The first id that occurs twice, or that is referred to but does not exist.
    fn problem(&self) -> Option<String> {
        let mut ids = BTreeSet::new();
        let all = (self.vpcs.iter().map(|vpc| &vpc.id))
            .chain(self.subnets.iter().map(|subnet| &subnet.id))
            .chain(self.instances.iter().map(|instance| &instance.id))
            .chain(self.security_groups.iter().map(|group| &group.id))
            .chain(self.network_acls.iter().map(|acl| &acl.id))
            .chain(self.nat_gateways.iter().map(|nat| &nat.id))
            .chain(self.endpoints.iter().map(|endpoint| &endpoint.id))
            .chain(self.gateway_endpoints.iter().map(|endpoint| &endpoint.id))
            .chain(self.transit_gateways.iter().map(|gateway| &gateway.id))
            .chain(self.transit_gateway_attachments.iter().map(|attachment| &attachment.id))
            .chain(self.interfaces.iter().map(|interface| &interface.id))
            .chain(self.prefix_lists.iter().map(|list| &list.id))
            .chain(self.routing.iter().flat_map(|routing| routing.route_tables.iter().map(|table| &table.id)));
        for id in all {
            if !ids.insert(id.as_str()) {
                return Some(format!("the id `{id}` occurs twice"));
            }
        }
        self.references()
            .find(|(_, id)| !ids.contains(id))
            .map(|(from, id)| format!("`{from}` refers to `{id}`, which does not exist"))
    }

    /// Removes references to missing resources, and resources that need such a reference, so that the inventory can be
    /// read again. An inventory that is read while the network changes may have such references.
    #[cfg(feature = "aws")]
    pub(super) fn drop_missing(&mut self) {
        let vpcs: BTreeSet<String> = self.vpcs.iter().map(|vpc| vpc.id.clone()).collect();
        self.subnets.retain(|subnet| vpcs.contains(&subnet.vpc));
        self.instances.retain(|instance| vpcs.contains(&instance.vpc));
        self.security_groups.retain(|group| vpcs.contains(&group.vpc));
        self.nat_gateways.retain(|nat| vpcs.contains(&nat.vpc));
        self.endpoints.retain(|endpoint| vpcs.contains(&endpoint.vpc));
        self.gateway_endpoints.retain(|endpoint| vpcs.contains(&endpoint.vpc));
        let subnets: BTreeSet<String> = self.subnets.iter().map(|subnet| subnet.id.clone()).collect();
        let groups: BTreeSet<String> = self.security_groups.iter().map(|group| group.id.clone()).collect();
        let instances = self.instances.iter().map(|instance| &instance.id);
        let gateways = self.nat_gateways.iter().map(|nat| &nat.id);
        let endpoints = self.endpoints.iter().map(|endpoint| &endpoint.id);
        let owners: BTreeSet<String> = instances.chain(gateways).chain(endpoints).cloned().collect();
        self.network_acls.iter_mut().for_each(|acl| acl.subnets.retain(|id| subnets.contains(id)));
        if let Some(routing) = &mut self.routing {
            routing.route_tables.retain(|table| vpcs.contains(&table.vpc));
            routing.route_tables.iter_mut().for_each(|table| table.subnets.retain(|id| subnets.contains(id)));
        }
        self.interfaces.retain(|interface| vpcs.contains(&interface.vpc) && subnets.contains(&interface.subnet));
        for interface in &mut self.interfaces {
            interface.security_groups.retain(|id| groups.contains(id));
            interface.owner = interface.owner.take().filter(|id| owners.contains(id));
        }
    }

    /// Every reference: the id of the referring resource, and the id that it refers to.
    fn references(&self) -> impl Iterator<Item = (&str, &str)> {
        let vpcs = (self.subnets.iter().map(|subnet| (&subnet.id, &subnet.vpc)))
            .chain(self.instances.iter().map(|instance| (&instance.id, &instance.vpc)))
            .chain(self.security_groups.iter().map(|group| (&group.id, &group.vpc)))
            .chain(self.nat_gateways.iter().map(|nat| (&nat.id, &nat.vpc)))
            .chain(self.endpoints.iter().map(|endpoint| (&endpoint.id, &endpoint.vpc)))
            .chain(self.gateway_endpoints.iter().map(|endpoint| (&endpoint.id, &endpoint.vpc)))
            .chain(self.interfaces.iter().map(|interface| (&interface.id, &interface.vpc)));
        let of_interfaces = self.interfaces.iter().flat_map(|interface| {
            let groups = interface.security_groups.iter();
            groups.chain([&interface.subnet]).chain(&interface.owner).map(move |id| (&interface.id, id))
        });
        let of_acls = self.network_acls.iter().flat_map(|acl| acl.subnets.iter().map(move |id| (&acl.id, id)));
        let of_routing = self.routing.iter().flat_map(Routing::references);
        vpcs.chain(of_interfaces).chain(of_acls).map(|(from, id)| (from.as_str(), id.as_str())).chain(of_routing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Inventory, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inventory.json");
        std::fs::write(&file, text).unwrap();
        Inventory::read(&file).map_err(|error| error.to_string().replace(&folder.path().display().to_string(), ""))
    }

    #[test]
    fn a_bad_file_is_an_error_with_its_place() {
        let bad = |text: &str, part: &str| {
            let error = read(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        bad("{", "line 1 column 1");
        bad("{\"version\": 1,\n\"account\": \"1\", \"regoin\": \"x\"}", "unknown field `regoin`");
        bad("{\"version\": 9, \"account\": \"1\", \"region\": \"x\"}", "version 9");
        let head = "{\"version\": 1, \"account\": \"1\", \"region\": \"x\", ";
        let vpc = "{\"id\": \"vpc-1\", \"cidrs\": []}";
        bad(&format!("{head}\"vpcs\": [{vpc}, {vpc}]}}"), "`vpc-1` occurs twice");
        bad(
            &format!("{head}\"instances\": [{{\"id\": \"i-1\", \"vpc\": \"vpc-9\"}}]}}"),
            "`i-1` refers to `vpc-9`, which does not exist",
        );
    }
}
