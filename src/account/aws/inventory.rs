//! Reads the inventory of the network from EC2: every page, independent calls at once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::str::FromStr;

use aws_sdk_ec2::types::{
    self as ec2, AvailabilityMode, Filter, InstanceStateName, IpPermission, NatGatewayState, NetworkInterface,
    VpcCidrBlockStateCode, VpcEndpointType,
};
use ipnet::IpNet;

use super::client::Clients;
use super::error::Error;
use super::interface::{self, tag};
use super::policy::Action;
use super::transit_gateways;
use crate::account::inventory::{
    AclEntry, Endpoint, Instance, Interface, Inventory, LoadBalancer, NatGateway, NetworkAcl, Rule, SecurityGroup,
    Subnet, VERSION, Vpc,
};
use crate::account::written_by::WrittenBy;

/// Reads every page of a call.
macro_rules! every {
    ($clients:ident, $call:ident, $items:ident, $action:ident, $what:literal $(, $set:ident($value:expr))*) => {
        $clients.pages(
            Action::$action,
            concat!("list ", $what),
            |token| $clients.ec2.$call()$(.$set($value))*.set_next_token(token).send(),
            |page| (page.$items, page.next_token),
        )
    };
}

/// Reads the inventory of the account's network, including what other accounts share with it.
pub(super) async fn read(clients: &Clients) -> Result<Inventory, Error> {
    let running = filter("instance-state-name", InstanceStateName::Running.as_str());
    let (caller, transit, vpcs, subnets, groups, acls, reservations, nats, endpoints, interfaces) = tokio::try_join!(
        clients.caller(),
        transit_gateways::read_if_allowed(clients),
        every!(clients, describe_vpcs, vpcs, DescribeVpcs, "VPCs"),
        every!(clients, describe_subnets, subnets, DescribeSubnets, "subnets"),
        every!(clients, describe_security_groups, security_groups, DescribeSecurityGroups, "security groups"),
        every!(clients, describe_network_acls, network_acls, DescribeNetworkAcls, "network ACLs"),
        every!(clients, describe_instances, reservations, DescribeInstances, "instances", filters(running.clone())),
        every!(clients, describe_nat_gateways, nat_gateways, DescribeNatGateways, "NAT gateways"),
        every!(clients, describe_vpc_endpoints, vpc_endpoints, DescribeVpcEndpoints, "endpoints"),
        every!(
            clients,
            describe_network_interfaces,
            network_interfaces,
            DescribeNetworkInterfaces,
            "network interfaces"
        ),
    )?;
    // A resource of another owner is shared with this account, or is in a subnet that this account shares.
    let other = |owner: Option<&str>| owner.filter(|owner| *owner != caller.account).map(ToString::to_string);
    let gone = [Some(&NatGatewayState::Deleted), Some(&NatGatewayState::Failed)];
    let nats: Vec<ec2::NatGateway> = nats.into_iter().filter(|nat| !gone.contains(&nat.state())).collect();
    let instances: Vec<ec2::Instance> =
        reservations.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default()).collect();
    let used = endpoints.into_iter().filter(is_used);
    let (endpoints, others): (Vec<ec2::VpcEndpoint>, Vec<ec2::VpcEndpoint>) = used.partition(has_interfaces);
    let gateway_endpoints = others.iter().filter(|one| one.vpc_endpoint_type() == Some(&VpcEndpointType::Gateway));
    let owners = Owners::new(&instances, &nats, &endpoints);
    let mut inventory = Inventory {
        version: VERSION,
        written_by: WrittenBy,
        account: caller.account.clone(),
        region: clients.region.clone(),
        vpcs: vpcs.iter().map(|one| Vpc { account: other(one.owner_id()), ..vpc(one) }).collect(),
        subnets: (subnets.iter())
            .filter_map(|one| Some(Subnet { account: other(one.owner_id()), ..subnet(one)? }))
            .collect(),
        security_groups: (groups.iter())
            .map(|one| SecurityGroup { account: other(one.owner_id()), ..security_group(one) })
            .collect(),
        network_acls: acls.iter().map(network_acl).collect(),
        instances: instances.iter().map(instance).collect(),
        nat_gateways: nats.iter().map(nat_gateway).collect(),
        endpoints: endpoints.iter().map(endpoint).collect(),
        interfaces: (interfaces.iter())
            .map(|one| Interface { account: other(one.owner_id()), ..owners.interface(one) })
            .collect(),
        gateway_endpoints: gateway_endpoints.map(endpoint).collect(),
        transit_gateways: transit.0,
        transit_gateway_attachments: transit.1,
        load_balancers: Vec::new(),
        prefix_lists: Vec::new(),
        routing: None,
    };
    // The services answer in no particular order.
    inventory.vpcs.sort_by(|a, b| a.id.cmp(&b.id));
    inventory.subnets.sort_by(|a, b| a.id.cmp(&b.id));
    inventory.security_groups.sort_by(|a, b| a.id.cmp(&b.id));
    inventory.network_acls.sort_by(|a, b| a.id.cmp(&b.id));
    inventory.instances.sort_by(|a, b| a.id.cmp(&b.id));
    inventory.nat_gateways.sort_by(|a, b| a.id.cmp(&b.id));
    inventory.endpoints.sort_by(|a, b| a.id.cmp(&b.id));
    inventory.gateway_endpoints.sort_by(|a, b| a.id.cmp(&b.id));
    inventory.interfaces.sort_by(|a, b| a.id.cmp(&b.id));
    inventory.drop_missing();
    inventory.load_balancers = load_balancers(&inventory.interfaces);
    Ok(inventory)
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// An id that every response has, as text.
fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_string()
}

