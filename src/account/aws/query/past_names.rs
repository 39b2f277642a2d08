//! Names at the time of a record: those of today's inventory, and for deleted resources those of the kept inventories.

use std::sync::Arc;

use ipnet::IpNet;

use super::super::kept::OfDay;
use crate::account::inventory::Inventory;
use crate::account::inventory_names::{Names, names};
use crate::engine::{Found, Geo};
use crate::field::{Field, Location};
use crate::value::{EpochSeconds, Value};

/// Today's names, and those of earlier days.
pub(super) struct PastNames {
    today: Names,
    /// The first second of each day, in order.
    days: Vec<(EpochSeconds, Names)>,
    /// The names of addresses that no interface has.
    networks: Names,
    /// The locations of addresses.
    geo: Arc<Geo>,
}

impl PastNames {
    pub(super) fn new(today: &Inventory, days: &[OfDay], networks: &[(IpNet, String)]) -> Self {
        let inventories = || days.iter().map(|(_, inventory)| inventory).chain([today]);
        // An address is looked up in the VPC of the recording interface, also if that interface is gone.
        let all = |inventory: &Inventory| {
            let mut names = names(inventory, &[]);
            for interface in inventories().flat_map(|inventory| &inventory.interfaces) {
                names.add_interface(&interface.id, &interface.vpc);
            }
            names
        };
        Self {
            today: all(today),
            days: days.iter().map(|(day, inventory)| (*day, all(inventory))).collect(),
            networks: names(&Inventory::default(), networks),
            geo: Arc::default(),
        }
    }

    /// Adds the locations of addresses.
    pub(super) fn with_geo(self, geo: Arc<Geo>) -> Self {
        Self { geo, ..self }
    }

    /// The location of an address, as far as it is known.
    pub(super) fn location(&self, what: Location, address: &Value) -> Value {
        if let Value::Address(address) = address { self.geo.find(what, *address) } else { Value::Absent }
    }

    /// Returns whether the name of an address may depend on the interface that recorded it.
    pub(super) fn depend_on_interface(&self) -> bool {
        self.days.iter().map(|(_, names)| names).chain([&self.today]).any(Names::depend_on_interface)
    }

    /// Returns whether a name may depend on the time of the record.
    pub(super) fn depend_on_time(&self) -> bool {
        !self.days.is_empty()
    }

    /// The value of `field` for the interface id or the address that it is joined by, as recorded by `interface` at a
    /// second. If today's inventory does not know it, the nearest of the others that does counts: first those of that
    /// day and before, then those after.
    pub(super) fn name(&self, field: Field, key: &Value, interface: &Value, second: EpochSeconds) -> Option<&str> {
        let (before, after) = self.days.split_at(self.days.partition_point(|(day, _)| *day <= second));
        let nearest = before.iter().rev().chain(after).map(|(_, names)| names);
        for names in std::iter::once(&self.today).chain(nearest).chain([&self.networks]) {
            match names.find(field, key, interface) {
                Found::Name(name) => return Some(name),
                Found::Several => return None,
                Found::Nothing => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::inventory::{Interface, Vpc};

    /// An inventory of interfaces: id, name, VPC and address. All VPCs have the same network.
    fn inventory(interfaces: &[(&str, &str, &str, &str)]) -> Inventory {
        let interface = |(id, name, vpc, address): &(&str, &str, &str, &str)| Interface {
            id: (*id).into(),
            kind: "instance".into(),
            name: Some((*name).into()),
            vpc: (*vpc).into(),
            subnet: "subnet-1".into(),
            addresses: vec![address.parse().unwrap()],
            public_addresses: Vec::new(),
            prefixes: Vec::new(),
            security_groups: Vec::new(),
            owner: None,
            account: None,
        };
        let vpc =
            |id: &str| Vpc { id: id.into(), name: None, cidrs: vec!["10.0.0.0/16".parse().unwrap()], account: None };
        Inventory {
            vpcs: vec![vpc("vpc-1"), vpc("vpc-2")],
            interfaces: interfaces.iter().map(interface).collect(),
            ..Inventory::default()
        }
    }

    #[test]
    fn what_is_gone_has_the_name_of_the_nearest_day() {
        let today = inventory(&[("eni-1", "web", "vpc-1", "10.0.0.1"), ("eni-9", "new", "vpc-2", "10.0.0.9")]);
        let days = [
            (100, inventory(&[("eni-2", "red", "vpc-1", "10.0.0.2"), ("eni-7", "old", "vpc-1", "10.0.0.1")])),
            (200, inventory(&[("eni-3", "blue", "vpc-1", "10.0.0.2")])),
            (300, inventory(&[("eni-8", "gone", "vpc-2", "10.0.0.8")])),
        ];
        let names = PastNames::new(&today, &days, &[]);
        assert!(names.depend_on_interface() && names.depend_on_time());
        for (address, interface, second, expected) in [
            // Today's inventory takes precedence.
            ("10.0.0.1", "eni-1", 150, Some("web")),
            ("10.0.0.2", "eni-1", 50, Some("red")),
            ("10.0.0.2", "eni-1", 199, Some("red")),
            ("10.0.0.2", "eni-1", 200, Some("blue")),
            ("10.0.0.2", "eni-1", 900, Some("blue")),
            ("10.0.0.3", "eni-1", 150, None),
            // The interface is deleted, and only another VPC has an interface with the address.
            ("10.0.0.9", "eni-2", 150, None),
            ("10.0.0.8", "eni-8", 150, Some("gone")),
        ] {
            let key = Value::Address(address.parse().unwrap());
            let name = names.name(Field::RemoteName, &key, &Value::Text(interface.into()), second);
            assert_eq!(name, expected, "{address} {interface} {second}");
        }
        let of_interface = |id: &str| names.name(Field::LocalName, &Value::Text(id.into()), &Value::Absent, 150);
        assert_eq!([of_interface("eni-3"), of_interface("eni-0")], [Some("blue"), None]);
    }
}
