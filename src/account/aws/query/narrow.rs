//! Narrows the records of a log group to those of the selected interfaces.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::coverage::Action;
use crate::account::member::{Member, MemberKind};
use crate::field::Field;
use crate::query::plan::{Check, Condition, Source};

/// The most interface ids in one query, whose text has at most 10,000 characters.
const INTERFACES_PER_QUERY: usize = 250;

/// The way to select records in a log group.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Narrowing {
    /// All records of the log group are selected.
    Whole,
    /// The records that fulfil one of these conditions, each in its own query.
    Some {
        conditions: Vec<Condition>,
        /// Whether records of deleted interfaces may be missing.
        is_of_today: bool,
    },
    /// The records cannot be selected, because they lack this field.
    Impossible { lacking: Field },
}

/// An instance, and its interfaces.
pub(super) struct Instance {
    pub(super) id: String,
    pub(super) members: BTreeSet<Member>,
}

/// Narrows the records of `written` interfaces to those of `meant` ones, by the fields that the records have;
/// `instances` can be selected by the field of the instance.
pub(super) fn narrowing(
    written: &BTreeSet<Member>,
    meant: &BTreeSet<Member>,
    instances: &[Instance],
    has: impl Fn(Field) -> bool,
) -> Narrowing {
    if written == meant {
        return Narrowing::Whole;
    }
    let is_meant = |kind| meant.iter().any(|member| member.kind == kind);
    let by_interface = [MemberKind::Interface, MemberKind::Attachment].into_iter().filter(|kind| is_meant(*kind));
    if let Some(kind) = by_interface.into_iter().find(|kind| !has(kind.field())) {
        return Narrowing::Impossible { lacking: kind.field() };
    }
    let others = written.difference(meant).collect();
    let mut narrow = Narrow { written, others, rest: meant.iter().collect(), conditions: Vec::new() };
    narrow.networks(&has);
    narrow.subnets(&has);
    // Records of a regional NAT gateway are selected by its VPC, or else by a field that few formats have.
    let is_lacking = |member: &&Member| member.kind == MemberKind::NatGateway && !has(member.kind.field());
    if narrow.conditions.is_empty() && narrow.rest.iter().all(is_lacking) {
        return Narrowing::Impossible { lacking: MemberKind::NatGateway.field() };
    }
    narrow.rest.retain(|member| !is_lacking(member));
    let is_of_today = narrow.rest.iter().any(|member| member.interface.is_none());
    if has(Field::Instance) {
        narrow.instances(instances);
    }
    Narrowing::Some { conditions: narrow.finish(), is_of_today }
}

/// The condition that selects the records of some actions; `None` if the log group has no others.
pub(super) fn of_actions(written: &BTreeSet<Action>, meant: &BTreeSet<Action>) -> Option<Condition> {
    if written.is_subset(meant) {
        return None;
    }
    let words: Vec<String> = meant.iter().filter_map(|action| action.word()).map(Into::into).collect();
    let is_one = (!words.is_empty()).then(|| text(Field::Action, words, false));
    let is_absent = Condition::Not(Box::new(Condition::Test(Source::Field(Field::Action), Check::Present)));
    let is_absent = meant.contains(&Action::Unknown).then_some(is_absent);
    Some(Condition::any(is_one.into_iter().chain(is_absent).collect()))
}

struct Narrow<'a> {
    written: &'a BTreeSet<Member>,
    /// The interfaces whose records must not be selected.
    others: BTreeSet<&'a Member>,
    /// The interfaces that no condition selects yet.
    rest: BTreeSet<&'a Member>,
    conditions: Vec<Condition>,
}

