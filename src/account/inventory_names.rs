//! Names of interfaces and addresses by an inventory, for the fields that records do not have.

use crate::account::inventory::{Interface, Inventory};
pub(super) use crate::engine::Names;
use crate::field::Field;
use ipnet::IpNet;

/// The name of an interface: that of its owner, or its own id.
pub(super) fn name_of(interface: &Interface) -> &String {
    interface.name.as_ref().unwrap_or(&interface.id)
}

/// `local.type`, `local.name`, and the names of the other ends by an inventory: the owner of an interface, by its name, or by its id
/// if it has no name.
/// Addresses that are in nobody's hands have the names of `networks`.
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
