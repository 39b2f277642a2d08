//! The network of the demo account: four VPCs and their resources.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

use crate::account::inventory::{
    AclEntry, Endpoint, Instance, Interface, Inventory, LoadBalancer, NatGateway, NetworkAcl, PrefixList, Rule,
    SecurityGroup, Subnet, VERSION, Vpc,
};

use crate::account::local::id::id_digits;

pub(super) const ANYWHERE: &str = "0.0.0.0/0";
pub(super) const ANYWHERE_V6: &str = "::/0";

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// The first two octets of the addresses from which CloudFront sends requests to origins.
pub(super) const CLOUDFRONT: [u8; 2] = [130, 176];
/// The managed prefix list with these addresses.
pub(super) const CLOUDFRONT_LIST: &str = "pl-4fa04526";
/// The part of that list that the demo's traffic comes from.
pub(super) const CLOUDFRONT_NETWORK: Ipv4Net =
    Ipv4Net::new_assert(Ipv4Addr::new(CLOUDFRONT[0], CLOUDFRONT[1], 0, 0), 16);
/// The managed prefix list of S3 in the Region of the demo.
const S3_LIST: &str = "pl-6da54004";
/// The first two octets of the addresses of S3 in the Region of the demo.
pub(super) const S3_HERE: [u8; 2] = [52, 218];

/// The managed prefix list of DynamoDB in the Region of the demo.
const DYNAMODB_LIST: &str = "pl-6fa54006";
/// The first two octets of the addresses of DynamoDB.
pub(super) const DYNAMODB: [u8; 2] = [52, 94];

/// The bought VPC: its addresses overlap those of production, and it accepts nothing from the internet.
pub(super) const BOUGHT: &str = "bought";

/// Returns whether Block Public Access is on for a VPC.
pub(super) fn is_blocked(vpc: &str) -> bool {
    vpc == id_of("vpc", BOUGHT)
}

/// The NAT gateway through which an interface reaches the internet: the one in its zone, or else another one of its
/// VPC. `None` for an interface that reaches the internet directly: one in a public subnet, or in a VPC without a NAT
/// gateway.
pub(super) fn nat_of<'a>(inventory: &'a Inventory, interface: &Interface) -> Option<&'a Interface> {
    let subnet = |id: &str| inventory.subnets.iter().find(|subnet| subnet.id == id);
    let is_public = |subnet: &Subnet| subnet.name.as_ref().is_some_and(|name| name.contains("public"));
    let own = subnet(&interface.subnet).filter(|subnet| !is_public(subnet))?;
    let is_its = |nat: &&Interface| nat.kind == "nat" && nat.vpc == interface.vpc;
    let nats: Vec<&Interface> = inventory.interfaces.iter().filter(is_its).collect();
    let in_zone = nats.iter().find(|nat| subnet(&nat.subnet).is_some_and(|subnet| subnet.az == own.az));
    in_zone.or(nats.first()).copied()
}

/// The AWS prefix lists that the traffic touches.
fn prefix_lists() -> Vec<PrefixList> {
    let s3 = Ipv4Net::new_assert(Ipv4Addr::new(S3_HERE[0], S3_HERE[1], 0, 0), 16);
    let [first, second] = DYNAMODB;
    let dynamodb = Ipv4Net::new_assert(Ipv4Addr::new(first, second, 0, 0), 16);
    let lists = [
        (CLOUDFRONT_LIST, "com.amazonaws.global.cloudfront.origin-facing", CLOUDFRONT_NETWORK),
        (S3_LIST, "com.amazonaws.eu-west-1.s3", s3),
        (DYNAMODB_LIST, "com.amazonaws.eu-west-1.dynamodb", dynamodb),
    ];
    let list = |(id, name, network): (&str, &str, Ipv4Net)| PrefixList {
        id: id.into(),
        name: name.into(),
        cidrs: vec![network.into()],
    };
    lists.map(list).to_vec()
}

/// The demo's VPCs with their resources.
pub(super) fn vpcs() -> Inventory {
    let mut builder = Builder::default();
    builder.inventory.version = VERSION;
    builder.inventory.account = "123456789012".into();
    builder.inventory.region = "eu-west-1".into();
    builder.inventory.prefix_lists = prefix_lists();
    production(&mut builder);
    staging(&mut builder);
    shared(&mut builder);
    bought(&mut builder);
    builder.add_default_acls();
    builder.inventory
}

