//! The changes that would allow a connection.

use std::net::IpAddr;

use ipnet::IpNet;

use super::decide::{Check, Judgement, Step, Verdict};
use super::packet::{INTERNET, Packets, Service, is_public, ports};
use super::piece::Decision;
use super::{network_acl, route};
use crate::account::inventory::{Interface, Inventory, SecurityGroup};

/// Ports of administration and of databases, which should not be open to the internet.
///
/// The list is that of AWS Security Hub (control EC2.19), plus the ports of RPC.
pub const SENSITIVE_PORTS: [u16; 26] = [
    20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601, 6379, 8080,
    8088, 8888, 9200, 9300, 27017,
];

/// The changes that would allow a connection, one for each denying step that has a fix; or else a warning.
pub(super) fn fixes(network: &Inventory, judgement: &Judgement<'_>) -> Vec<String> {
    if !matches!(judgement.verdict, Verdict::Denied | Verdict::DeniedInPart) {
        return Vec::new();
    }
    if let Some(refused) = not_recommended(judgement) {
        return vec![refused];
    }
    judgement.denying().filter_map(|step| fix(network, judgement, step)).collect()
}

/// The reason why a service should not be opened to the internet.
fn not_recommended(judgement: &Judgement<'_>) -> Option<String> {
    let from_internet = judgement.source.interface.is_none() && is_public(judgement.source.address);
    let service = &judgement.service;
    let is_sensitive = SENSITIVE_PORTS.iter().any(|port| service.ports.contains(port));
    (from_internet && Service::has_ports(service.protocol) && is_sensitive)
        .then(|| format!("nothing is recommended: {} should not be opened to the internet", service.label()))
}

fn fix(network: &Inventory, judgement: &Judgement<'_>, step: &Step) -> Option<String> {
    let service = judgement.service.label();
    match &step.check {
        Check::SecurityGroups { interface, egress } => {
            let at = network.interfaces.iter().find(|one| one.id == *interface)?;
            let group = own_group(network, at)?;
            let far = if *egress { &judgement.target } else { &judgement.source };
            let peer = far.interface.filter(|one| one.vpc == at.vpc && !far.is_public_name);
            let peer = peer.and_then(|one| own_group(network, one));
            let peer = peer.map_or_else(|| host(far.address), |group| format!("{} ({})", group.id, group.name));
            let (direction, preposition) = if *egress { ("egress", "to") } else { ("ingress", "from") };
            Some(format!("add to {} ({}) the {direction} rule: {service} {preposition} {peer}", group.name, group.id))
        }
        Check::NetworkAcl { subnet, egress } => Some(acl_fix(network, judgement, step, subnet, *egress)),
        Check::Route { subnet } => {
            let routing = network.routing.as_ref()?;
            let known = network.subnets.iter().find(|one| one.id == *subnet)?;
            let table = routing.table(&known.vpc, subnet)?;
            let to = if step.is_answer { &judgement.source } else { &judgement.target };
            Some(format!("{} needs a route that leads to {}", route::table_label(table), to.label()))
        }
        Check::PublicAddress { interface } => {
            Some(format!("{interface} needs a public address, or a path through a NAT gateway or a load balancer"))
        }
        Check::BlockPublicAccess => Some("exclude the VPC or the subnet from block public access".into()),
        Check::Between => None,
    }
}

/// The entry that an ACL needs, with a number below that of the denying entry.
fn acl_fix(network: &Inventory, judgement: &Judgement<'_>, step: &Step, subnet: &str, egress: bool) -> String {
    let denied = step.pieces.iter().filter(|piece| piece.decision == Decision::Denied);
    let protocol = judgement.service.protocol;
    let name = Service { protocol, ports: 0..=0 }.label();
    let name = name.split(' ').next().unwrap_or_default();
    let ranges: Vec<String> = denied.map(|piece| ports(&piece.ports)).collect();
    let service = if Service::has_ports(protocol) { format!("{name} {}", ranges.join(", ")) } else { name.to_string() };
    let far = if egress == step.is_answer { judgement.source.address } else { judgement.target.address };
    let (direction, preposition) = if egress { ("egress", "to") } else { ("ingress", "from") };
    let Some(acl) = network_acl::of_subnet(network, subnet) else {
        return format!("the network ACL of {subnet} denies it");
    };
    let packets =
        Packets { from: judgement.source, to: judgement.target, protocol, ports: judgement.service.ports.clone() };
    let before = network_acl::first_denying(acl, &packets, far, egress);
    let place = before.map_or(String::new(), |number| format!(", with a number below {number}"));
    format!("add to {} the {direction} entry: allow {service} {preposition} {}{place}", acl.id, host(far))
}

/// The security group of an interface to add a rule to: its first one that is not the VPC's default group.
fn own_group<'a>(network: &'a Inventory, at: &Interface) -> Option<&'a SecurityGroup> {
    let groups = || at.security_groups.iter().filter_map(|id| network.security_groups.iter().find(|one| one.id == *id));
    groups().find(|group| group.name != "default").or_else(|| groups().next())
}

/// The network of a single address; `0.0.0.0/0` for the internet.
fn host(address: IpAddr) -> String {
    if address == INTERNET { "0.0.0.0/0".into() } else { IpNet::from(address).to_string() }
}