impl Narrow<'_> {
    /// Selects VPCs as a whole, including deleted interfaces, except for some interfaces and subnets; and transit
    /// gateways with their attachments.
    fn networks(&mut self, has: &impl Fn(Field) -> bool) {
        let is_gone = |member: &&&Member| member.interface.is_none() && member.subnet.is_none();
        let gone = self.rest.iter().filter(is_gone);
        let networks: Vec<(MemberKind, String)> =
            gone.filter_map(|member| Some((member.kind, member.network.clone()?))).collect();
        for (kind, network) in networks {
            let is_in = |member: &Member| member.network.as_ref() == Some(&network);
            let is_only = self.written.iter().all(is_in);
            let others: Vec<&Member> = self.others.iter().copied().filter(|member| is_in(member)).collect();
            let subnets: BTreeSet<String> = others
                .iter()
                .filter(|member| member.interface.is_none())
                .filter_map(|member| member.subnet.clone())
                .collect();
            let field = kind.network_field();
            if !is_only && !has(field) || !subnets.is_empty() && !has(Field::Subnet) {
                continue;
            }
            let is_outside = |member: &Member| member.subnet.as_ref().is_some_and(|subnet| subnets.contains(subnet));
            let interfaces = others.iter().filter(|member| !is_outside(member) && member.kind == kind);
            let interfaces: Vec<String> = interfaces.filter_map(|member| member.interface.clone()).collect();
            self.rest.retain(|member| !is_in(member) || is_outside(member));
            let mut tests = Vec::new();
            tests.extend((!is_only).then(|| text(field, vec![network.clone()], false)));
            tests.extend((!subnets.is_empty()).then(|| text(Field::Subnet, subnets.iter().cloned().collect(), true)));
            tests.extend((!interfaces.is_empty()).then(|| text(kind.field(), interfaces, true)));
            self.conditions.push(all(tests));
        }
    }

    /// Selects subnets as a whole, including deleted interfaces, except for some interfaces.
    fn subnets(&mut self, has: &impl Fn(Field) -> bool) {
        let is_gone = |member: &&&Member| member.interface.is_none();
        let subnets: Vec<String> =
            self.rest.iter().filter(is_gone).filter_map(|member| member.subnet.clone()).collect();
        let mut whole = Vec::new();
        for subnet in subnets {
            let is_in = |member: &Member| member.subnet.as_ref() == Some(&subnet);
            let is_only = self.written.iter().all(is_in);
            if !is_only && !has(Field::Subnet) {
                continue;
            }
            let others = self.others.iter().filter(|member| is_in(member));
            let others: Vec<String> = others.filter_map(|member| member.interface.clone()).collect();
            self.rest.retain(|member| !is_in(member));
            if others.is_empty() {
                whole.push(subnet);
                continue;
            }
            let is_one = (!is_only).then(|| text(Field::Subnet, vec![subnet.clone()], false));
            self.conditions.push(all(is_one.into_iter().chain([text(Field::Eni, others, true)]).collect()));
        }
        if !whole.is_empty() {
            self.conditions.push(text(Field::Subnet, whole, false));
        }
    }

    /// Selects instances, if all their interfaces are wanted.
    fn instances(&mut self, instances: &[Instance]) {
        let is_whole = |instance: &&Instance| {
            !instance.members.is_empty() && instance.members.iter().all(|member| self.rest.contains(member))
        };
        let whole: Vec<&Instance> = instances.iter().filter(is_whole).collect();
        if whole.is_empty() {
            return;
        }
        self.rest.retain(|member| !whole.iter().any(|instance| instance.members.contains(*member)));
        self.conditions.push(text(Field::Instance, whole.iter().map(|instance| instance.id.clone()).collect(), false));
    }

    /// Returns the conditions so far, and those for the remaining interfaces.
    fn finish(mut self) -> Vec<Condition> {
        let mut left: BTreeMap<MemberKind, Vec<String>> = BTreeMap::new();
        for member in &self.rest {
            left.entry(member.kind).or_default().extend(member.interface.clone());
        }
        let list = |kind: MemberKind, ids: &[String]| text(kind.field(), ids.to_vec(), false);
        let lists: Vec<Condition> = (left.iter())
            .flat_map(|(kind, ids)| ids.chunks(INTERFACES_PER_QUERY).map(|ids| list(*kind, ids)))
            .collect();
        if self.rest.len() <= INTERFACES_PER_QUERY {
            self.conditions.extend(lists);
            return if self.conditions.is_empty() { Vec::new() } else { vec![Condition::any(self.conditions)] };
        }
        let others = (!self.conditions.is_empty()).then(|| Condition::any(self.conditions));
        others.into_iter().chain(lists).collect()
    }
}

