//! Rewrites tests of names and of resources to tests of fields of the record, by the inventory when a run begins.
//!
//! If an address belongs to resources of several VPCs, those in the recording interface's own VPC count, both for
//! filters on a side and for the names that are shown.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::inventory::{Interface, Inventory};
use super::inventory_names::name_of;
use super::resource::Resource;
use super::select::{Error, advice, few, known};
use crate::field::{Field, Origin};
use crate::kind::TargetKind;
use crate::query::glob::matches_glob;
use crate::query::holds::Predicate;
use crate::query::owner::Owner;
use crate::query::plan::{Check, Condition, Filter, Plan, Source};
use crate::query::print;
use crate::value::Value;

/// The plan with every test by the inventory rewritten to fields of the record; `has` says which fields there are.
///
/// # Errors
///
/// [`Error::NoMatch`] for a selector that matches nothing.
pub(super) fn resolved<'p>(
    plan: &'p Plan,
    inventory: &Inventory,
    has: impl Fn(Field) -> bool,
) -> Result<Cow<'p, Plan>, Error> {
    let resolver = Resolver { inventory, networks: &plan.networks, has };
    plan.resolved(|field, check, notes| {
        let condition = resolver.condition(field, check)?;
        notes.extend(match check {
            Check::Belongs { .. } => condition.as_ref().and_then(|condition| note_of_nothing(field, check, condition)),
            check => resolver.note_of_names(field, check),
        });
        Ok(condition)
    })
}

/// A note on a test that no address passes.
fn note_of_nothing(field: Field, check: &Check, condition: &Condition) -> Option<String> {
    let said = || print::condition(&Condition::Test(Source::Field(field), check.clone()));
    (*condition == nothing()).then(|| format!("`{}` matches no address now", said()))
}

struct Resolver<'a, H> {
    inventory: &'a Inventory,
    /// The names of networks, for addresses that no interface has.
    networks: &'a [(IpNet, String)],
    has: H,
}

/// Networks in a VPC; `None` for networks outside of any VPC.
struct Place<'a> {
    vpc: Option<&'a str>,
    networks: Vec<IpNet>,
}

