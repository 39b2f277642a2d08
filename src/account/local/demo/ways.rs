//! The routing of the demo's network: route tables, a peering, and the exclusions from Block Public Access.

use super::network::{ANYWHERE, ANYWHERE_V6, BOUGHT, id_of};
use crate::account::inventory::Inventory;
use crate::account::routing::{BlockPublicAccess, Blocked, Exclusion, Peering, Route, RouteTable, Routing};

/// The peered VPCs.
const PEERED: [&str; 2] = ["shared", "prod"];

/// The route tables: name, VPC, subnets, and the route to the internet.
const TABLES: [(&str, &str, &[&str], Option<&str>); 7] = [
    ("prod-public", "prod", &["prod-public-a", "prod-public-b"], Some("igw")),
    ("prod-private-a", "prod", &["prod-private-a", "prod-data-a", "prod-pods-a"], Some("prod-nat-a")),
    ("prod-private-b", "prod", &["prod-private-b", "prod-data-b", "prod-pods-b"], Some("prod-nat-b")),
    ("staging-public", "staging", &["staging-public-a"], Some("igw")),
    ("staging-private", "staging", &["staging-private-a"], Some("staging-nat")),
    ("shared", "shared", &["shared-private-a"], Some("igw")),
    ("bought-app", BOUGHT, &["bought-app-a"], Some("igw")),
];

/// The routing between the VPCs and subnets of an inventory.
pub(super) fn routing(inventory: &Inventory) -> Routing {
    let mut route_tables: Vec<RouteTable> = TABLES.iter().map(|table| route_table(inventory, table)).collect();
    for vpc in inventory.vpcs.iter().filter_map(|vpc| vpc.name.as_deref()) {
        let main = route_table(inventory, &(&format!("{vpc}-main"), vpc, &[], None));
        route_tables.push(RouteTable { main: true, ..main });
    }
    let open = ["prod", "staging", "shared"];
    let exclusion = |vpc: &str| Exclusion { resource: id_of("vpc", vpc), egress_only: false };
    Routing {
        route_tables,
        peerings: vec![Peering { id: peering_id(), vpcs: PEERED.map(|vpc| id_of("vpc", vpc)) }],
        block_public_access: Some(BlockPublicAccess {
            mode: Blocked::Bidirectional,
            exclusions: open.map(exclusion).to_vec(),
        }),
    }
}

fn peering_id() -> String {
    id_of("pcx", &PEERED.join("/"))
}

fn route_table(
    inventory: &Inventory,
    (name, vpc, subnets, internet): &(&str, &str, &[&str], Option<&str>),
) -> RouteTable {
    let route = |to: &str, via: &str| Route { to: to.into(), via: via.into(), blackhole: false, propagated: false };
    let cidrs = |name: &str| {
        let vpc = inventory.vpcs.iter().find(|vpc| vpc.name.as_deref() == Some(name));
        vpc.into_iter().flat_map(|vpc| &vpc.cidrs)
    };
    let mut routes: Vec<Route> = cidrs(vpc).map(|cidr| route(&cidr.to_string(), "local")).collect();
    match internet {
        Some("igw") => routes.extend([ANYWHERE, ANYWHERE_V6].map(|to| route(to, &id_of("igw", vpc)))),
        Some(nat) => routes.push(route(ANYWHERE, &id_of("nat", nat))),
        None => {}
    }
    if PEERED.contains(vpc) {
        let others = PEERED.iter().filter(|other| *other != vpc);
        routes.extend(others.flat_map(|other| cidrs(other)).map(|cidr| route(&cidr.to_string(), &peering_id())));
    }
    RouteTable {
        id: id_of("rtb", name),
        name: Some((*name).into()),
        vpc: id_of("vpc", vpc),
        main: false,
        subnets: subnets.iter().map(|subnet| id_of("subnet", subnet)).collect(),
        routes,
    }
}
