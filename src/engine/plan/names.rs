//! Names for interface ids and addresses, which records do not have.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ipnet::IpNet;

use crate::field::Field;
use crate::value::{Value, address_bits, address_from_bits};

/// The values of the fields that an inventory provides: [`crate::field::Origin::Inventory`].
#[derive(Clone, Debug, Default)]
pub struct Names {
    by_text: HashMap<Field, Arc<HashMap<String, String>>>,
    by_address: Arc<AddressNames>,
}

impl Names {
    /// Gives `field` this value where the text that it is joined by is `key`. If a key has two names, the first one
    /// counts.
    pub fn add_for_text(&mut self, field: Field, key: &str, name: &str) {
        let table = Arc::make_mut(self.by_text.entry(field).or_default());
        table.entry(key.to_string()).or_insert_with(|| name.to_string());
    }

    /// Names the addresses of a network in a VPC; without a name, they belong to the VPC but to nobody in it. A longer
    /// network counts before a shorter one, and of equal ones the first.
    pub fn add_network(&mut self, vpc: &str, network: IpNet, name: Option<&str>) {
        Arc::make_mut(&mut self.by_address).add(vpc, network, name);
    }

    /// Names the addresses of a network that have no other name. A longer network counts before a shorter one.
    pub fn add_fallback(&mut self, network: IpNet, name: &str) {
        let of_length = Arc::make_mut(&mut self.by_address).fallbacks.entry(length(network)).or_default();
        of_length.entry(address_bits(network.network())).or_insert_with(|| (network, name.to_string()));
    }

    /// Adds the VPC of an interface.
    pub fn add_interface(&mut self, id: &str, vpc: &str) {
        let table = Arc::make_mut(&mut self.by_address);
        let vpc = table.vpc(vpc);
        table.interfaces.insert(id.to_string(), vpc);
    }

    /// Returns whether the name of an address may depend on the interface that recorded it.
    #[must_use]
    pub fn depend_on_interface(&self) -> bool {
        self.by_address.vpcs.len() > 1
    }

    /// The value of `field` for the interface id or the address that it is joined by, as `interface` has recorded it.
    #[must_use]
    pub fn find(&self, field: Field, key: &Value, interface: &Value) -> Found<'_> {
        let interface = if let Value::Text(id) = interface { Some(id.as_str()) } else { None };
        match key {
            Value::Text(text) => {
                let name = self.by_text.get(&field).and_then(|names| names.get(text.as_str()));
                name.map_or(Found::Nothing, |name| Found::Name(name))
            }
            Value::Address(address) => self.by_address.find(address_bits(*address), interface),
            _ => Found::Nothing,
        }
    }

    pub(crate) fn for_text(&self, field: Field) -> Arc<HashMap<String, String>> {
        self.by_text.get(&field).cloned().unwrap_or_default()
    }

    pub(crate) fn for_addresses(&self) -> Arc<AddressNames> {
        Arc::clone(&self.by_address)
    }
}

/// The result of a search for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'n> {
    /// A name.
    Name(&'n str),
    /// The key has no name.
    Nothing,
    /// Several VPCs have the address, and none of them is that of the interface.
    Several,
}

/// The names of addresses. Several VPCs may have the same addresses.
#[derive(Clone, Debug, Default)]
pub(crate) struct AddressNames {
    /// The number of each VPC.
    vpcs: HashMap<String, usize>,
    /// The VPC of each interface.
    interfaces: HashMap<String, usize>,
    /// The networks of each length, by their first address.
    networks: BTreeMap<u8, HashMap<u128, Vec<Owner>>>,
    /// The user's names for networks, for addresses without another name; kept like `networks`.
    fallbacks: BTreeMap<u8, HashMap<u128, (IpNet, String)>>,
}

/// The owner of a network in a VPC.
#[derive(Clone, Debug)]
struct Owner {
    vpc: usize,
    /// `None` for the networks of the VPC itself.
    name: Option<String>,
}

impl AddressNames {
    fn vpc(&mut self, id: &str) -> usize {
        let next = self.vpcs.len();
        *self.vpcs.entry(id.to_string()).or_insert(next)
    }

    fn add(&mut self, vpc: &str, network: IpNet, name: Option<&str>) {
        let vpc = self.vpc(vpc);
        let of_length = self.networks.entry(length(network)).or_default();
        let owners = of_length.entry(address_bits(network.network())).or_default();
        if owners.iter().all(|owner| owner.vpc != vpc) {
            owners.push(Owner { vpc, name: name.map(Into::into) });
        }
    }

    /// The name of an address as an interface has recorded it: that in the interface's own VPC, if the address belongs
    /// to it; otherwise that in the only other VPC where somebody has the address.
    fn find(&self, address: u128, interface: Option<&str>) -> Found<'_> {
        let own = interface.and_then(|id| self.interfaces.get(id));
        let mut elsewhere: Option<(usize, &str)> = None;
        let mut is_unique = true;
        for (length, networks) in self.networks.iter().rev() {
            for owner in networks.get(&first_of(address, *length)).into_iter().flatten() {
                if Some(&owner.vpc) == own {
                    return owner.name.as_deref().map_or_else(|| self.fallback(address), Found::Name);
                }
                match (&owner.name, elsewhere) {
                    (Some(name), None) => elsewhere = Some((owner.vpc, name)),
                    (Some(_), Some((vpc, _))) => is_unique &= vpc == owner.vpc,
                    (None, _) => {}
                }
            }
        }
        match elsewhere {
            Some((_, name)) if is_unique => Found::Name(name),
            Some(_) => Found::Several,
            None => self.fallback(address),
        }
    }

    fn fallback(&self, address: u128) -> Found<'_> {
        let mut longest_first = self.fallbacks.iter().rev();
        let known = longest_first.find_map(|(length, networks)| {
            // An IPv4 address is in no IPv6 network.
            networks
                .get(&first_of(address, *length))
                .filter(|(network, _)| network.contains(&address_from_bits(address)))
        });
        known.map_or(Found::Nothing, |(_, name)| Found::Name(name))
    }

    /// The name of an address as an interface has recorded it, if it is known.
    pub(crate) fn name(&self, address: u128, interface: Option<&str>) -> Option<&str> {
        if let Found::Name(name) = self.find(address, interface) { Some(name) } else { None }
    }
}

