//! Routes: of those that match an address, the most specific one is taken.

use std::net::IpAddr;

use ipnet::IpNet;

use super::packet::{End, is_public};
use super::piece::{Decided, Decision};
use crate::account::inventory::{Interface, Inventory};
use crate::account::routing::{Route, RouteTable, Routing};

/// The path of packets from a subnet to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way<'a> {
    /// Directly to the other end, in the VPC or over a peering.
    There(String),
    /// To the internet, with the sender's own address.
    Internet { by: String, is_outbound_only: bool },
    /// Through a NAT gateway; its interface, if it is known.
    Nat { by: String, gateway: &'a str, interface: Option<&'a Interface> },
    /// The packets are dropped.
    Nowhere(String),
    /// To a target that the inventory does not describe.
    Unknown(String),
}

impl Way<'_> {
    /// Whether packets get out of the subnet, and the route that says so.
    pub(super) fn decision(&self) -> Decided {
        match self {
            Self::There(by) | Self::Internet { by, .. } | Self::Nat { by, .. } => (Decision::Allowed, by.clone()),
            Self::Nowhere(by) => (Decision::Denied, by.clone()),
            Self::Unknown(by) => (Decision::Unknown, by.clone()),
        }
    }
}

/// The path of packets from an interface's subnet to an end.
pub(super) fn way<'a>(network: &'a Inventory, from: &Interface, to: &End<'_>) -> Way<'a> {
    let Some(routing) = &network.routing else { return Way::Unknown("the route tables are not known".into()) };
    let Some(table) = routing.table(&from.vpc, &from.subnet) else {
        return Way::Unknown(format!("the route table of {} is not known", from.subnet));
    };
    let route = match chosen(network, table, to.address) {
        Ok(Some(route)) => route,
        Ok(None) => return Way::Nowhere(format!("{} has no route to {}", table_label(table), to.address)),
        Err(list) => {
            return Way::Unknown(format!("{} has a route to {list}, whose networks are not known", table_label(table)));
        }
    };
    let by = format!("{} routes {} to {}", table_label(table), route.to, route.via);
    if route.blackhole {
        return Way::Nowhere(format!("{by}, which is gone"));
    }
    leads(network, routing, route, from, to, by)
}

/// The path that a route leads to.
fn leads<'a>(
    network: &'a Inventory,
    routing: &Routing,
    route: &'a Route,
    from: &Interface,
    to: &End<'_>,
    by: String,
) -> Way<'a> {
    let is_in = |vpc: &str| to.interface.is_some_and(|interface| interface.vpc == vpc && !to.is_public_name);
    let kind = route.via.split('-').next().unwrap_or_default();
    match kind {
        "local" if is_in(&from.vpc) => Way::There(by),
        // In a VPC that is shared with this account, other accounts have interfaces that are not listed.
        "local" if is_shared(network, &from.vpc) => {
            Way::Unknown(format!("{by}, and no interface of this account is there"))
        }
        "local" => Way::Nowhere(format!("{by}, and no interface there has the address")),
        "pcx" => {
            let Some(peering) = routing.peerings.iter().find(|peering| peering.id == route.via) else {
                return Way::Unknown(format!("{by}, a peering that is not active or not known"));
            };
            let other = peering.vpcs.iter().find(|vpc| **vpc != from.vpc);
            match other {
                Some(other) if is_in(other) => Way::There(by),
                Some(other) if network.vpcs.iter().any(|vpc| vpc.id == *other) => {
                    Way::Nowhere(format!("{by}, and no interface of {other} has the address"))
                }
                _ => Way::Unknown(format!("{by}, which leads to a VPC that is not in the inventory")),
            }
        }
        "igw" if is_public(to.address) => Way::Internet { by, is_outbound_only: false },
        "eigw" if is_public(to.address) => Way::Internet { by, is_outbound_only: true },
        // The internet does not route private addresses.
        "igw" | "eigw" => Way::Nowhere(format!("{by}, where there are no private addresses")),
        "nat" => {
            let owns = |interface: &&Interface| interface.owner.as_ref() == Some(&route.via);
            let in_zone = |interface: &&Interface| zone(network, interface) == zone(network, from);
            let mut interfaces = network.interfaces.iter().filter(owns);
            let interface = interfaces.clone().find(in_zone).or_else(|| interfaces.next());
            Way::Nat { by, gateway: &route.via, interface }
        }
        _ => Way::Unknown(format!("{by}: what lies behind is not in the inventory")),
    }
}

fn is_shared(network: &Inventory, vpc: &str) -> bool {
    network.vpcs.iter().any(|known| known.id == vpc && known.account.is_some())
}

fn zone<'a>(network: &'a Inventory, interface: &Interface) -> Option<&'a str> {
    network.subnets.iter().find(|subnet| subnet.id == interface.subnet).map(|subnet| subnet.az.as_str())
}

/// The route that is taken to an address; or, as the error, a prefix list with unknown networks that might match it.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>.
fn chosen<'a>(network: &'a Inventory, table: &'a RouteTable, to: IpAddr) -> Result<Option<&'a Route>, &'a str> {
    let mut matches = Vec::new();
    for route in &table.routes {
        let networks: Vec<IpNet> = match route.network() {
            Some(network) => vec![network],
            None => match network.prefix_lists.iter().find(|list| list.id == route.to) {
                Some(list) => list.cidrs.clone(),
                None => return Err(&route.to),
            },
        };
        let longest = networks.iter().filter(|network| network.contains(&to)).map(IpNet::prefix_len).max();
        // Of routes to networks of one length, the local one takes precedence, then a static one, then that of a prefix
        // list, then a propagated one.
        let is_network = route.network().is_some();
        matches.extend(longest.map(|length| ((length, route.via == "local", !route.propagated, is_network), route)));
    }
    Ok(matches.into_iter().max_by_key(|(rank, _)| *rank).map(|(_, route)| route))
}

/// The name of a route table for the user.
pub(super) fn table_label(table: &RouteTable) -> String {
    match &table.name {
        Some(name) => format!("route table {name} ({})", table.id),
        None => format!("route table {}", table.id),
    }
}
