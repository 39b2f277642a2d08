//! The resources of an inventory that can be targets. Instances with the same name in a VPC are one target.

use std::collections::{BTreeMap, BTreeSet};

use super::inventory::{Instance, Interface, Inventory};
use super::resource::Resource;
use crate::kind::TargetKind;
use crate::query::glob::matches_glob;

impl Inventory {
    /// The resources of a kind, by id; instances grouped by name and VPC.
    #[must_use]
    pub fn resources(&self, kind: TargetKind) -> Vec<Resource> {
        let mut resources: Vec<Resource> = match kind {
            TargetKind::Vpc => (self.vpcs.iter())
                .map(|vpc| {
                    let resource = self.resource(kind, &vpc.id, vpc.name.as_ref(), &vpc.id, |i| i.vpc == vpc.id);
                    Resource { account: vpc.account.clone(), ..resource }
                })
                .collect(),
            TargetKind::Subnet => (self.subnets.iter())
                .map(|s| {
                    let resource = self.resource(kind, &s.id, s.name.as_ref(), &s.vpc, |i| i.subnet == s.id);
                    Resource { account: s.account.clone(), ..resource }
                })
                .collect(),
            TargetKind::SecurityGroup => (self.security_groups.iter())
                .map(|g| {
                    let has = |i: &Interface| i.security_groups.contains(&g.id);
                    Resource { account: g.account.clone(), ..self.resource(kind, &g.id, Some(&g.name), &g.vpc, has) }
                })
                .collect(),
            TargetKind::NatGateway => (self.nat_gateways.iter())
                .map(|n| {
                    let gateway =
                        self.resource(kind, &n.id, n.name.as_ref(), &n.vpc, |i| i.owner.as_ref() == Some(&n.id));
                    if n.regional { gateway.logged_itself() } else { gateway }
                })
                .collect(),
            TargetKind::TransitGateway => (self.transit_gateways.iter())
                .map(|t| Resource { account: t.account.clone(), ..self.outside(kind, &t.id, t.name.as_ref()) })
                .collect(),
            TargetKind::TransitGatewayAttachment => (self.transit_gateway_attachments.iter())
                .map(|a| Resource { account: a.account.clone(), ..self.outside(kind, &a.id, a.name.as_ref()) })
                .collect(),
            TargetKind::Endpoint => (self.endpoints.iter())
                .map(|e| self.resource(kind, &e.id, e.name.as_ref(), &e.vpc, |i| i.owner.as_ref() == Some(&e.id)))
                .collect(),
            TargetKind::Instance => self.instance_groups(),
            TargetKind::Eni | TargetKind::Group | TargetKind::Bucket | TargetKind::All => Vec::new(),
        };
        resources.sort_by(|a, b| (&a.id, &a.vpc).cmp(&(&b.id, &b.vpc)));
        resources
    }

    fn resource(
        &self,
        kind: TargetKind,
        id: &str,
        name: Option<&String>,
        vpc: &str,
        has: impl Fn(&Interface) -> bool,
    ) -> Resource {
        // The flow log of a VPC or a subnet records the interfaces of every account.
        let is_own = |interface: &&Interface| kind.covers_whole() || interface.account.is_none();
        let (own, foreign): (Vec<&Interface>, Vec<&Interface>) =
            self.interfaces.iter().filter(|interface| has(interface)).partition(is_own);
        let ids = |interfaces: Vec<&Interface>| interfaces.into_iter().map(|interface| interface.id.clone()).collect();
        Resource {
            kind,
            id: id.into(),
            name: name.cloned(),
            vpc: vpc.into(),
            members: Vec::new(),
            interfaces: ids(own),
            foreign: ids(foreign),
            namesakes: Vec::new(),
            has_twin: false,
            is_logged_itself: false,
            account: None,
        }
    }

