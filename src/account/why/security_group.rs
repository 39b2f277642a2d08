//! Security groups: a packet passes if any rule of any group of the interface allows it.

use std::ops::RangeInclusive;

use ipnet::IpNet;

use super::packet::{End, Packets, Service, is_public, ports};
use super::piece::{Decision, Open, Piece};
use crate::account::inventory::{Interface, Inventory, Rule, SecurityGroup};
use crate::field::protocol_word;

/// The decision of an interface's groups about packets to it or, with `egress`, from it.
pub(super) fn decide(network: &Inventory, at: &Interface, packets: &Packets<'_>, egress: bool) -> Vec<Piece> {
    let mut open = Open::new(packets.ports.clone());
    if at.security_groups.is_empty() {
        return open.finish(Decision::Allowed, &|| "it has no security group".into());
    }
    let far = if egress { &packets.to } else { &packets.from };
    let groups = at.security_groups.iter().map(|id| (id, network.security_groups.iter().find(|group| group.id == *id)));
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for (id, group) in groups {
        match group {
            Some(group) => known.push(group),
            None => unknown.push(id.as_str()),
        }
    }
    for certain in [true, false] {
        for group in &known {
            for (place, rule) in rules(group, egress).iter().enumerate() {
                let Some(ports) = about(rule, packets.protocol) else { continue };
                let is_match = match peer(network, at, far, &rule.peer) {
                    Peer::Matches => certain != rule.some_types,
                    Peer::Unknown => !certain,
                    Peer::Other => false,
                };
                if is_match {
                    let decision = if certain { Decision::Allowed } else { Decision::Unknown };
                    open.decide(&ports, decision, &|| described(group, egress, place, rule));
                }
            }
        }
    }
    let direction = if egress { "out" } else { "in" };
    if !unknown.is_empty() {
        let by = || format!("the rules of {} are not known", unknown.join(", "));
        return open.finish(Decision::Unknown, &by);
    }
    let names: Vec<String> = known.iter().map(|group| format!("{} ({})", group.name, group.id)).collect();
    open.finish(Decision::Denied, &|| format!("no rule of {} lets it {direction}", names.join(", ")))
}

/// The rules of a group in one direction.
pub(super) fn rules(group: &SecurityGroup, egress: bool) -> &[Rule] {
    if egress { &group.egress } else { &group.ingress }
}

/// The ports of a rule, for packets of a protocol; `None` if the rule is about another protocol.
fn about(rule: &Rule, protocol: u8) -> Option<RangeInclusive<u16>> {
    let is_meant = rule.protocol.is_none_or(|meant| meant == protocol);
    let (first, last) = rule.ports.filter(|_| Service::has_ports(protocol)).unwrap_or((0, u16::MAX));
    is_meant.then_some(first..=last)
}

/// The result of comparing an end with the peer of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    Matches,
    Other,
    /// The rule names a group or a prefix list that is not in the inventory.
    Unknown,
}

/// Compares an end with a peer: a network, a security group or a prefix list.
pub(super) fn peer(network: &Inventory, at: &Interface, end: &End<'_>, peer: &str) -> Peer {
    if let Ok(meant) = peer.parse::<IpNet>() {
        return is(meant.contains(&end.address));
    }
    if peer.starts_with("pl-") {
        let list = network.prefix_lists.iter().find(|list| list.id == peer);
        return list.map_or(Peer::Unknown, |list| is(list.cidrs.iter().any(|cidr| cidr.contains(&end.address))));
    }
    let group = network.security_groups.iter().find(|group| group.id == peer);
    match (end.interface, group) {
        // A security group stands for its members' addresses, in its own VPC and in peered ones.
        (Some(interface), _) => {
            let is_member = !end.is_public_name && interface.security_groups.iter().any(|id| id == peer);
            is(is_member && is_near(network, &interface.vpc, &at.vpc))
        }
        (None, Some(_)) => Peer::Other,
        (None, None) => {
            if is_public(end.address) {
                Peer::Other
            } else {
                Peer::Unknown
            }
        }
    }
}

/// Returns whether two VPCs are the same, or peered as far as is known.
fn is_near(network: &Inventory, one: &str, other: &str) -> bool {
    let is_pair = |vpcs: &[String; 2]| vpcs.iter().any(|vpc| vpc == one) && vpcs.iter().any(|vpc| vpc == other);
    one == other
        || network.routing.as_ref().is_none_or(|routing| routing.peerings.iter().any(|peering| is_pair(&peering.vpcs)))
}

const fn is(matches: bool) -> Peer {
    if matches { Peer::Matches } else { Peer::Other }
}

/// Describes a rule to the user, as `demo-db (sg-1) ingress rule 1: TCP 5432 from sg-2`.
fn described(group: &SecurityGroup, egress: bool, place: usize, rule: &Rule) -> String {
    let (direction, preposition) = if egress { ("egress", "to") } else { ("ingress", "from") };
    let service = shown(rule.protocol, rule.ports);
    let types = if rule.some_types { ", for some types only" } else { "" };
    format!(
        "{} ({}) {direction} rule {}: {service} {preposition} {}{types}",
        group.name,
        group.id,
        place + 1,
        rule.peer
    )
}

/// The protocol and the ports of a rule or an entry, for the user.
pub(super) fn shown(protocol: Option<u8>, of_rule: Option<(u16, u16)>) -> String {
    let Some(protocol) = protocol else { return "everything".into() };
    let name = protocol_word(i64::from(protocol)).map_or_else(|| format!("protocol {protocol}"), str::to_string);
    match of_rule.filter(|_| Service::has_ports(protocol)) {
        Some((first, last)) if (first, last) != (0, u16::MAX) => format!("{name} {}", ports(&(first..=last))),
        _ => name,
    }
}