impl<H: Fn(Field) -> bool> Resolver<'_, H> {
    fn condition(&self, field: Field, check: &Check) -> Result<Option<Condition>, Error> {
        match check {
            Check::Belongs { owner, negated: false } => match owner {
                Owner::Resources { kind, selectors } if field == Field::Eni => self.local(*kind, selectors).map(Some),
                Owner::Resources { kind, selectors } => self.remote(field, *kind, selectors).map(Some),
                Owner::PrefixLists { selectors } => self.in_prefix_lists(field, selectors).map(Some),
                Owner::Networks { networks, .. } => Ok(Some(self.in_networks(field, networks))),
                Owner::List(_) => Ok(None),
            },
            Check::Belongs { .. } => Ok(None),
            check => Ok(self.named(field, check)),
        }
    }

    /// Selects the recording interface's own resource: by the resource's field if records have it, else by interfaces.
    fn local(&self, kind: TargetKind, selectors: &[String]) -> Result<Condition, Error> {
        let selected = self.selected(kind, selectors)?;
        if let Some((field, _)) = kind.info().id.filter(|(field, _)| (self.has)(*field)) {
            return Ok(Condition::one_of(field, selected.ids));
        }
        Ok(Condition::one_of(Field::Eni, selected.interfaces.iter().map(|interface| interface.id.clone())))
    }

    /// Selects the address of a side: by the networks of a VPC or a subnet, or by the addresses of interfaces.
    fn remote(&self, field: Field, kind: TargetKind, selectors: &[String]) -> Result<Condition, Error> {
        let selected = self.selected(kind, selectors)?;
        let blocks = self.blocks(kind);
        if blocks.is_empty() {
            let places = Self::places_of(&selected.interfaces, &[]);
            return Ok(self.in_places(field, places, &self.owned()));
        }
        let is_meant = |block: &&Block<'_>| selected.ids.contains(block.id);
        let places = blocks
            .iter()
            .filter(is_meant)
            .map(|block| Place { vpc: Some(block.vpc), networks: block.networks.to_vec() });
        Ok(self.in_places(
            field,
            places.collect(),
            &by_vpc(blocks.iter().map(|block| (block.vpc, block.networks.to_vec()))),
        ))
    }

    /// A note on names that do not exist: on each that is listed, or on a pattern that matches none.
    fn note_of_names(&self, field: Field, check: &Check) -> Option<String> {
        let interfaces = self.inventory.interfaces.iter();
        let names: BTreeSet<&String> = if field == Field::LocalType {
            interfaces.map(|interface| &interface.kind).collect()
        } else {
            interfaces.map(name_of).chain(self.networks.iter().map(|(_, name)| name)).collect()
        };
        let what = if field == Field::LocalType { "type" } else { "name" };
        let known = || names.iter().copied().cloned().collect::<Vec<_>>();
        match check {
            Check::Text { words, .. } => {
                let unknown: Vec<String> = words.iter().filter(|word| !names.contains(word)).cloned().collect();
                match unknown.as_slice() {
                    [] => None,
                    [one] => Some(format!("nothing has the {what} `{one}` now: {}", advice(one, &known()))),
                    several => Some(format!("nothing has the {what}s {} now", few(several))),
                }
            }
            Check::Like { glob: pattern, .. } | Check::Matches { regex: pattern, .. } => {
                let is_fit = predicate(check);
                let is_known = names
                    .iter()
                    .any(|name| is_fit.holds(&vec![Value::Text(name.as_str().into())]) != check.is_negated());
                (!is_known).then(|| format!("nothing has a {what} like `{pattern}` now: {}", advice(pattern, &known())))
            }
            _ => None,
        }
    }

    /// Selects the addresses or the interfaces whose name passes a check.
    fn named(&self, field: Field, check: &Check) -> Option<Condition> {
        let Origin::Inventory(key) = field.info().origin else { return None };
        let predicate = predicate(check);
        let is_meant = |name: &str| predicate.holds(&vec![Value::Text(name.into())]);
        let passes = |interface: &&Interface| {
            is_meant(if field == Field::LocalType { &interface.kind } else { name_of(interface) })
        };
        let (meant, others): (Vec<&Interface>, Vec<&Interface>) = self.inventory.interfaces.iter().partition(passes);
        if key == Field::Eni {
            return Some(Condition::one_of(Field::Eni, meant.into_iter().map(|interface| interface.id.clone())));
        }
        let mut places = Self::places_of(&meant, &others);
        let (meant, others): (Vec<_>, Vec<_>) = self.networks.iter().partition(|(_, name)| is_meant(name));
        let networks: Vec<IpNet> = meant.iter().map(|(network, _)| *network).collect();
        if !networks.is_empty() {
            let mut owned: Vec<IpNet> = self.inventory.interfaces.iter().flat_map(Interface::networks).collect();
            // Of nested networks, the longest prefix gives the name.
            let is_within = |one: &IpNet| networks.iter().any(|network| network.contains(one) && network != one);
            owned.extend(others.iter().map(|(network, _)| *network).filter(is_within));
            let owned = IpNet::aggregate(&owned);
            places.push(Place { vpc: None, networks: networks.iter().flat_map(|one| without(*one, &owned)).collect() });
        }
        Some(self.in_places(key, places, &self.owned()))
    }

    fn in_prefix_lists(&self, field: Field, selectors: &[String]) -> Result<Condition, Error> {
        let lists = &self.inventory.prefix_lists;
        let mut networks = Vec::new();
        for list in lists.iter().filter(|_| selectors.is_empty()) {
            networks.extend(&list.cidrs);
        }
        for selector in selectors {
            let is_meant = |name: &String| matches_glob(selector, name);
            let mut meant = lists.iter().filter(|list| is_meant(&list.id) || is_meant(&list.name)).peekable();
            if meant.peek().is_none() {
                let known = known(lists, |list| [&list.name, &list.id].into_iter());
                return Err(Error::NoMatch { kind: "prefix-list", selector: selector.clone(), known });
            }
            networks.extend(meant.flat_map(|list| &list.cidrs));
        }
        Ok(in_any(field, networks))
    }

    /// Selects networks that the user has named. An interface is in one if any of its addresses is.
    fn in_networks(&self, field: Field, networks: &[IpNet]) -> Condition {
        if field != Field::Eni {
            return in_any(field, networks.to_vec());
        }
        let is_in = |interface: &&Interface| {
            interface.networks().any(|address| networks.iter().any(|network| network.contains(&address)))
        };
        Condition::one_of(
            Field::Eni,
            self.inventory.interfaces.iter().filter(is_in).map(|interface| interface.id.clone()),
        )
    }

    /// The networks of the interfaces in each VPC.
    fn owned(&self) -> BTreeMap<&str, Vec<IpNet>> {
        let interfaces = self.inventory.interfaces.iter();
        by_vpc(interfaces.map(|interface| (interface.vpc.as_str(), interface.networks().collect())))
    }

    /// The networks of some interfaces, without the parts that belong to `others` in the same VPC.
    fn places_of<'a>(interfaces: &[&'a Interface], others: &[&Interface]) -> Vec<Place<'a>> {
        let mut of_others: BTreeMap<&str, Vec<IpNet>> = BTreeMap::new();
        for other in others {
            of_others.entry(&other.vpc).or_default().extend(other.networks());
        }
        let of_others: BTreeMap<&str, Vec<IpNet>> =
            of_others.into_iter().map(|(vpc, networks)| (vpc, IpNet::aggregate(&networks))).collect();
        let place = |interface: &&'a Interface| {
            let holes = of_others.get(interface.vpc.as_str()).map_or(&[][..], Vec::as_slice);
            let is_wide = |network: &IpNet| network.prefix_len() < network.max_prefix_len();
            let networks = interface
                .networks()
                .flat_map(|network| if is_wide(&network) { without(network, holes) } else { vec![network] });
            Place { vpc: Some(&interface.vpc), networks: networks.collect() }
        };
        interfaces.iter().map(place).collect()
    }

    /// The condition that an address is in these places, as the recording interface sees it. `others` are the networks
    /// of each VPC whose owners may have the same addresses.
    fn in_places(&self, field: Field, places: Vec<Place<'_>>, others: &BTreeMap<&str, Vec<IpNet>>) -> Condition {
        let blocks = by_vpc(self.inventory.vpcs.iter().map(|vpc| (vpc.id.as_str(), vpc.cidrs.clone())));
        let (mut clear, mut own, mut unless) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        for Place { vpc, networks } in places {
            let elsewhere = |all: &BTreeMap<&str, Vec<IpNet>>, network| -> BTreeSet<String> {
                let is_there = |(id, of_vpc): &(&&str, &Vec<IpNet>)| vpc != Some(**id) && overlaps(of_vpc, network);
                all.iter().filter(is_there).map(|(id, _)| (*id).to_string()).collect()
            };
            for network in networks {
                let claimed_by = elsewhere(&blocks, network);
                match vpc {
                    Some(vpc) if !elsewhere(others, network).is_empty() => {
                        own.entry(vpc.to_string()).or_insert_with(Vec::new).push(network);
                    }
                    Some(_) if !claimed_by.is_empty() => {
                        unless.entry(claimed_by).or_insert_with(Vec::new).push(network);
                    }
                    _ => clear.push(network),
                }
            }
        }
        let own = own
            .into_iter()
            .map(|(vpc, networks)| Condition::All(vec![in_any(field, networks), self.in_vpcs(&BTreeSet::from([vpc]))]));
        let unless = unless.into_iter().map(|(vpcs, networks)| {
            Condition::All(vec![in_any(field, networks), Condition::Not(Box::new(self.in_vpcs(&vpcs)))])
        });
        let mut parts: Vec<Condition> = own.chain(unless).collect();
        if !clear.is_empty() {
            parts.push(in_any(field, clear));
        }
        Condition::any(parts)
    }

    /// The condition that the recording interface is in one of these VPCs.
    fn in_vpcs(&self, vpcs: &BTreeSet<String>) -> Condition {
        if (self.has)(Field::Vpc) {
            return Condition::one_of(Field::Vpc, vpcs.iter().cloned());
        }
        let interfaces = self.inventory.interfaces.iter().filter(|interface| vpcs.contains(&interface.vpc));
        Condition::one_of(Field::Eni, interfaces.map(|interface| interface.id.clone()))
    }

    /// The networks of all resources of a kind that is identified by its networks; empty for other kinds.
    fn blocks(&self, kind: TargetKind) -> Vec<Block<'_>> {
        let Inventory { vpcs, subnets, .. } = self.inventory;
        match kind {
            TargetKind::Vpc => {
                vpcs.iter().map(|vpc| Block { id: &vpc.id, vpc: &vpc.id, networks: &vpc.cidrs }).collect()
            }
            TargetKind::Subnet => subnets
                .iter()
                .map(|one| Block { id: &one.id, vpc: &one.vpc, networks: std::slice::from_ref(&one.cidr) })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn selected(&self, kind: TargetKind, selectors: &[String]) -> Result<Selected<'_>, Error> {
        let mut selected = Selected::default();
        if kind == TargetKind::Eni {
            return self.selected_interfaces(selectors);
        }
        let resources = self.inventory.resources(kind);
        if selectors.is_empty() {
            for resource in &resources {
                self.select(&mut selected, resource, None);
            }
        }
        for selector in selectors {
            let mut meant = resources.iter().filter(|resource| resource.is_selected(selector)).peekable();
            if meant.peek().is_none() {
                let known = known(&resources, Resource::names);
                return Err(Error::NoMatch { kind: kind.name(), selector: selector.clone(), known });
            }
            meant.for_each(|resource| self.select(&mut selected, resource, Some(selector)));
        }
        Ok(selected)
    }

    /// Adds a resource; of instances that share a name, a selector may be the id of one.
    fn select<'s>(&'s self, selected: &mut Selected<'s>, resource: &Resource, selector: Option<&String>) {
        let of_one = selector.filter(|_| resource.kind == TargetKind::Instance);
        let of_one = of_one.filter(|selector| !matches_glob(selector, &resource.id));
        let interfaces: Vec<String> = match of_one {
            Some(selector) => self.inventory.instance_interfaces(selector),
            None => resource.all_interfaces().cloned().collect(),
        };
        let is_meant = |id: &&String| of_one.is_none_or(|selector| matches_glob(selector, id));
        match resource.kind {
            TargetKind::Instance => selected.ids.extend(resource.members.iter().filter(is_meant).cloned()),
            _ => selected.ids.extend([resource.id.clone()]),
        }
        let interfaces: BTreeSet<&String> = interfaces.iter().collect();
        selected.interfaces.extend(self.inventory.interfaces.iter().filter(|one| interfaces.contains(&one.id)));
    }

    fn selected_interfaces(&self, selectors: &[String]) -> Result<Selected<'_>, Error> {
        let all = &self.inventory.interfaces;
        for selector in selectors {
            if !all.iter().any(|interface| matches_glob(selector, &interface.id)) {
                let known = all.iter().map(|interface| interface.id.clone()).collect();
                return Err(Error::NoMatch { kind: TargetKind::Eni.name(), selector: selector.clone(), known });
            }
        }
        let is_meant =
            |one: &&Interface| selectors.is_empty() || selectors.iter().any(|glob| matches_glob(glob, &one.id));
        let interfaces: Vec<&Interface> = all.iter().filter(is_meant).collect();
        Ok(Selected { ids: interfaces.iter().map(|interface| interface.id.clone()).collect(), interfaces })
    }
}