    /// A transit gateway or its attachment, which is in no VPC.
    fn outside(&self, kind: TargetKind, id: &str, name: Option<&String>) -> Resource {
        self.resource(kind, id, name, "", |_| false).logged_itself()
    }

    /// The interfaces of the instances whose ids match a glob.
    #[must_use]
    pub fn instance_interfaces(&self, glob: &str) -> Vec<String> {
        let instances = self.instances.iter().filter(|instance| matches_glob(glob, &instance.id));
        let ids: Vec<&String> = instances.map(|instance| &instance.id).collect();
        let is_owned = |interface: &&Interface| interface.owner.as_ref().is_some_and(|owner| ids.contains(&owner));
        self.interfaces.iter().filter(is_owned).map(|interface| interface.id.clone()).collect()
    }

    /// Instances with the same name in a VPC are one target, as in the Go tool; an instance without a name is
    /// identified by its id.
    fn instance_groups(&self) -> Vec<Resource> {
        let mut groups: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        for Instance { id, name, vpc } in &self.instances {
            groups.entry((name.as_deref().unwrap_or(id), vpc)).or_default().push(id.clone());
        }
        let group = |((name, vpc), members): ((&str, &str), Vec<String>)| {
            let has = |i: &Interface| i.owner.as_ref().is_some_and(|owner| members.contains(owner));
            let group = self.resource(TargetKind::Instance, name, None, vpc, has);
            Resource { members, ..group }
        };
        let mut groups: Vec<Resource> = groups.into_iter().map(group).collect();
        let mut spellings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for group in &groups {
            spellings.entry(group.id.to_lowercase()).or_default().insert(group.id.clone());
        }
        for group in &mut groups {
            let lower = group.id.to_lowercase();
            group.has_twin = group.id != lower && spellings[&lower].len() > 1;
        }
        // `groups` is sorted by name, so groups with the same name are adjacent.
        for of_name in groups.chunk_by_mut(|one, other| one.id == other.id) {
            let interfaces: Vec<Vec<String>> = of_name.iter().map(|group| group.interfaces.clone()).collect();
            for (place, group) in of_name.iter_mut().enumerate() {
                let others = interfaces.iter().enumerate().filter(|(other, _)| *other != place);
                group.namesakes = others.flat_map(|(_, interfaces)| interfaces.clone()).collect();
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::inventory::Vpc;

    /// Instances with one interface each: id, name and VPC.
    fn inventory(instances: &[(&str, Option<&str>, &str)]) -> Inventory {
        let instance = |(id, name, vpc): &(&str, Option<&str>, &str)| Instance {
            id: (*id).into(),
            name: name.map(Into::into),
            vpc: (*vpc).into(),
        };
        let interface = |(owner, _, vpc): &(&str, Option<&str>, &str)| Interface {
            id: format!("eni-of-{owner}"),
            kind: "instance".into(),
            name: None,
            vpc: (*vpc).into(),
            subnet: format!("subnet-of-{vpc}"),
            addresses: Vec::new(),
            public_addresses: Vec::new(),
            prefixes: Vec::new(),
            security_groups: Vec::new(),
            owner: Some((*owner).into()),
            account: None,
        };
        Inventory {
            instances: instances.iter().map(instance).collect(),
            interfaces: instances.iter().map(interface).collect(),
            ..Inventory::default()
        }
    }

    #[test]
    fn instances_of_one_name_in_a_vpc_are_one_target() {
        let inventory = inventory(&[
            ("i-1", Some("web"), "vpc-1"),
            ("i-2", Some("web"), "vpc-1"),
            ("i-3", None, "vpc-1"),
            ("i-4", Some("web"), "vpc-2"),
            ("i-5", Some("api"), "vpc-2"),
        ]);
        let groups = inventory.resources(TargetKind::Instance);
        let shown: Vec<(&str, &str, usize, usize)> = groups
            .iter()
            .map(|group| (group.id.as_str(), group.vpc.as_str(), group.interfaces.len(), group.namesakes.len()))
            .collect();
        let expected = [("api", "vpc-2", 1, 0), ("i-3", "vpc-1", 1, 0), ("web", "vpc-1", 2, 1), ("web", "vpc-2", 1, 2)];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_flow_log_belongs_to_the_vpc_whose_instances_it_covers() {
        let alone = inventory(&[("i-1", Some("web"), "vpc-1")]).resources(TargetKind::Instance).remove(0);
        let both = inventory(&[("i-1", Some("web"), "vpc-1"), ("i-2", Some("web"), "vpc-2")]);
        let [first, second] = both.resources(TargetKind::Instance).try_into().unwrap();
        // The only group of the name has the flow log name that the Go tool gives it.
        assert_eq!(alone.flow_log_name(), "instance-web");
        assert_eq!(first.flow_log_name(), "instance-web-vpc-1");
        assert_eq!(second.flow_log_name(), "instance-web-vpc-2");
        let covers = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (name, covered, expected) in [
            // The flow log was created before another VPC had instances of the name.
            ("instance-web", covers(&["eni-of-i-1"]), [true, true, false]),
            ("instance-web", covers(&["eni-of-i-2"]), [true, false, true]),
            ("instance-web-vpc-1", covers(&["eni-of-i-1"]), [true, true, false]),
            ("instance-web-vpc-2", covers(&["eni-of-i-2"]), [false, false, true]),
            // None of its interfaces exists any more.
            ("instance-web", covers(&["eni-gone"]), [true, true, true]),
            ("instance-api", covers(&["eni-of-i-1"]), [false, false, false]),
        ] {
            let is_own = [&alone, &first, &second].map(|group| group.has_flow_log(name, &covered));
            assert_eq!(is_own, expected, "{name} {covered:?}");
        }
    }

    #[test]
    fn names_that_differ_in_case_only_have_flow_logs_of_different_names() {
        let of = |names: &[&str]| {
            let ids: Vec<String> = names.iter().map(|name| format!("i-{name}")).collect();
            let instances: Vec<_> =
                ids.iter().zip(names).map(|(id, name)| (id.as_str(), Some(*name), "vpc-1")).collect();
            inventory(&instances).resources(TargetKind::Instance)
        };
        // The only group with this spelling has the flow log name that the Go tool gives it.
        assert_eq!(of(&["Web"])[0].flow_log_name(), "instance-Web");
        let [capitals, mixed, small] = of(&["WEB", "Web", "web"]).try_into().unwrap();
        assert_eq!(small.flow_log_name(), "instance-web");
        let lower: BTreeSet<String> =
            [&capitals, &mixed, &small].into_iter().map(|one| one.flow_log_name().to_lowercase()).collect();
        assert_eq!(lower.len(), 3, "{lower:?}");
        // A flow log that was created while it was the only one still belongs to it.
        assert!(mixed.has_flow_log("instance-Web", &["eni-of-i-Web"]) && !mixed.has_flow_log("instance-web", &["x"]));
        assert!(of(&["Web"])[0].has_flow_log(&mixed.flow_log_name(), &["eni-of-i-Web"]));
    }

    #[test]
    fn interfaces_of_another_account_are_logged_with_their_vpc_only() {
        let mut inventory = inventory(&[("i-1", Some("web"), "vpc-1"), ("i-2", Some("web"), "vpc-1")]);
        inventory.vpcs = vec![Vpc { id: "vpc-1".into(), name: None, cidrs: Vec::new(), account: None }];
        inventory.interfaces[1].account = Some("222222222222".into());
        let web = inventory.resources(TargetKind::Instance).remove(0);
        assert_eq!((web.interfaces, web.foreign), (vec!["eni-of-i-1".to_string()], vec!["eni-of-i-2".to_string()]));
        let vpc = inventory.resources(TargetKind::Vpc).remove(0);
        assert_eq!((vpc.interfaces.len(), vpc.foreign.len()), (2, 0));
    }
}