fn vpc(vpc: &ec2::Vpc) -> Vpc {
    let v4 = vpc.cidr_block_association_set().iter().filter(|block| {
        let state = block.cidr_block_state().and_then(|state| state.state());
        state.is_none_or(|state| *state == VpcCidrBlockStateCode::Associated)
    });
    let v6 = vpc.ipv6_cidr_block_association_set().iter().filter(|block| {
        let state = block.ipv6_cidr_block_state().and_then(|state| state.state());
        state.is_none_or(|state| *state == VpcCidrBlockStateCode::Associated)
    });
    let blocks = vpc.cidr_block().into_iter().chain(v4.filter_map(|block| block.cidr_block()));
    let cidrs = parsed(blocks.chain(v6.filter_map(|block| block.ipv6_cidr_block())));
    Vpc { id: text(vpc.vpc_id()), name: tag(vpc.tags(), "Name"), cidrs, account: None }
}

/// Converts a subnet; an IPv6-only one has its IPv6 network.
fn subnet(subnet: &ec2::Subnet) -> Option<Subnet> {
    let v6 = subnet.ipv6_cidr_block_association_set().iter().find_map(|block| block.ipv6_cidr_block());
    Some(Subnet {
        id: text(subnet.subnet_id()),
        name: tag(subnet.tags(), "Name"),
        vpc: text(subnet.vpc_id()),
        cidr: subnet.cidr_block().or(v6)?.parse().ok()?,
        az: text(subnet.availability_zone_id().or(subnet.availability_zone())),
        account: None,
    })
}

fn instance(instance: &ec2::Instance) -> Instance {
    Instance { id: text(instance.instance_id()), name: tag(instance.tags(), "Name"), vpc: text(instance.vpc_id()) }
}

fn nat_gateway(nat: &ec2::NatGateway) -> NatGateway {
    NatGateway {
        id: text(nat.nat_gateway_id()),
        name: tag(nat.tags(), "Name"),
        vpc: text(nat.vpc_id()),
        regional: nat.availability_mode() == Some(&AvailabilityMode::Regional),
    }
}

/// Returns whether an endpoint is of a type that has interfaces.
fn has_interfaces(endpoint: &ec2::VpcEndpoint) -> bool {
    use VpcEndpointType::{GatewayLoadBalancer, Interface, Resource, ServiceNetwork};
    matches!(endpoint.vpc_endpoint_type(), Some(Interface | GatewayLoadBalancer | Resource | ServiceNetwork))
}

/// Returns whether an endpoint is in use. The service writes states in lower case, unlike its documentation.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>.
fn is_used(endpoint: &ec2::VpcEndpoint) -> bool {
    let state = endpoint.state().map(ec2::State::as_str);
    state.is_none_or(|state| ["available", "partial"].iter().any(|used| state.eq_ignore_ascii_case(used)))
}

fn endpoint(endpoint: &ec2::VpcEndpoint) -> Endpoint {
    let service = endpoint.service_name().or(endpoint.resource_configuration_arn()).or(endpoint.service_network_arn());
    Endpoint {
        id: text(endpoint.vpc_endpoint_id()),
        name: tag(endpoint.tags(), "Name"),
        vpc: text(endpoint.vpc_id()),
        service: text(service),
    }
}

fn security_group(group: &ec2::SecurityGroup) -> SecurityGroup {
    SecurityGroup {
        id: text(group.group_id()),
        name: text(group.group_name()),
        vpc: text(group.vpc_id()),
        ingress: group.ip_permissions().iter().flat_map(rules).collect(),
        egress: group.ip_permissions_egress().iter().flat_map(rules).collect(),
        account: None,
    }
}

