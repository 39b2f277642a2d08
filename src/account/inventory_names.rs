//! What an inventory knows of interfaces and addresses, for the fields that records do not have.

use crate::account::inventory::Inventory;
pub(super) use crate::engine::Names;
use crate::field::Field;

/// `local.type`, `local.name` and `remote.name` by an inventory: what an interface belongs to, by its
/// name, else by its id.
pub(super) fn names(inventory: &Inventory) -> Names {
    let mut names = Names::default();
    for interface in &inventory.interfaces {
        let name = interface.name.as_ref().unwrap_or(&interface.id);
        names.add_for_text(Field::LocalType, &interface.id, &interface.kind);
        names.add_for_text(Field::LocalName, &interface.id, name);
        // An address means one interface in one VPC; where two share it, the first is as good as any.
        for address in &interface.addresses {
            names.add_for_address(Field::RemoteName, *address, name);
        }
    }
    names
}
