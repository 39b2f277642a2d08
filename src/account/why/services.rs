//! The services in the rules between two ends.

use super::packet::{End, Service};
use super::security_group::{Peer, peer, rules};
use crate::account::inventory::{Inventory, Rule};

/// TCP, UDP and ICMP, for rules about every protocol.
const PROTOCOLS: [u8; 3] = [6, 17, 1];

/// The services that the server's security groups allow a client; if the server is not in the inventory, those that the
/// client's security groups allow.
pub(super) fn services(network: &Inventory, source: &End<'_>, target: &End<'_>) -> Vec<Service> {
    let (at, far, egress) = match (target.interface, source.interface) {
        (Some(at), _) => (at, source, false),
        (None, Some(at)) => (at, target, true),
        (None, None) => return Vec::new(),
    };
    let groups = network.security_groups.iter().filter(|group| at.security_groups.contains(&group.id));
    let about = groups.flat_map(|group| rules(group, egress));
    let meant = about.filter(|rule| peer(network, at, far, &rule.peer) != Peer::Other);
    let mut services: Vec<Service> = meant.flat_map(of_rule).collect();
    if at.security_groups.is_empty() {
        services.extend(PROTOCOLS.map(|protocol| Service { protocol, ports: 0..=u16::MAX }));
    }
    services.sort_by_key(|service| (service.protocol, *service.ports.start(), *service.ports.end()));
    services.dedup();
    services
}

fn of_rule(rule: &Rule) -> Vec<Service> {
    let protocols = rule.protocol.map_or_else(|| PROTOCOLS.to_vec(), |protocol| vec![protocol]);
    let (first, last) = rule.ports.unwrap_or((0, u16::MAX));
    let service = |protocol: u8| {
        let ports = if Service::has_ports(protocol) { first..=last } else { 0..=u16::MAX };
        Service { protocol, ports }
    };
    protocols.into_iter().map(service).collect()
}