fn production(b: &mut Builder) {
    b.vpc("prod", &["10.0.0.0/16", "100.64.0.0/16", "2a05:d018::/56"]);
    for (zone, number) in [("a", 0), ("b", 1)] {
        b.subnet("prod", &format!("prod-public-{zone}"), [10, 0, number], zone);
        b.subnet("prod", &format!("prod-private-{zone}"), [10, 0, 10 + number], zone);
        b.subnet("prod", &format!("prod-data-{zone}"), [10, 0, 20 + number], zone);
        b.subnet("prod", &format!("prod-pods-{zone}"), [100, 64, number], zone);
    }
    b.group("prod", "demo-alb", &[(443, ANYWHERE), (80, ANYWHERE), (443, ANYWHERE_V6)]);
    b.group("prod", "demo-bastion", &[(22, ANYWHERE)]);
    b.group("prod", "demo-web", &[(8080, "demo-alb"), (22, "demo-bastion")]);
    // The last peer is a security group of a peered VPC.
    b.group("prod", "demo-api", &[(9000, "demo-web"), (22, "demo-bastion"), (9000, "shared-ci")]);
    b.group("prod", "demo-worker", &[(22, "demo-bastion")]);
    b.rule("demo-worker", ICMP, None, "demo-bastion");
    // The mistake: the rule for the workers is missing.
    b.group("prod", "demo-db", &[(5432, "demo-api")]);
    b.group("prod", "demo-endpoints", &[(443, "10.0.0.0/16")]);
    b.group("prod", "demo-names", &[(53, "10.0.0.0/8")]);
    b.rule("demo-names", UDP, Some(53), "10.0.0.0/8");
    b.group("prod", "demo-edge", &[(443, CLOUDFRONT_LIST)]);
    b.group("prod", "demo-pods", &[(50_051, "demo-pods"), (8443, "demo-pods")]);
    b.group("prod", "demo-sessions", &[(27_017, "demo-pods")]);
    for zone in ["a", "b"] {
        b.interface("alb", "shop-alb", &format!("prod-public-{zone}"), "demo-alb", None);
        b.add_ipv6();
        b.add_public();
        b.nat("prod", &format!("prod-nat-{zone}"), &format!("prod-public-{zone}"));
        for number in 1..=2 {
            let private = format!("prod-private-{zone}");
            b.instance("prod", "web", &format!("web-{zone}{number}"), &private, "demo-web");
            b.instance("prod", "api", &format!("api-{zone}{number}"), &private, "demo-api");
        }
        b.interface("rds", "orders-db", &format!("prod-data-{zone}"), "demo-db", None);
        b.instance("prod", "worker", &format!("worker-{zone}"), &format!("prod-private-{zone}"), "demo-worker");
        b.interface("ecs", "checkout", &format!("prod-private-{zone}"), "demo-api", None);
        b.instance("prod", "eks-node", &format!("eks-node-{zone}"), &format!("prod-pods-{zone}"), "demo-pods");
        b.add_pods();
    }
    b.instance("prod", "dns", "dns", "prod-private-a", "demo-names");
    b.instance("prod", "edge", "edge", "prod-public-b", "demo-edge");
    b.add_public();
    b.instance("prod", "sessions-db", "sessions-db", "prod-data-a", "demo-sessions");
    b.instance("prod", "bastion", "bastion", "prod-public-a", "demo-bastion");
    b.add_public();
    b.interface("lambda", "invoice", "prod-private-a", "demo-api", None);
    for service in ["s3", "dynamodb", "ecr.api"] {
        b.endpoint("prod", service, "prod-private-a", "demo-endpoints");
    }
    b.inventory.load_balancers.push(LoadBalancer {
        name: "shop-alb".into(),
        kind: "application".into(),
        vpc: id_of("vpc", "prod"),
    });
    // The mistake: an entry that was meant for another port denies the load balancer in zone b.
    b.acl("prod", "prod-private-b", &[entry(90, false, false, Some((8080, 8080)), "10.0.1.0/24")]);
    b.acl("prod", "prod-private-a", &[]);
}

fn staging(b: &mut Builder) {
    b.vpc("staging", &["10.1.0.0/16"]);
    b.subnet("staging", "staging-public-a", [10, 1, 0], "a");
    b.subnet("staging", "staging-private-a", [10, 1, 10], "a");
    b.group("staging", "staging-app", &[(8080, "10.1.0.0/16")]);
    b.instance("staging", "staging-web", "staging-web-1", "staging-private-a", "staging-app");
    b.instance("staging", "staging-api", "staging-api-1", "staging-private-a", "staging-app");
    b.nat("staging", "staging-nat", "staging-public-a");
    for number in 1..=60 {
        b.instance("staging", "staging-batch", &format!("staging-batch-{number}"), "staging-private-a", "staging-app");
    }
}