fn text(field: Field, mut words: Vec<String>, negated: bool) -> Condition {
    words.sort();
    words.dedup();
    Condition::Test(Source::Field(field), Check::Text { words, negated })
}

fn all(mut conditions: Vec<Condition>) -> Condition {
    if conditions.len() == 1 { conditions.remove(0) } else { Condition::All(conditions) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `vpc/subnet/interface`, where `-` stands for deleted ones.
    fn member(text: &str) -> Member {
        let kind = text.split('/').map(MemberKind::of_id).max().unwrap();
        let mut parts = text.split('/').map(|part| (part != "-").then(|| part.to_string()));
        let mut next = || parts.next().flatten();
        Member { kind, network: next(), subnet: next(), interface: next() }
    }

    fn members(text: &str) -> BTreeSet<Member> {
        text.split(' ').map(member).collect()
    }

    /// The conditions as text: `all(..)`, `any(..)`, `field=a,b`, `field!=a`.
    fn shown(condition: &Condition) -> String {
        let each = |parts: &[Condition]| parts.iter().map(shown).collect::<Vec<_>>().join(" ");
        match condition {
            Condition::All(parts) => format!("all({})", each(parts)),
            Condition::Any(parts) => format!("any({})", each(parts)),
            Condition::Not(inner) => format!("not({})", shown(inner)),
            Condition::Test(source, Check::Text { words, negated }) => {
                format!("{}{}{}", source.name(), if *negated { "!=" } else { "=" }, words.join(","))
            }
            Condition::Test(source, _) => source.name(),
            _ => "?".into(),
        }
    }

    fn narrowed(written: &str, meant: &str, lacks: &[Field]) -> String {
        let web = Instance { id: "i".into(), members: members("v/s/e1") };
        match narrowing(&members(written), &members(meant), &[web], |field| !lacks.contains(&field)) {
            Narrowing::Whole => "whole".into(),
            Narrowing::Impossible { lacking } => format!("impossible without {}", lacking.name()),
            Narrowing::Some { conditions, is_of_today } => {
                let conditions: Vec<String> = conditions.iter().map(shown).collect();
                format!("{}{}", conditions.join("; "), if is_of_today { ", of today" } else { "" })
            }
        }
    }

    #[test]
    fn records_are_narrowed_by_the_widest_field_that_tells() {
        let vpc = "v/-/- v/s/- v/s/e1 v/s/e2 v/t/- v/t/e3";
        let two = &format!("{vpc} w/-/- w/u/- w/u/e4");
        for (written, meant, lacks, expected) in [
            (vpc, vpc, &[][..], "whole"),
            (vpc, "v/s/- v/s/e1 v/s/e2", &[], "subnet=s"),
            (vpc, "v/s/- v/s/e1 v/s/e2 v/t/- v/t/e3", &[], "subnet=s,t"),
            (vpc, "v/s/- v/s/e1 v/s/e2", &[Field::Subnet, Field::Instance], "eni=e1,e2, of today"),
            (vpc, "v/s/- v/s/e2", &[], "all(subnet=s eni!=e1)"),
            (vpc, "v/-/- v/t/- v/t/e3", &[], "subnet!=s"),
            (vpc, "v/-/- v/t/- v/t/e3", &[Field::Subnet], "eni=e3, of today"),
            (vpc, "v/-/- v/s/- v/s/e1 v/s/e2 v/t/-", &[Field::Subnet, Field::Vpc], "eni!=e3"),
            (vpc, "v/s/e1", &[], "instance=i"),
            (vpc, "v/s/e1 v/t/e3", &[], "any(instance=i eni=e3)"),
            (vpc, "v/s/e1", &[Field::Instance], "eni=e1"),
            (vpc, "v/s/e1", &[Field::Eni], "impossible without eni"),
            (two, vpc, &[], "vpc=v"),
            (two, vpc, &[Field::Vpc], "subnet=s,t, of today"),
            (two, "v/-/- v/t/- v/t/e3", &[], "all(vpc=v subnet!=s)"),
        ] {
            assert_eq!(narrowed(written, meant, lacks), expected, "{meant} of {written} without {lacks:?}");
        }
    }

    #[test]
    fn records_of_gateways_are_narrowed_by_their_own_fields() {
        let gateway = "tgw-1/-/- tgw-1/-/tgw-attach-1 tgw-1/-/tgw-attach-2";
        let two = &format!("{gateway} tgw-2/-/- tgw-2/-/tgw-attach-3");
        let mixed = &format!("{gateway} v/-/- v/s/- v/s/e1");
        let regional = "v/-/- v/s/- v/s/e1 v/-/nat-1";
        let two_vpcs = &format!("{regional} w/-/- w/u/- w/u/e4");
        for (written, meant, lacks, expected) in [
            (gateway, gateway, &[][..], "whole"),
            (gateway, "tgw-1/-/tgw-attach-1", &[], "tgw.attachment=tgw-attach-1"),
            (gateway, "tgw-1/-/tgw-attach-1", &[Field::TgwAttachment], "impossible without tgw.attachment"),
            (two, gateway, &[], "tgw.id=tgw-1"),
            (two, gateway, &[Field::TgwId], "tgw.attachment=tgw-attach-1,tgw-attach-2, of today"),
            (mixed, gateway, &[Field::Eni], "tgw.id=tgw-1"),
            (mixed, "v/s/e1", &[], "instance=i"),
            (regional, regional, &[Field::Resource], "whole"),
            (regional, "v/-/nat-1", &[], "resource=nat-1"),
            (regional, "v/-/nat-1", &[Field::Resource], "impossible without resource"),
            (two_vpcs, regional, &[Field::Resource], "vpc=v"),
            (two_vpcs, "v/-/nat-1 v/s/e1", &[Field::Instance], "any(eni=e1 resource=nat-1)"),
        ] {
            assert_eq!(narrowed(written, meant, lacks), expected, "{meant} of {written} without {lacks:?}");
        }
    }

    #[test]
    fn many_interfaces_are_several_queries() {
        let ids: Vec<String> = (0..600).map(|number| format!("v/s/e{number:03}")).collect();
        let (written, meant) = (members(&ids.join(" ")), members(&ids[1..].join(" ")));
        let Narrowing::Some { conditions, .. } = narrowing(&written, &meant, &[], |_| true) else { panic!("narrowed") };
        let count = |condition: &Condition| shown(condition).split(',').count();
        assert_eq!(conditions.iter().map(count).collect::<Vec<_>>(), [250, 250, 99]);
    }

    #[test]
    fn records_of_other_actions_are_left_out_where_there_are_any() {
        let of = |written: &[Action], meant: &[Action]| {
            of_actions(&written.iter().copied().collect(), &meant.iter().copied().collect()).map(|one| shown(&one))
        };
        let (accept, reject, unknown) = (Action::Accept, Action::Reject, Action::Unknown);
        assert_eq!(of(&[accept, reject], &[accept, reject]), None);
        assert_eq!(of(&[reject], &[accept, reject]), None);
        assert_eq!(of(&[accept, reject], &[reject]).as_deref(), Some("action=REJECT"));
        assert_eq!(
            of(&[accept, reject, unknown], &[reject, unknown]).as_deref(),
            Some("any(action=REJECT not(action))")
        );
        assert_eq!(of(&[accept, unknown], &[unknown]).as_deref(), Some("not(action)"));
    }
}