/// The length of a network's prefix in 128 bits, of which the last ones are those of an IPv4 address.
const fn length(network: IpNet) -> u8 {
    match network {
        IpNet::V4(network) => network.prefix_len() + 96,
        IpNet::V6(network) => network.prefix_len(),
    }
}

/// The first address of the network of this length that an address is in.
fn first_of(address: u128, length: u8) -> u128 {
    address & u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two VPCs with equal networks, and a third one: interface `a-1` is in VPC `a`, and so on.
    fn names() -> Names {
        let mut names = Names::default();
        for (vpc, network, name) in [
            ("a", "10.0.0.10/32", Some("web")),
            ("a", "10.0.1.0/28", Some("node")),
            ("a", "10.0.1.3/32", Some("pod")),
            ("a", "203.0.113.7/32", Some("edge")),
            ("a", "2001:db8:1::/80", Some("node")),
            ("b", "10.0.0.10/32", Some("db")),
            ("b", "10.0.0.11/32", Some("queue")),
            ("b", "10.0.1.5/32", Some("cache")),
            ("c", "172.16.0.1/32", Some("proxy")),
            ("a", "10.0.0.0/16", None),
            ("b", "10.0.0.0/16", None),
            ("c", "172.16.0.0/16", None),
        ] {
            names.add_network(vpc, network.parse().unwrap(), name);
        }
        for vpc in ["a", "b", "c"] {
            names.add_interface(&format!("{vpc}-1"), vpc);
        }
        names
    }

    #[test]
    fn an_address_belongs_to_the_vpc_of_the_interface_that_recorded_it() {
        let names = names();
        for (address, interface, expected) in [
            ("10.0.0.10", "a-1", Found::Name("web")),
            ("10.0.0.10", "b-1", Found::Name("db")),
            // It is in the own VPC, where nobody has it.
            ("10.0.0.11", "a-1", Found::Nothing),
            ("10.0.0.11", "b-1", Found::Name("queue")),
            // Two other VPCs have it.
            ("10.0.0.10", "c-1", Found::Several),
            ("10.0.0.10", "gone", Found::Several),
            // One other VPC has it.
            ("10.0.0.11", "c-1", Found::Name("queue")),
            ("172.16.0.1", "a-1", Found::Name("proxy")),
            ("172.16.0.1", "gone", Found::Name("proxy")),
            ("203.0.113.7", "b-1", Found::Name("edge")),
            ("198.51.100.1", "a-1", Found::Nothing),
        ] {
            let key = Value::Address(address.parse().unwrap());
            let name = names.find(Field::RemoteName, &key, &Value::Text(interface.into()));
            assert_eq!(name, expected, "{address} {interface}");
        }
    }

    #[test]
    fn the_longest_prefix_counts() {
        let names = names();
        for (address, interface, expected) in [
            ("10.0.1.3", "a-1", Found::Name("pod")),
            ("10.0.1.4", "a-1", Found::Name("node")),
            ("10.0.1.15", "a-1", Found::Name("node")),
            ("10.0.1.16", "a-1", Found::Nothing),
            // A prefix in one VPC, an address in another.
            ("10.0.1.5", "c-1", Found::Several),
            ("10.0.1.6", "c-1", Found::Name("node")),
            ("2001:db8:1::ffff", "b-1", Found::Name("node")),
            ("2001:db8:1:0:1::", "b-1", Found::Nothing),
        ] {
            let key = Value::Address(address.parse().unwrap());
            let name = names.find(Field::RemoteName, &key, &Value::Text(interface.into()));
            assert_eq!(name, expected, "{address} {interface}");
        }
    }

    #[test]
    fn what_has_no_other_name_has_that_of_the_longest_network_of_the_user() {
        let mut names = Names::default();
        for (network, name) in
            [("10.0.0.0/8", "all"), ("10.1.0.0/16", "site"), ("10.1.0.0/16", "later"), ("::/0", "six")]
        {
            names.add_fallback(network.parse().unwrap(), name);
        }
        // A look at each of so many networks for each address would take minutes.
        for number in 0_u32..100_000 {
            let network = IpNet::new(std::net::Ipv4Addr::from(0xac10_0000 + number).into(), 32).unwrap();
            names.add_fallback(network, &format!("host-{number}"));
        }
        for (address, expected) in [
            ("10.1.2.3", Found::Name("site")),
            ("10.2.0.1", Found::Name("all")),
            ("192.0.2.1", Found::Nothing),
            ("2001:db8::1", Found::Name("six")),
            ("172.17.134.159", Found::Name("host-99999")),
        ] {
            let key = Value::Address(address.parse().unwrap());
            assert_eq!(names.find(Field::RemoteName, &key, &Value::Absent), expected, "{address}");
        }
    }

    #[test]
    fn a_single_vpc_needs_no_interface() {
        let mut names = Names::default();
        names.add_network("a", "10.0.0.1/32".parse().unwrap(), Some("web"));
        assert!(!names.depend_on_interface());
        names.add_network("b", "10.1.0.1/32".parse().unwrap(), Some("db"));
        assert!(names.depend_on_interface());
    }
}
