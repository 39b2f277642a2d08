//! The internet: public addresses, and VPC Block Public Access.

use std::net::IpAddr;

use super::packet::is_public;
use super::piece::{Decided, Decision};
use crate::account::inventory::{Interface, Inventory};
use crate::account::routing::Blocked;

/// Decides whether an interface can exchange packets with the internet from an address: a private IPv4 address needs a
/// public one, a private IPv6 address never can.
pub(super) fn public_address(interface: &Interface, address: IpAddr) -> Decided {
    let public = interface.public_addresses.iter().find(|public| public.is_ipv4());
    match (address, public) {
        _ if is_public(address) => (Decision::Allowed, format!("{address} is a public address")),
        (IpAddr::V4(_), Some(public)) => {
            (Decision::Allowed, format!("{} has the public address {public}", interface.id))
        }
        _ => (Decision::Denied, format!("{} has no public address", interface.id)),
    }
}

/// Decides whether VPC Block Public Access allows a connection between an interface and the internet.
pub(super) fn block(network: &Inventory, at: &Interface, is_asked_from_outside: bool) -> Decided {
    let known = network.routing.as_ref().and_then(|routing| routing.block_public_access.as_ref());
    let Some(block) = known else { return (Decision::Unknown, "the block of public access is not known".into()) };
    let is_meant = match block.mode {
        Blocked::Off => return (Decision::Allowed, "block public access is off".into()),
        Blocked::Ingress => is_asked_from_outside,
        Blocked::Bidirectional => true,
    };
    if !is_meant {
        return (Decision::Allowed, "block public access keeps only what comes from the internet".into());
    }
    let ids = [&at.vpc, &at.subnet];
    let exclusion = block.exclusions.iter().find(|exclusion| ids.contains(&&exclusion.resource));
    match exclusion {
        Some(exclusion) if !(exclusion.egress_only && is_asked_from_outside) => {
            (Decision::Allowed, format!("{} is excluded from block public access", exclusion.resource))
        }
        _ => (Decision::Denied, format!("block public access is on for {}", at.vpc)),
    }
}
