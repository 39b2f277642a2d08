//! Network ACLs: the matching entry with the lowest number decides; without one, the packet is denied.

use std::net::IpAddr;

use super::packet::{Packets, Service};
use super::piece::{Decision, Open, Piece};
use super::security_group::shown;
use crate::account::inventory::{AclEntry, Inventory, NetworkAcl};

/// The ACL of a subnet, if it is known.
pub(super) fn of_subnet<'a>(network: &'a Inventory, subnet: &str) -> Option<&'a NetworkAcl> {
    network.network_acls.iter().find(|acl| acl.subnets.iter().any(|id| id == subnet))
}

/// The decision of a subnet's ACL about packets into the subnet or, with `egress`, out of it.
pub(super) fn decide(network: &Inventory, subnet: &str, packets: &Packets<'_>, egress: bool) -> Vec<Piece> {
    let mut open = Open::new(packets.ports.clone());
    let Some(acl) = of_subnet(network, subnet) else {
        return open.finish(Decision::Unknown, &|| format!("the network ACL of {subnet} is not known"));
    };
    let far = if egress { packets.to.address } else { packets.from.address };
    let mut entries: Vec<&AclEntry> = acl.entries.iter().filter(|entry| entry.egress == egress).collect();
    entries.sort_by_key(|entry| entry.number);
    for entry in entries {
        let is_about = entry.protocol.is_none_or(|protocol| protocol == packets.protocol);
        if !is_about || !entry.cidr.contains(&far) {
            continue;
        }
        let (first, last) = entry.ports.filter(|_| Service::has_ports(packets.protocol)).unwrap_or((0, u16::MAX));
        let decision = match (entry.some_types, entry.allow) {
            (true, _) => Decision::Unknown,
            (false, true) => Decision::Allowed,
            (false, false) => Decision::Denied,
        };
        open.decide(&(first..=last), decision, &|| described(acl, entry));
    }
    let direction = if egress { "egress" } else { "ingress" };
    open.finish(Decision::Denied, &|| format!("no {direction} entry of {} is about it, so it is denied", acl.id))
}

/// Describes an entry to the user, as `acl-1 ingress entry 90: denies TCP 8080 from 10.0.1.0/24`.
fn described(acl: &NetworkAcl, entry: &AclEntry) -> String {
    let (direction, preposition) = if entry.egress { ("egress", "to") } else { ("ingress", "from") };
    let verb = if entry.allow { "allows" } else { "denies" };
    let service = shown(entry.protocol, entry.ports);
    format!("{} {direction} entry {}: {verb} {service} {preposition} {}", acl.id, entry.number, entry.cidr)
}

/// The lowest number of the entries that deny packets of a protocol to or from an address.
pub(super) fn first_denying(acl: &NetworkAcl, packets: &Packets<'_>, far: IpAddr, egress: bool) -> Option<u16> {
    let is_about = |entry: &&AclEntry| {
        entry.egress == egress
            && !entry.allow
            && entry.protocol.is_none_or(|protocol| protocol == packets.protocol)
            && entry.cidr.contains(&far)
    };
    acl.entries.iter().filter(is_about).map(|entry| entry.number).min()
}
