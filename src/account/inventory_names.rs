//! Names of interfaces and addresses from an inventory, for fields that records do not have.

use crate::account::inventory::{Interface, Inventory};
pub(super) use crate::engine::Names;
use crate::field::Field;
use ipnet::IpNet;

/// The name of an interface: that of its owner, or its own id.
pub(super) fn name_of(interface: &Interface) -> &String {
    interface.name.as_ref().unwrap_or(&interface.id)
}

/// The names of interfaces and of addresses, for `local.type`, `local.name` and the names of the other ends: each
/// interface has the name of its owner, or its own id if there is none. Addresses that no interface has get the names
/// of `networks`.
pub(super) fn names(inventory: &Inventory, networks: &[(IpNet, String)]) -> Names {
    let mut names = Names::default();
    for (network, name) in networks {
        names.add_fallback(*network, name);
    }
    for interface in &inventory.interfaces {
        let name = name_of(interface);
        names.add_for_text(Field::LocalType, &interface.id, &interface.kind);
        names.add_for_text(Field::LocalName, &interface.id, name);
        names.add_interface(&interface.id, &interface.vpc);
        for network in interface.networks() {
            names.add_network(&interface.vpc, network, Some(name));
        }
    }
    for vpc in &inventory.vpcs {
        vpc.cidrs.iter().for_each(|cidr| names.add_network(&vpc.id, *cidr, None));
    }
    names
}