fn shared(b: &mut Builder) {
    b.vpc("shared", &["10.2.0.0/16"]);
    b.subnet("shared", "shared-private-a", [10, 2, 10], "a");
    b.group("shared", "shared-ci", &[(22, "10.0.0.0/8")]);
    for host in ["ci-1", "ci-2"] {
        b.instance("shared", "ci", host, "shared-private-a", "shared-ci");
        b.add_public();
    }
}

fn bought(b: &mut Builder) {
    b.vpc(BOUGHT, &["10.0.0.0/16"]);
    b.subnet(BOUGHT, "bought-app-a", [10, 0, 10], "a");
    b.subnet(BOUGHT, "bought-data-a", [10, 0, 20], "a");
    b.group(BOUGHT, "bought-app", &[(443, ANYWHERE)]);
    b.group(BOUGHT, "bought-db", &[(3306, "bought-app")]);
    for host in ["bought-app-1", "bought-app-2"] {
        b.instance(BOUGHT, "bought-app", host, "bought-app-a", "bought-app");
        b.add_public();
    }
    b.interface("rds", "bought-db", "bought-data-a", "bought-db", None);
    // The mistake: only the client ports of Linux are allowed in the answers.
    let out = entry(100, true, true, Some((32_768, 65_535)), ANYWHERE);
    b.only_acl(BOUGHT, "bought-data-a", vec![entry(100, false, true, None, ANYWHERE), out]);
}

/// An ACL entry for TCP on these ports, or for everything.
fn entry(number: u16, egress: bool, allow: bool, ports: Option<(u16, u16)>, from: &str) -> AclEntry {
    let cidr = from.parse().unwrap_or(IpNet::V4(Ipv4Net::default()));
    AclEntry { number, egress, allow, protocol: ports.map(|_| TCP), ports, some_types: false, cidr }
}

/// The id of the resource with this name.
pub(super) fn id_of(prefix: &str, name: &str) -> String {
    format!("{prefix}-{}", id_digits(&format!("{prefix}/{name}")))
}

/// An inventory under construction; it refers to resources by name.
#[derive(Default)]
struct Builder {
    inventory: Inventory,
}

impl Builder {
    fn vpc(&mut self, name: &str, cidrs: &[&str]) {
        let cidrs = cidrs.iter().filter_map(|cidr| cidr.parse().ok()).collect();
        self.inventory.vpcs.push(Vpc { id: id_of("vpc", name), name: Some(name.into()), cidrs, account: None });
    }

