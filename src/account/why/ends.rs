//! The ends that a word stands for: addresses, names and ids.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::packet::{End, INTERNET};
use crate::account::inventory::{Interface, Inventory};
use crate::account::select::Error;
use crate::query::glob::matches_glob;

/// The word for any internet address.
pub const INTERNET_WORD: &str = "internet";

/// The ends that a word stands for: an address, `internet`, or the id or name of an interface, of its owner, or of a
/// security group; names may be globs.
///
/// # Errors
///
/// [`Error::NoMatch`] with the existing names.
pub fn ends<'a>(network: &'a Inventory, word: &str) -> Result<Vec<End<'a>>, Error> {
    if word == INTERNET_WORD {
        return Ok(vec![End::outside(INTERNET)]);
    }
    if let Ok(address) = word.parse() {
        return Ok(of_address(network, address));
    }
    let found = named(network, word);
    if found.is_empty() {
        let names =
            network.interfaces.iter().flat_map(names).chain(network.security_groups.iter().map(|one| &one.name));
        let known: BTreeSet<&String> = names.collect();
        let known = known.into_iter().cloned().collect();
        return Err(Error::NoMatch { kind: "interface", selector: word.into(), known });
    }
    Ok(found.into_iter().filter_map(|one| Some(End::of(one, *one.addresses.first()?))).collect())
}

/// The interfaces that have an address, or the address itself if there are none.
fn of_address(network: &Inventory, address: IpAddr) -> Vec<End<'_>> {
    let mut ends = Vec::new();
    for interface in &network.interfaces {
        let is_own =
            interface.addresses.contains(&address) || interface.prefixes.iter().any(|prefix| prefix.contains(&address));
        if is_own {
            ends.push(End::of(interface, address));
        } else if interface.public_addresses.contains(&address)
            && let Some(private) = interface.addresses.first()
        {
            ends.push(End { address: *private, interface: Some(interface), is_public_name: true });
        }
    }
    if ends.is_empty() { vec![End::outside(address)] } else { ends }
}

/// The interfaces with a name or an id; if there are none, those in a security group of that name.
fn named<'a>(network: &'a Inventory, word: &str) -> Vec<&'a Interface> {
    let is_meant = |interface: &&Interface| names(interface).any(|name| matches_glob(word, name));
    let found: Vec<&Interface> = network.interfaces.iter().filter(is_meant).collect();
    if !found.is_empty() {
        return found;
    }
    let groups = network.security_groups.iter().filter(|group| group.id == word || matches_glob(word, &group.name));
    let ids: BTreeSet<&String> = groups.map(|group| &group.id).collect();
    network.interfaces.iter().filter(|one| one.security_groups.iter().any(|id| ids.contains(id))).collect()
}

/// The id and the name of an interface, and the id of its owner.
fn names(interface: &Interface) -> impl Iterator<Item = &String> {
    [Some(&interface.id), interface.name.as_ref(), interface.owner.as_ref()].into_iter().flatten()
}

/// The pairs of clients and servers. If several VPCs have the same address, the one in the other end's VPC counts.
pub(super) fn pairs<'a>(sources: &[End<'a>], targets: &[End<'a>]) -> Vec<(End<'a>, End<'a>)> {
    let vpc = |end: &End<'a>| end.interface.map(|interface| interface.vpc.as_str());
    let is_one = |one: &End<'a>, other: &End<'a>| {
        one.interface.zip(other.interface).is_some_and(|(one, other)| one.id == other.id)
    };
    let has_twin = |end: &End<'a>, ends: &[End<'a>], other: &End<'a>| {
        let is_near = |twin: &&End<'a>| twin.address == end.address && vpc(twin).is_some() && vpc(twin) == vpc(other);
        vpc(end) != vpc(other) && ends.iter().any(|twin| is_near(&twin))
    };
    let mut pairs = Vec::new();
    for source in sources {
        for target in targets {
            // An address means the host in the other end's own VPC, if there is one.
            let is_shadowed = has_twin(target, targets, source) || has_twin(source, sources, target);
            if !is_one(source, target) && !is_shadowed {
                pairs.push((*source, *target));
            }
        }
    }
    pairs
}