/// Converts a permission to one rule for each peer.
fn rules(permission: &IpPermission) -> Vec<Rule> {
    let protocol = permission.ip_protocol().and_then(protocol);
    // For ICMP, the ports are type and code.
    let has_ports = matches!(protocol, Some(6 | 17));
    let ports = permission.from_port().zip(permission.to_port()).filter(|_| has_ports);
    let ports = ports.and_then(|(from, to)| Some((u16::try_from(from).ok()?, u16::try_from(to).ok()?)));
    // -1 stands for every type.
    let some_types = matches!(protocol, Some(1 | 58)) && permission.from_port().is_some_and(|kind| kind >= 0);
    let peers = (permission.ip_ranges().iter().filter_map(|range| range.cidr_ip()))
        .chain(permission.ipv6_ranges().iter().filter_map(|range| range.cidr_ipv6()))
        .chain(permission.user_id_group_pairs().iter().filter_map(|pair| pair.group_id()))
        .chain(permission.prefix_list_ids().iter().filter_map(|list| list.prefix_list_id()));
    peers.map(|peer| Rule { protocol, ports, some_types, peer: peer.into() }).collect()
}

/// A protocol's number from EC2's notation; `-1` is every protocol.
fn protocol(text: &str) -> Option<u8> {
    match text {
        "tcp" => Some(6),
        "udp" => Some(17),
        "icmp" => Some(1),
        "icmpv6" => Some(58),
        number => number.parse().ok(),
    }
}

fn network_acl(acl: &ec2::NetworkAcl) -> NetworkAcl {
    NetworkAcl {
        id: text(acl.network_acl_id()),
        vpc: text(acl.vpc_id()),
        subnets: acl.associations().iter().map(|association| text(association.subnet_id())).collect(),
        entries: acl.entries().iter().filter_map(acl_entry).collect(),
    }
}

