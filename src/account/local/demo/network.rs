//! The network of the demo account: three VPCs and what runs in them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::account::inventory::{
    AclEntry, Endpoint, Instance, Interface, Inventory, LoadBalancer, NatGateway, NetworkAcl, Rule, SecurityGroup,
    Subnet, VERSION, Vpc,
};

use crate::account::local::id::id_digits;

const ANYWHERE: &str = "0.0.0.0/0";

/// The demo's inventory.
#[must_use]
pub(in crate::account::local) fn network() -> Inventory {
    let mut builder = Builder::default();
    builder.inventory.version = VERSION;
    builder.inventory.account = "123456789012".into();
    builder.inventory.region = "eu-west-1".into();
    production(&mut builder);
    staging(&mut builder);
    shared(&mut builder);
    builder.inventory
}

fn production(b: &mut Builder) {
    b.vpc("prod", 0);
    for (zone, number) in [("a", 0), ("b", 1)] {
        b.subnet("prod", &format!("prod-public-{zone}"), 0, number, zone);
        b.subnet("prod", &format!("prod-private-{zone}"), 0, 10 + number, zone);
        b.subnet("prod", &format!("prod-data-{zone}"), 0, 20 + number, zone);
    }
    b.group("prod", "demo-alb", &[(443, ANYWHERE), (80, ANYWHERE)]);
    b.group("prod", "demo-bastion", &[(22, ANYWHERE)]);
    b.group("prod", "demo-web", &[(8080, "demo-alb"), (22, "demo-bastion")]);
    b.group("prod", "demo-api", &[(9000, "demo-web"), (22, "demo-bastion")]);
    b.group("prod", "demo-worker", &[(22, "demo-bastion")]);
    // The mistake: the workers were forgotten.
    b.group("prod", "demo-db", &[(5432, "demo-api")]);
    b.group("prod", "demo-endpoints", &[(443, "10.0.0.0/16")]);
    for zone in ["a", "b"] {
        b.interface("alb", "shop-alb", &format!("prod-public-{zone}"), "demo-alb", None);
        b.nat("prod", &format!("prod-nat-{zone}"), &format!("prod-public-{zone}"));
        for number in 1..=2 {
            let private = format!("prod-private-{zone}");
            b.instance("prod", "web", &format!("web-{zone}{number}"), &private, "demo-web");
            b.instance("prod", "api", &format!("api-{zone}{number}"), &private, "demo-api");
        }
        b.interface("rds", "orders-db", &format!("prod-data-{zone}"), "demo-db", None);
        b.instance("prod", "worker", &format!("worker-{zone}"), &format!("prod-private-{zone}"), "demo-worker");
        b.interface("ecs", "checkout", &format!("prod-private-{zone}"), "demo-api", None);
    }
    b.instance("prod", "bastion", "bastion", "prod-public-a", "demo-bastion");
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
    b.acl("prod", "prod-private-b", Some((8080, "10.0.1.0/24")));
    b.acl("prod", "prod-private-a", None);
}

fn staging(b: &mut Builder) {
    b.vpc("staging", 1);
    b.subnet("staging", "staging-private-a", 1, 10, "a");
    b.group("staging", "staging-app", &[(8080, "10.1.0.0/16")]);
    b.instance("staging", "staging-web", "staging-web-1", "staging-private-a", "staging-app");
    b.instance("staging", "staging-api", "staging-api-1", "staging-private-a", "staging-app");
    b.nat("staging", "staging-nat", "staging-private-a");
}

fn shared(b: &mut Builder) {
    b.vpc("shared", 2);
    b.subnet("shared", "shared-private-a", 2, 10, "a");
    b.group("shared", "shared-ci", &[(22, "10.0.0.0/8")]);
    b.instance("shared", "ci", "ci-1", "shared-private-a", "shared-ci");
    b.instance("shared", "ci", "ci-2", "shared-private-a", "shared-ci");
}

/// The id of the resource of this name.
fn id_of(prefix: &str, name: &str) -> String {
    format!("{prefix}-{}", id_digits(&format!("{prefix}/{name}")))
}

/// An inventory under construction; names stand for ids.
#[derive(Default)]
struct Builder {
    inventory: Inventory,
}

impl Builder {
    fn vpc(&mut self, name: &str, number: u8) {
        let cidrs = vec![network_of(number, 0, 16)];
        self.inventory.vpcs.push(Vpc { id: id_of("vpc", name), name: Some(name.into()), cidrs, account: None });
    }

    fn subnet(&mut self, vpc: &str, name: &str, vpc_number: u8, number: u8, zone: &str) {
        let az = if zone == "a" { "euw1-az1" } else { "euw1-az2" };
        self.inventory.subnets.push(Subnet {
            id: id_of("subnet", name),
            name: Some(name.into()),
            vpc: id_of("vpc", vpc),
            cidr: network_of(vpc_number, number, 24),
            az: az.into(),
            account: None,
        });
    }

    fn group(&mut self, vpc: &str, name: &str, open: &[(u16, &str)]) {
        let peer = |peer: &str| if peer.contains('/') { peer.to_string() } else { id_of("sg", peer) };
        let ingress = open
            .iter()
            .map(|(port, from)| Rule { protocol: Some(6), ports: Some((*port, *port)), peer: peer(from) })
            .collect();
        let egress = vec![Rule { protocol: None, ports: None, peer: ANYWHERE.into() }];
        let group = SecurityGroup {
            id: id_of("sg", name),
            name: name.into(),
            vpc: id_of("vpc", vpc),
            ingress,
            egress,
            account: None,
        };
        self.inventory.security_groups.push(group);
    }

    fn acl(&mut self, vpc: &str, subnet: &str, denied: Option<(u16, &str)>) {
        let anywhere: IpNet = IpNet::V4(ipnet::Ipv4Net::default());
        let all = |egress| AclEntry { number: 100, egress, allow: true, protocol: None, ports: None, cidr: anywhere };
        let mut entries = vec![all(false), all(true)];
        if let Some((port, from)) = denied {
            entries.insert(
                0,
                AclEntry {
                    number: 90,
                    egress: false,
                    allow: false,
                    protocol: Some(6),
                    ports: Some((port, port)),
                    cidr: from.parse().unwrap_or(anywhere),
                },
            );
        }
        let acl = NetworkAcl {
            id: id_of("acl", subnet),
            vpc: id_of("vpc", vpc),
            subnets: vec![id_of("subnet", subnet)],
            entries,
        };
        self.inventory.network_acls.push(acl);
    }

    fn instance(&mut self, vpc: &str, name: &str, host: &str, subnet: &str, group: &str) {
        let id = id_of("i", host);
        self.inventory.instances.push(Instance { id: id.clone(), name: Some(name.into()), vpc: id_of("vpc", vpc) });
        self.interface("instance", name, subnet, group, Some(id));
    }

    fn nat(&mut self, vpc: &str, name: &str, subnet: &str) {
        let id = id_of("nat", name);
        self.inventory.nat_gateways.push(NatGateway {
            id: id.clone(),
            name: Some(name.into()),
            vpc: id_of("vpc", vpc),
        });
        self.interface("nat", name, subnet, "", Some(id));
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

/// `10.VPC.SUBNET.0/LENGTH`
fn network_of(vpc: u8, subnet: u8, length: u8) -> IpNet {
    let address = Ipv4Addr::new(10, vpc, subnet, 0);
    IpNet::V4(ipnet::Ipv4Net::new_assert(address, length))
}