/// A check of a name.
fn predicate(check: &Check) -> Predicate {
    Predicate::of_results(&Filter::Test(Source::Result(0), check.clone()))
}

/// The resources that selectors select.
#[derive(Default)]
struct Selected<'a> {
    /// The ids that records may have.
    ids: BTreeSet<String>,
    interfaces: Vec<&'a Interface>,
}

/// The networks of a VPC or a subnet.
struct Block<'a> {
    id: &'a String,
    vpc: &'a str,
    networks: &'a [IpNet],
}

/// Disjoint networks of each VPC, in order.
fn by_vpc<'a>(networks: impl Iterator<Item = (&'a str, Vec<IpNet>)>) -> BTreeMap<&'a str, Vec<IpNet>> {
    let mut all: BTreeMap<&str, Vec<IpNet>> = BTreeMap::new();
    for (vpc, networks) in networks {
        all.entry(vpc).or_default().extend(networks);
    }
    all.into_iter().map(|(vpc, networks)| (vpc, IpNet::aggregate(&networks))).collect()
}

/// Returns whether a network overlaps one of some disjoint, sorted networks.
fn overlaps(sorted: &[IpNet], network: IpNet) -> bool {
    let is_over = |one: &IpNet| one.contains(&network) || network.contains(one);
    let next = sorted.partition_point(|one| *one < network);
    sorted[next..].first().is_some_and(is_over) || sorted[..next].last().is_some_and(is_over)
}