    /// A subnet of 256 addresses, given by their first three octets.
    fn subnet(&mut self, vpc: &str, name: &str, [a, b, c]: [u8; 3], zone: &str) {
        let az = if zone == "a" { "euw1-az1" } else { "euw1-az2" };
        self.inventory.subnets.push(Subnet {
            id: id_of("subnet", name),
            name: Some(name.into()),
            vpc: id_of("vpc", vpc),
            cidr: IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), 24)),
            az: az.into(),
            account: None,
        });
    }

    /// A security group that allows everything out, and TCP in on these ports from these peers.
    fn group(&mut self, vpc: &str, name: &str, open: &[(u16, &str)]) {
        let egress = vec![Rule { protocol: None, ports: None, some_types: false, peer: ANYWHERE.into() }];
        let (id, vpc) = (id_of("sg", name), id_of("vpc", vpc));
        self.inventory.security_groups.push(SecurityGroup {
            id,
            name: name.into(),
            vpc,
            ingress: Vec::new(),
            egress,
            account: None,
        });
        for (port, peer) in open {
            self.rule(name, TCP, Some(*port), peer);
        }
    }

    /// Adds a rule to a group; the peer is a network, a prefix list or a group.
    fn rule(&mut self, group: &str, protocol: u8, port: Option<u16>, peer: &str) {
        let is_id = peer.contains('/') || peer.starts_with("pl-");
        let peer = if is_id { peer.to_string() } else { id_of("sg", peer) };
        let rule = Rule { protocol: Some(protocol), ports: port.map(|port| (port, port)), some_types: false, peer };
        let groups = &mut self.inventory.security_groups;
        groups.iter_mut().filter(|known| known.name == group).for_each(|known| known.ingress.push(rule.clone()));
    }

    /// An ACL for a subnet that allows everything, except for these entries, which come first.
    fn acl(&mut self, vpc: &str, subnet: &str, before: &[AclEntry]) {
        let all = [false, true].map(|egress| entry(100, egress, true, None, ANYWHERE));
        self.only_acl(vpc, subnet, [before, &all].concat());
    }

    /// An ACL for a subnet with these entries only.
    fn only_acl(&mut self, vpc: &str, subnet: &str, entries: Vec<AclEntry>) {
        let acl = NetworkAcl {
            id: id_of("acl", subnet),
            vpc: id_of("vpc", vpc),
            subnets: vec![id_of("subnet", subnet)],
            entries,
        };
        self.inventory.network_acls.push(acl);
    }

    /// Gives the last interface an IPv6 address.
    fn add_ipv6(&mut self) {
        let number = u128::try_from(self.inventory.interfaces.len()).unwrap_or_default();
        let address = IpAddr::V6(Ipv6Addr::from_bits(0x2a05_d018_u128 << 96 | number));
        self.inventory.interfaces.last_mut().into_iter().for_each(|interface| interface.addresses.push(address));
    }

    /// Gives the last interface a public address.
    fn add_public(&mut self) {
        let has_one = |interface: &&Interface| !interface.public_addresses.is_empty();
        let number = self.inventory.interfaces.iter().filter(has_one).count();
        let address = IpAddr::from([203, 0, 113, u8::try_from(10 + number).unwrap_or(u8::MAX)]);
        self.inventory.interfaces.last_mut().into_iter().for_each(|last| last.public_addresses.push(address));
    }

    /// Adds the default ACL of each VPC, which allows everything, for subnets without their own.
    fn add_default_acls(&mut self) {
        let Inventory { vpcs, subnets, network_acls, .. } = &mut self.inventory;
        for vpc in vpcs {
            let has_acl = |id: &String| network_acls.iter().any(|acl| acl.subnets.contains(id));
            let without = subnets.iter().filter(|subnet| subnet.vpc == vpc.id && !has_acl(&subnet.id));
            let subnets = without.map(|subnet| subnet.id.clone()).collect();
            let entries = [false, true].into_iter().flat_map(|egress| {
                [(100, ANYWHERE), (101, ANYWHERE_V6)].map(|(number, to)| entry(number, egress, true, None, to))
            });
            let id = id_of("acl", vpc.name.as_deref().unwrap_or_default());
            network_acls.push(NetworkAcl { id, vpc: vpc.id.clone(), subnets, entries: entries.collect() });
        }
    }

    /// Gives the last interface a prefix of 16 addresses for pods.
    fn add_pods(&mut self) {
        let Some(interface) = self.inventory.interfaces.last_mut() else { return };
        let Some(IpAddr::V4(primary)) = interface.addresses.first().copied() else { return };
        let [a, b, c, _] = primary.octets();
        interface.addresses.extend((0..16).map(|pod| IpAddr::from([a, b, c, 64 + pod])));
    }

    fn instance(&mut self, vpc: &str, name: &str, host: &str, subnet: &str, group: &str) {
        let id = id_of("i", host);
        self.inventory.instances.push(Instance { id: id.clone(), name: Some(name.into()), vpc: id_of("vpc", vpc) });
        self.interface("instance", name, subnet, group, Some(id));
    }

    fn nat(&mut self, vpc: &str, name: &str, subnet: &str) {
        let id = id_of("nat", name);
        self.inventory.nat_gateways.push(NatGateway {
            regional: false,
            id: id.clone(),
            name: Some(name.into()),
            vpc: id_of("vpc", vpc),
        });
        self.interface("nat", name, subnet, "", Some(id));
        self.add_public();
    }

    fn endpoint(&mut self, vpc: &str, service: &str, subnet: &str, group: &str) {
        let id = id_of("vpce", service);
        let endpoint = Endpoint {
            id: id.clone(),
            name: Some(format!("{vpc}-{service}")),
            vpc: id_of("vpc", vpc),
            service: format!("com.amazonaws.eu-west-1.{service}"),
        };
        self.inventory.endpoints.push(endpoint);
        self.interface("endpoint", service, subnet, group, Some(id));
    }

    fn interface(&mut self, kind: &str, name: &str, subnet: &str, group: &str, owner: Option<String>) {
        let subnet_id = id_of("subnet", subnet);
        let Some(within) = self.inventory.subnets.iter().find(|known| known.id == subnet_id) else { return };
        let (vpc, cidr) = (within.vpc.clone(), within.cidr);
        let place = self.inventory.interfaces.iter().filter(|interface| interface.subnet == subnet_id).count();
        // The first four addresses of a subnet are reserved.
        let address = cidr.hosts().nth(9 + place).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        self.inventory.interfaces.push(Interface {
            id: id_of("eni", &format!("{subnet}/{place}")),
            kind: kind.into(),
            name: Some(name.into()),
            vpc,
            subnet: subnet_id,
            addresses: vec![address],
            public_addresses: Vec::new(),
            prefixes: Vec::new(),
            security_groups: if group.is_empty() { Vec::new() } else { vec![id_of("sg", group)] },
            owner,
            account: None,
        });
    }
}