fn acl_entry(entry: &ec2::NetworkAclEntry) -> Option<AclEntry> {
    let range = entry.port_range().and_then(|range| Some((range.from()?, range.to()?)));
    Some(AclEntry {
        number: u16::try_from(entry.rule_number()?).ok()?,
        egress: entry.egress().unwrap_or(false),
        allow: entry.rule_action() == Some(&ec2::RuleAction::Allow),
        protocol: entry.protocol().and_then(protocol),
        ports: range.and_then(|(from, to)| Some((u16::try_from(from).ok()?, u16::try_from(to).ok()?))),
        some_types: entry.icmp_type_code().and_then(ec2::IcmpTypeCode::r#type).is_some_and(|kind| kind >= 0),
        cidr: entry.cidr_block().or(entry.ipv6_cidr_block())?.parse().ok()?,
    })
}

/// The owners of interfaces, and the owners' names.
struct Owners {
    names: BTreeMap<String, Option<String>>,
    /// The owners of interfaces, from the lists of gateways and endpoints.
    by_interface: BTreeMap<String, String>,
}

impl Owners {
    fn new(instances: &[ec2::Instance], nats: &[ec2::NatGateway], endpoints: &[ec2::VpcEndpoint]) -> Self {
        let names = (instances.iter().map(|i| (text(i.instance_id()), tag(i.tags(), "Name"))))
            .chain(nats.iter().map(|n| (text(n.nat_gateway_id()), tag(n.tags(), "Name"))))
            .chain(endpoints.iter().map(|e| (text(e.vpc_endpoint_id()), tag(e.tags(), "Name"))))
            .collect();
        let of_nats = nats.iter().flat_map(|nat| {
            let addresses = nat.nat_gateway_addresses().iter().filter_map(|address| address.network_interface_id());
            addresses.map(|id| (id.to_string(), text(nat.nat_gateway_id())))
        });
        let of_endpoints = endpoints.iter().flat_map(|endpoint| {
            let ids = endpoint.network_interface_ids().iter();
            ids.map(|id| (id.clone(), text(endpoint.vpc_endpoint_id())))
        });
        Self { names, by_interface: of_nats.chain(of_endpoints).collect() }
    }

    fn interface(&self, interface: &NetworkInterface) -> Interface {
        let id = text(interface.network_interface_id());
        // A regional NAT gateway does not list its interfaces; the interfaces name it.
        let named = self.by_interface.get(&id).map(String::as_str);
        let owner = (interface::instance(interface).or(named).or_else(|| interface::described_owner(interface)))
            .filter(|owner| self.names.contains_key(*owner));
        let of_owner = owner.and_then(|owner| self.names.get(owner).cloned().flatten());
        let kind = match owner {
            Some(owner) if owner.starts_with("nat-") => "nat",
            Some(owner) if owner.starts_with("vpce-") => "endpoint",
            _ => interface::kind(interface),
        };
        Interface {
            id,
            kind: kind.into(),
            name: of_owner.or_else(|| interface::name(interface)),
            vpc: text(interface.vpc_id()),
            subnet: text(interface.subnet_id()),
            addresses: addresses(interface),
            public_addresses: public_addresses(interface),
            prefixes: prefixes(interface),
            security_groups: interface.groups().iter().filter_map(|group| group.group_id()).map(Into::into).collect(),
            owner: owner.map(Into::into),
            account: None,
        }
    }
}

/// The primary address first, then the other IPv4 addresses, then those of IPv6.
fn addresses(interface: &NetworkInterface) -> Vec<IpAddr> {
    let private = interface.private_ip_addresses().iter().filter_map(|address| address.private_ip_address());
    let v6 = interface.ipv6_addresses().iter().filter_map(|address| address.ipv6_address());
    parsed(interface.private_ip_address().into_iter().chain(private).chain(v6))
}

/// Public and Elastic IP addresses, carrier addresses and customer-owned ones, the primary address's first.
fn public_addresses(interface: &NetworkInterface) -> Vec<IpAddr> {
    let of_others = interface.private_ip_addresses().iter().filter_map(|address| address.association());
    let associations = interface.association().into_iter().chain(of_others);
    parsed(associations.flat_map(|association| {
        [association.public_ip(), association.carrier_ip(), association.customer_owned_ip()].into_iter().flatten()
    }))
}

/// The prefixes that are delegated to an interface.
fn prefixes(interface: &NetworkInterface) -> Vec<IpNet> {
    let v4 = interface.ipv4_prefixes().iter().filter_map(|prefix| prefix.ipv4_prefix());
    parsed(v4.chain(interface.ipv6_prefixes().iter().filter_map(|prefix| prefix.ipv6_prefix())))
}

/// The values of texts, without duplicates.
fn parsed<'t, T: FromStr + PartialEq>(texts: impl Iterator<Item = &'t str>) -> Vec<T> {
    let mut values = Vec::new();
    for value in texts.filter_map(|text| text.parse().ok()) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// Load balancers, derived from their interfaces.
fn load_balancers(interfaces: &[Interface]) -> Vec<LoadBalancer> {
    let kind_of = |kind: &str| match kind {
        "alb" => Some("application"),
        "nlb" => Some("network"),
        "gwlb" => Some("gateway"),
        _ => None,
    };
    let seen: BTreeSet<(&str, &String, &String)> = (interfaces.iter())
        .filter_map(|interface| Some((kind_of(&interface.kind)?, interface.name.as_ref()?, &interface.vpc)))
        .collect();
    seen.into_iter()
        .map(|(kind, name, vpc)| LoadBalancer { name: name.clone(), kind: kind.into(), vpc: vpc.clone() })
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        Ipv4PrefixSpecification, Ipv6PrefixSpecification, NetworkInterfaceAssociation,
        NetworkInterfacePrivateIpAddress, State, VpcEndpoint, VpcEndpointType,
    };

    use super::*;

    fn association() -> aws_sdk_ec2::types::builders::NetworkInterfaceAssociationBuilder {
        NetworkInterfaceAssociation::builder()
    }

    fn shown<T: ToString>(values: &[T]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn public_addresses_and_prefixes_of_an_interface_are_its_own() {
        let second = NetworkInterfacePrivateIpAddress::builder()
            .private_ip_address("10.0.0.2")
            .association(association().public_ip("203.0.113.2").build());
        let first = NetworkInterfacePrivateIpAddress::builder()
            .private_ip_address("10.0.0.1")
            .association(association().public_ip("203.0.113.1").build());
        let interface = NetworkInterface::builder()
            .private_ip_address("10.0.0.1")
            .association(association().public_ip("203.0.113.1").carrier_ip("198.51.100.1").build())
            .private_ip_addresses(first.build())
            .private_ip_addresses(second.build())
            .ipv4_prefixes(Ipv4PrefixSpecification::builder().ipv4_prefix("10.0.1.16/28").build())
            .ipv6_prefixes(Ipv6PrefixSpecification::builder().ipv6_prefix("2001:db8:1::/80").build())
            .build();
        assert_eq!(shown(&addresses(&interface)), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(shown(&public_addresses(&interface)), ["203.0.113.1", "198.51.100.1", "203.0.113.2"]);
        assert_eq!(shown(&prefixes(&interface)), ["10.0.1.16/28", "2001:db8:1::/80"]);
    }

    #[test]
    fn endpoints_that_have_interfaces_and_are_in_use_count() {
        let of = |kind: &str, state: &str| {
            let kind = VpcEndpointType::from(kind);
            let endpoint = VpcEndpoint::builder().vpc_endpoint_type(kind).state(State::from(state)).build();
            is_used(&endpoint) && has_interfaces(&endpoint)
        };
        for kind in ["Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"] {
            assert!(of(kind, "available") && of(kind, "Available"), "{kind}");
            for state in ["deleting", "deleted", "failed", "rejected", "expired", "pendingAcceptance"] {
                assert!(!of(kind, state), "{kind} {state}");
            }
        }
        assert!(!of("Gateway", "available"));
    }
}