/// The parts of a network outside of some holes, which are disjoint and sorted.
fn without(network: IpNet, holes: &[IpNet]) -> Vec<IpNet> {
    if !overlaps(holes, network) {
        return vec![network];
    }
    if holes.iter().any(|hole| hole.contains(&network)) {
        return Vec::new();
    }
    let halves = network.subnets(network.prefix_len() + 1);
    halves.into_iter().flatten().flat_map(|half| without(half, holes)).collect()
}

/// The condition that no record fulfils.
const fn nothing() -> Condition {
    Condition::Any(Vec::new())
}

/// The condition that an address is in one of these networks.
pub(super) fn in_any(field: Field, mut networks: Vec<IpNet>) -> Condition {
    networks.sort_unstable();
    networks.dedup();
    if networks.is_empty() {
        return nothing();
    }
    Condition::Test(Source::Field(field), Check::Address { networks, negated: false })
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::account::inventory::{Instance, PrefixList, SecurityGroup, Subnet, Vpc};
    use crate::query::clock::Clock;
    use crate::query::{Context, compile, print};

    /// VPCs `a` and `b` have the same network, `c` another. Each has one interface at `.0.10`, and another one.
    fn inventory() -> Inventory {
        let vpc = |id: &str, cidr: &str| Vpc {
            id: format!("vpc-{id}"),
            name: Some(id.into()),
            cidrs: vec![cidr.parse().unwrap()],
            account: None,
        };
        let subnet = |id: &str, cidr: &str| Subnet {
            id: format!("subnet-{id}"),
            name: None,
            vpc: format!("vpc-{id}"),
            cidr: cidr.parse().unwrap(),
            az: "az1".into(),
            account: None,
        };
        let interface = |id: &str, vpc: &str, name: &str, addresses: &[&str], prefixes: &[&str]| Interface {
            id: format!("eni-{id}"),
            kind: "instance".into(),
            name: Some(name.into()),
            vpc: format!("vpc-{vpc}"),
            subnet: format!("subnet-{vpc}"),
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            public_addresses: Vec::new(),
            prefixes: prefixes.iter().map(|prefix| prefix.parse().unwrap()).collect(),
            security_groups: vec![format!("sg-{name}-{vpc}")],
            owner: Some(format!("i-{id}")),
            account: None,
        };
        let interfaces = vec![
            interface("a1", "a", "web", &["10.0.0.10"], &[]),
            interface("a2", "a", "api", &["10.0.0.20"], &["10.0.1.0/30"]),
            interface("a3", "a", "pod", &["10.0.1.2"], &[]),
            interface("b1", "b", "web", &["10.0.0.10"], &[]),
            interface("c1", "c", "web", &["172.16.0.10"], &[]),
        ];
        let group = |interface: &Interface| SecurityGroup {
            id: interface.security_groups[0].clone(),
            name: interface.name.clone().unwrap(),
            vpc: interface.vpc.clone(),
            ingress: Vec::new(),
            egress: Vec::new(),
            account: None,
        };
        let instance = |interface: &Interface| Instance {
            id: interface.owner.clone().unwrap(),
            name: interface.name.clone(),
            vpc: interface.vpc.clone(),
        };
        Inventory {
            vpcs: vec![vpc("a", "10.0.0.0/16"), vpc("b", "10.0.0.0/16"), vpc("c", "172.16.0.0/16")],
            subnets: vec![subnet("a", "10.0.0.0/24"), subnet("b", "10.0.0.0/24"), subnet("c", "172.16.0.0/24")],
            security_groups: interfaces.iter().map(group).collect(),
            instances: interfaces.iter().map(instance).collect(),
            prefix_lists: vec![PrefixList {
                id: "pl-1".into(),
                name: "corp".into(),
                cidrs: vec!["192.0.2.0/24".parse().unwrap()],
            }],
            interfaces,
            ..Inventory::default()
        }
    }

    fn resolved_as(expression: &str, has: &[Field]) -> Result<String, Error> {
        let mut context = Context::new(Clock { now: 1_795_435_200, zone: TimeZone::UTC });
        let office = vec!["10.0.0.16/28".parse().unwrap(), "198.51.100.0/24".parse().unwrap()];
        context.named.networks = [("office".to_string(), office)].into();
        let plan = compile(&format!("all where {expression}"), &context).unwrap();
        let resolved = resolved(&plan, &inventory(), |field| has.contains(&field))?.into_owned();
        Ok(print::condition(&resolved.selection.said.unwrap()))
    }

    #[test]
    fn a_side_is_the_addresses_of_the_resource_in_the_interfaces_own_vpc() {
        for (expression, expected) in [
            ("src sg sg-web-c", "src.addr = 172.16.0.10"),
            // VPC b has an interface with that address, too.
            ("src sg sg-web-a", "src.addr = 10.0.0.10 and vpc = vpc-a"),
            // VPC b's network contains the addresses, but none of its interfaces has them.
            ("dst sg sg-api-a", "dst.addr in (10.0.0.20, 10.0.1.0/30) and not vpc = vpc-b"),
            (
                "remote instance web",
                "remote.addr = 10.0.0.10 and vpc = vpc-a or remote.addr = 10.0.0.10 and vpc = vpc-b or \
                 remote.addr = 172.16.0.10",
            ),
            ("client instance i-c1", "client.addr = 172.16.0.10"),
            ("src eni eni-c1", "src.addr = 172.16.0.10"),
            ("dst vpc c", "dst.addr in 172.16.0.0/16"),
            ("dst vpc a", "dst.addr in 10.0.0.0/16 and vpc = vpc-a"),
            ("dst subnet (subnet-a, subnet-c)", "dst.addr in 10.0.0.0/24 and vpc = vpc-a or dst.addr in 172.16.0.0/24"),
            ("remote prefix-list corp", "remote.addr in 192.0.2.0/24"),
            ("remote network office", "remote.addr in (10.0.0.16/28, 198.51.100.0/24)"),
        ] {
            assert_eq!(resolved_as(expression, &[Field::Vpc, Field::Eni]).unwrap(), expected, "{expression}");
        }
        let without_vpc = resolved_as("src sg sg-web-a", &[Field::Eni]).unwrap();
        assert_eq!(without_vpc, "src.addr = 10.0.0.10 and eni in (eni-a1, eni-a2, eni-a3)");
    }

    #[test]
    fn the_local_side_is_told_by_the_record_or_by_its_interface() {
        let all = [Field::Vpc, Field::Subnet, Field::Instance, Field::Eni];
        for (expression, has, expected) in [
            ("local vpc a", &all[..], "vpc = vpc-a"),
            ("local vpc a", &[Field::Eni], "eni in (eni-a1, eni-a2, eni-a3)"),
            ("local subnet subnet-c", &all, "subnet = subnet-c"),
            ("local instance web", &all, "instance in (i-a1, i-b1, i-c1)"),
            ("local instance i-b1", &all, "instance = i-b1"),
            ("local instance i-b1", &[Field::Eni], "eni = eni-b1"),
            ("local sg (sg-web-a, sg-web-c)", &all, "eni in (eni-a1, eni-c1)"),
            ("local eni \"eni-a*\"", &all, "eni in (eni-a1, eni-a2, eni-a3)"),
            ("local network office", &all, "eni = eni-a2"),
        ] {
            assert_eq!(resolved_as(expression, has).unwrap(), expected, "{expression}");
        }
    }

    #[test]
    fn a_name_is_the_addresses_that_are_shown_by_it() {
        for (expression, expected) in [
            ("remote.name = api", "remote.addr in (10.0.0.20, 10.0.1.0/31, 10.0.1.3) and not vpc = vpc-b"),
            ("remote.name = pod", "remote.addr = 10.0.1.2 and not vpc = vpc-b"),
            ("local.name like \"w*\"", "eni in (eni-a1, eni-b1, eni-c1)"),
            ("local.name != web", "eni in (eni-a2, eni-a3)"),
            (
                "local.type = instance and local.name = api",
                "eni in (eni-a1, eni-a2, eni-a3, eni-b1, eni-c1) and eni = eni-a2",
            ),
            (
                "not server.name = web",
                "not (server.addr = 10.0.0.10 and vpc = vpc-a or server.addr = 10.0.0.10 and vpc = vpc-b or \
                 server.addr = 172.16.0.10)",
            ),
        ] {
            assert_eq!(resolved_as(expression, &[Field::Vpc, Field::Eni]).unwrap(), expected, "{expression}");
        }
    }

    #[test]
    fn a_selector_that_matches_nothing_names_what_there_is() {
        for (expression, kind, known) in
            [("src sg wbe", "sg", "web"), ("src vpc x", "vpc", "a"), ("dst prefix-list x", "prefix-list", "corp")]
        {
            let Err(Error::NoMatch { kind: found, known: names, .. }) = resolved_as(expression, &[Field::Eni]) else {
                panic!("{expression}");
            };
            assert_eq!((found, names.contains(&known.to_string())), (kind, true), "{expression}");
        }
    }

    #[test]
    fn a_network_without_its_holes_is_the_rest_of_it() {
        let network = |text: &str| text.parse::<IpNet>().unwrap();
        let shown = |networks: Vec<IpNet>| networks.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shown(without(network("10.0.0.0/30"), &[network("10.0.0.1/32")])), ["10.0.0.0/32", "10.0.0.2/31"]);
        assert!(without(network("10.0.0.0/30"), &[network("10.0.0.0/24")]).is_empty());
        assert_eq!(shown(without(network("10.0.0.0/30"), &[network("10.0.0.4/30")])), ["10.0.0.0/30"]);
    }
}
