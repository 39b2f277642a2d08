//! Resolves targets to traffic: the selected interfaces, and the flow logs that answer for them.

use std::collections::BTreeSet;

use super::coverage::{Action, Coverage, Destination, Gap, Log, Meant, Part, coverage};
use super::flow_log::FlowLog;
use super::inventory::Inventory;
use super::member::{Member, MemberKind};
use super::resource::{Resource, label};
use super::select::{Error, few, not_found};
use crate::field::Field;
use crate::kind::TargetKind;
use crate::query::glob::matches_glob;
use crate::query::plan::{Check, Filter, Plan, Source, Statuses, Target};
use crate::query::window::Interval;

/// A flow log that this tool or the Go tool created, and the ids of its parts.
pub(super) struct Own {
    pub(super) flow_log: FlowLog,
    pub(super) ids: BTreeSet<String>,
}

/// A network and the flow logs that record it.
pub(super) struct Network<'a> {
    inventory: &'a Inventory,
    /// Every flow log.
    pub(super) logs: Vec<Log>,
    /// The flow logs of this tool and the Go tool.
    own: Vec<Own>,
    /// Every interface, and the deleted ones if they count.
    pub(super) members: BTreeSet<Member>,
}

/// The traffic that a plan asks for.
pub(super) struct Request<'a> {
    pub(super) targets: &'a [Target],
    pub(super) actions: BTreeSet<Action>,
    pub(super) window: Interval,
    /// See [`Meant::reaches_back`].
    pub(super) reaches_back: bool,
}

/// The traffic that answers a plan.
#[derive(Default)]
pub(super) struct Traffic {
    /// The part of each flow log.
    pub(super) parts: Vec<Part>,
    /// Notes on traffic that is missing from the answer.
    pub(super) notes: Vec<String>,
}

/// The resources of a selector, or of a target without one.
struct Selection {
    kind: TargetKind,
    what: String,
    create: Option<String>,
    /// Whether a selector named it, so that uncovered interfaces deserve a note.
    is_named: bool,
    scopes: Vec<Scope>,
}

/// A resource: its interfaces, and the flow logs on itself.
struct Scope {
    members: BTreeSet<Member>,
    own: BTreeSet<String>,
}

impl<'a> Network<'a> {
    /// Creates a network; `has_gone` says whether records of deleted interfaces count.
    pub(super) fn new(inventory: &'a Inventory, logs: Vec<Log>, own: Vec<Own>, has_gone: bool) -> Self {
        let mut members = members(inventory, has_gone);
        let unknown: Vec<Member> = logs
            .iter()
            .filter(|log| !members.iter().any(|member| member.is_in(&log.resource)))
            .filter_map(|log| unlisted(&log.resource, has_gone))
            .collect();
        members.extend(unknown);
        Self { inventory, logs, own, members }
    }

    /// Finds the traffic that answers a request.
    ///
    /// # Errors
    ///
    /// [`Error::NoMatch`], [`Error::NoFlowLogs`], [`Error::NoFlowLog`], [`Error::Elsewhere`].
    pub(super) fn traffic(&self, request: &Request<'_>) -> Result<Traffic, Error> {
        let mut selections = Vec::new();
        for target in request.targets {
            selections.extend(self.selections(target)?);
        }
        let Coverage { parts, gaps } = self.coverage(&selections, request);
        let members = parts.iter().flat_map(|part| &part.members).collect();
        let covered = Covered { network: self, parts: &parts, members, gaps: &gaps, actions: &request.actions };
        let mut notes = Vec::new();
        for selection in &selections {
            notes.extend(covered.notes(selection)?);
        }
        notes.dedup();
        Ok(Traffic { parts, notes })
    }

    /// The coverage of all selections, with each interface only once: the widest resource comes first.
    fn coverage(&self, selections: &[Selection], request: &Request<'_>) -> Coverage {
        let mut scopes: Vec<&Scope> = selections.iter().flat_map(|selection| &selection.scopes).collect();
        scopes.sort_by_key(|scope| std::cmp::Reverse(scope.members.len()));
        let mut taken: BTreeSet<Member> = BTreeSet::new();
        let mut all = Coverage::default();
        for scope in scopes {
            let members: BTreeSet<Member> = scope.members.difference(&taken).cloned().collect();
            let Request { actions, window, reaches_back, .. } = request;
            let meant =
                Meant { members: &members, own: &scope.own, actions, window: *window, reaches_back: *reaches_back };
            let Coverage { parts, gaps } = coverage(&self.logs, &meant);
            all.parts.extend(parts);
            all.gaps.extend(gaps);
            taken.extend(members);
        }
        all
    }

    fn selections(&self, target: &Target) -> Result<Vec<Selection>, Error> {
        let kind = target.kind;
        if target.selectors.is_empty() || kind == TargetKind::All {
            let scopes = match kind {
                // Records of transit gateways repeat the traffic of interfaces, so only a query that names them gets
                // them.
                TargetKind::All => vec![self.scope(|member| member.kind != MemberKind::Attachment, BTreeSet::new())],
                TargetKind::Eni => vec![self.scope(|member| interface(member).is_some(), BTreeSet::new())],
                kind => self.every_scope(kind),
            };
            return Ok(vec![Selection { kind, what: kind.name().into(), create: None, is_named: false, scopes }]);
        }
        target.selectors.iter().map(|selector| self.selected(kind, selector)).collect()
    }

    fn selected(&self, kind: TargetKind, selector: &str) -> Result<Selection, Error> {
        if kind == TargetKind::Eni {
            return self.selected_interfaces(selector);
        }
        let resources = self.inventory.resources(kind);
        let selected: Vec<&Resource> = resources.iter().filter(|resource| resource.is_selected(selector)).collect();
        let mut scopes: Vec<Scope> = selected.iter().map(|resource| self.scope_of(resource, Some(selector))).collect();
        if scopes.is_empty() {
            scopes =
                self.scopes_without_resource(kind, |own| own.is_selected(selector), |id| matches_glob(selector, id));
        }
        if scopes.is_empty() {
            return Err(not_found(self.inventory, kind, selector));
        }
        let what = match selected.as_slice() {
            [one] => one.label(),
            _ => label(kind, None, selector),
        };
        // Only the owner can create a flow log for a shared resource.
        let own = selected.iter().find(|resource| resource.account.is_none());
        let create = own.map(|resource| format!("flowlogs create {} {}", kind.name(), resource.selector()));
        Ok(Selection { kind, what, create, is_named: true, scopes })
    }

    fn selected_interfaces(&self, selector: &str) -> Result<Selection, Error> {
        let is_selected = |member: &Member| interface(member).is_some_and(|id| matches_glob(selector, id));
        let ids = self.members.iter().filter_map(|member| interface(member).cloned());
        let own = self.logs.iter().filter(|log| matches_glob(selector, &log.resource)).map(|log| log.id.clone());
        let scope = self.scope(is_selected, own.collect());
        let Some(first) = scope.members.first() else {
            return Err(Error::NoMatch { kind: "eni", selector: selector.into(), known: ids.collect() });
        };
        let is_own = |id: &&String| !self.inventory.subnets.iter().any(|one| one.id == **id && one.account.is_some());
        let create = first.subnet.as_ref().filter(is_own).map(|subnet| format!("flowlogs create subnet {subnet}"));
        let what = label(TargetKind::Eni, None, selector);
        Ok(Selection { kind: TargetKind::Eni, what, create, is_named: true, scopes: vec![scope] })
    }

    /// Every resource of a kind.
    fn every_scope(&self, kind: TargetKind) -> Vec<Scope> {
        let resources = self.inventory.resources(kind);
        let mut scopes: Vec<Scope> = resources.iter().map(|resource| self.scope_of(resource, None)).collect();
        let is_listed = |own: &FlowLog| resources.iter().any(|resource| own.is_of(resource));
        let is_known = |id: &str| resources.iter().any(|resource| resource.id == id);
        scopes.extend(self.scopes_without_resource(kind, |own| !is_listed(own), |id| !is_known(id)));
        scopes
    }

    /// Resources that are no longer listed, or that another account owns, but that have flow logs.
    fn scopes_without_resource(
        &self,
        kind: TargetKind,
        is_meant: impl Fn(&FlowLog) -> bool,
        is_meant_id: impl Fn(&str) -> bool,
    ) -> Vec<Scope> {
        let own = self.own.iter().filter(|own| own.flow_log.kind == kind && is_meant(&own.flow_log));
        let mut scopes: Vec<Scope> = own
            .map(|own| {
                let logs: Vec<&Log> = self.logs.iter().filter(|log| own.ids.contains(&log.id)).collect();
                self.scope(|member| logs.iter().any(|log| member.is_in(&log.resource)), own.ids.clone())
            })
            .collect();
        if kind.covers_whole() || kind.is_of_transit_gateways() {
            let is_kind = |id: &str| TargetKind::of_id(id) == Some(kind);
            let is_one = |log: &&Log| is_kind(&log.resource) && is_meant_id(&log.resource);
            let ids: BTreeSet<&String> = self.logs.iter().filter(is_one).map(|log| &log.resource).collect();
            scopes.extend(ids.into_iter().map(|id| self.scope(|member| member.is_in(id), self.logs_on(id))));
        }
        scopes
    }

    fn scope_of(&self, resource: &Resource, selector: Option<&str>) -> Scope {
        let mut own = self.logs_on(&resource.id);
        let created = self.own.iter().filter(|own| own.flow_log.is_of(resource));
        own.extend(created.flat_map(|own| own.ids.iter().cloned()));
        if resource.kind.covers_whole() || resource.is_logged_itself {
            return self.scope(|member| member.is_in(&resource.id), own);
        }
        // Of instances that share a name, a selector may be the id of one.
        let one = selector.filter(|selector| !matches_glob(selector, &resource.id));
        let of_one = one.filter(|_| resource.kind == TargetKind::Instance);
        let of_one = of_one.map(|selector| self.inventory.instance_interfaces(selector));
        let ids: BTreeSet<&String> = resource.all_interfaces().collect();
        let is_meant = |id: &String| ids.contains(id) && of_one.as_ref().is_none_or(|of_one| of_one.contains(id));
        self.scope(|member| member.interface.as_ref().is_some_and(is_meant), own)
    }

    fn logs_on(&self, resource: &str) -> BTreeSet<String> {
        self.logs.iter().filter(|log| log.resource == resource).map(|log| log.id.clone()).collect()
    }

    fn scope(&self, is_meant: impl Fn(&Member) -> bool, own: BTreeSet<String>) -> Scope {
        Scope { members: self.members.iter().filter(|member| is_meant(member)).cloned().collect(), own }
    }

    /// The interfaces that a flow log records.
    pub(super) fn recorded_by(&self, log: &Log) -> BTreeSet<Member> {
        self.members.iter().filter(|member| member.is_in(&log.resource)).cloned().collect()
    }
}

/// The id of a member, if it is an interface.
fn interface(member: &Member) -> Option<&String> {
    member.interface.as_ref().filter(|_| member.kind == MemberKind::Interface)
}

/// The interfaces of an inventory, its regional NAT gateways, and its transit gateway attachments; if `has_gone`, also
/// the deleted ones of each subnet, VPC and transit gateway.
fn members(inventory: &Inventory, has_gone: bool) -> BTreeSet<Member> {
    let mut members = BTreeSet::new();
    let places = inventory.subnets.iter().map(|subnet| (&subnet.vpc, Some(&subnet.id)));
    let places = places.chain(inventory.vpcs.iter().map(|vpc| (&vpc.id, None)));
    let of_interfaces = inventory.interfaces.iter().map(|interface| (&interface.vpc, Some(&interface.subnet)));
    if has_gone {
        for (vpc, subnet) in places.chain(of_interfaces) {
            members.insert(Member { network: Some(vpc.clone()), ..Member::default() });
            members.insert(Member { network: Some(vpc.clone()), subnet: subnet.cloned(), ..Member::default() });
        }
        members.extend(inventory.transit_gateways.iter().map(|gateway| Member {
            kind: MemberKind::Attachment,
            network: Some(gateway.id.clone()),
            ..Member::default()
        }));
    }
    members.extend(inventory.interfaces.iter().map(|interface| Member {
        network: Some(interface.vpc.clone()),
        subnet: Some(interface.subnet.clone()),
        interface: Some(interface.id.clone()),
        ..Member::default()
    }));
    members.extend(inventory.nat_gateways.iter().filter(|gateway| gateway.regional).map(|gateway| Member {
        kind: MemberKind::NatGateway,
        network: Some(gateway.vpc.clone()),
        subnet: None,
        interface: Some(gateway.id.clone()),
    }));
    members.extend(inventory.transit_gateway_attachments.iter().map(|attachment| Member {
        kind: MemberKind::Attachment,
        network: Some(attachment.transit_gateway.clone()),
        subnet: None,
        interface: Some(attachment.id.clone()),
    }));
    members
}

/// The member for a flow log's resource that is not in the inventory; `None` if it is no resource of a network, or
/// could only stand for deleted interfaces and these do not count.
fn unlisted(resource: &str, has_gone: bool) -> Option<Member> {
    let (id, kind) = (Some(resource.to_string()), MemberKind::of_id(resource));
    let member = match resource.split_once('-')? {
        ("tgw", rest) if rest.starts_with("attach-") => Member { kind, interface: id, ..Member::default() },
        ("vpc" | "tgw", _) => Member { kind, network: id, ..Member::default() },
        ("subnet", _) => Member { kind, subnet: id, ..Member::default() },
        ("eni" | "nat", _) => Member { kind, interface: id, ..Member::default() },
        _ => return None,
    };
    (has_gone || member.interface.is_some()).then_some(member)
}

/// The coverage of a request, for the notes on it.
struct Covered<'a> {
    network: &'a Network<'a>,
    parts: &'a [Part],
    /// The interfaces in the parts.
    members: BTreeSet<&'a Member>,
    gaps: &'a [Gap],
    actions: &'a BTreeSet<Action>,
}

impl Covered<'_> {
    /// Notes on traffic that is not recorded; if none is recorded at all, that is an error.
    fn notes(&self, selection: &Selection) -> Result<Vec<String>, Error> {
        let members: BTreeSet<&Member> = selection.scopes.iter().flat_map(|scope| &scope.members).collect();
        let is_elsewhere = |part: &&Part| !matches!(self.log(part).destination, Destination::LogGroup(_));
        let of_members = |part: &&Part| part.members.iter().any(|member| members.contains(member));
        let parts: Vec<&Part> = self.parts.iter().filter(of_members).collect();
        let elsewhere = self.elsewhere(parts.iter().copied().filter(|part| is_elsewhere(part)));
        if parts.iter().all(is_elsewhere) {
            return Err(Self::nothing(selection, elsewhere));
        }
        let mut notes = Vec::new();
        if !elsewhere.is_empty() {
            notes.push(format!(
                "some records of {} are not in a log group and not in the answer: {}",
                selection.what,
                elsewhere.join(", ")
            ));
        }
        notes.extend(self.note_of_uncovered(selection, &members));
        notes.extend(self.note_of_half(selection, &members));
        Ok(notes)
    }

    fn log(&self, part: &Part) -> &Log {
        &self.network.logs[part.log]
    }

    /// The flow logs that do not deliver to a log group.
    fn elsewhere<'p>(&self, parts: impl Iterator<Item = &'p Part>) -> Vec<String> {
        let name = |part: &Part| match &self.log(part).destination {
            Destination::LogGroup(name) => name.clone(),
            Destination::S3(place) => format!("{} delivers to S3 ({place})", self.log(part).id),
            Destination::Firehose(stream) => format!("{} delivers to Firehose ({stream})", self.log(part).id),
        };
        parts.map(name).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn nothing(selection: &Selection, elsewhere: Vec<String>) -> Error {
        let Selection { kind, what, create, is_named, .. } = selection;
        if !elsewhere.is_empty() {
            return Error::Elsewhere { what: what.clone(), places: elsewhere, create: create.clone() };
        }
        if *is_named {
            return Error::NoFlowLog { what: what.clone(), create: create.clone() };
        }
        Error::NoFlowLogs { kind: *kind }
    }

    /// A note on named interfaces that no flow log records.
    fn note_of_uncovered(&self, selection: &Selection, members: &BTreeSet<&Member>) -> Option<String> {
        let uncovered: Vec<String> = members
            .iter()
            .filter(|member| selection.is_named && !self.members.contains(*member))
            .filter_map(|member| member.interface.clone())
            .collect();
        if uncovered.is_empty() {
            return None;
        }
        let is_own = |id: &String| {
            let interfaces = &self.network.inventory.interfaces;
            !interfaces.iter().any(|interface| interface.id == *id && interface.account.is_some())
        };
        let create =
            selection.create.as_ref().filter(|_| selection.kind.covers_whole() || uncovered.iter().any(is_own));
        let create = create.map(|create| format!("; `{create}` records them from now on")).unwrap_or_default();
        Some(format!("no flow log records {} of {}{create}", few(&uncovered), selection.what))
    }

    /// A note on interfaces of which only the accepted or only the rejected traffic is recorded.
    fn note_of_half(&self, selection: &Selection, members: &BTreeSet<&Member>) -> Option<String> {
        let halves = [(Action::Accept, "accepted"), (Action::Reject, "rejected")];
        let [accepted, rejected] = halves.map(|(action, word)| {
            let is_of = |part: &&Part| part.actions.contains(&action);
            let of_action = || self.parts.iter().filter(is_of).flat_map(|part| &part.members);
            (word, of_action().filter(|member| members.contains(member)).collect::<BTreeSet<&Member>>())
        });
        let has_both = self.actions.contains(&Action::Accept) && self.actions.contains(&Action::Reject);
        for ((lacking, of_lacking), (word, of_other)) in [(&accepted, &rejected), (&rejected, &accepted)] {
            let half: Vec<&Member> = of_other.difference(of_lacking).copied().collect();
            let lacks = self.gaps.iter().any(|gap| half.contains(&&gap.member));
            if has_both && lacks {
                let ids: Vec<String> = half.iter().filter_map(|member| member.interface.clone()).collect();
                let of = if ids.is_empty() { selection.what.clone() } else { few(&ids) };
                return Some(format!(
                    "no flow log records the {lacking} traffic of {of}: the answer has their {word} traffic only"
                ));
            }
        }
        None
    }
}

/// The actions that the records of a plan may have.
pub(super) fn actions_of(plan: &Plan) -> BTreeSet<Action> {
    let mut actions: BTreeSet<Action> = Action::ALL.into();
    if plan.selection.statuses == (Statuses::Traffic { nodata: false, skipdata: false }) {
        actions.remove(&Action::Unknown);
    }
    let all = actions.clone();
    keep_tested(&plan.selection.means, &mut actions);
    if actions.is_empty() { all } else { actions }
}

/// Removes the actions that a filter excludes.
fn keep_tested(filter: &Filter, actions: &mut BTreeSet<Action>) {
    match filter {
        Filter::All(parts) => parts.iter().for_each(|part| keep_tested(part, actions)),
        Filter::Test(Source::Field(Field::Action), Check::Text { words, negated }) => {
            let is_said = |word: &str| words.iter().any(|said| said.eq_ignore_ascii_case(word));
            actions.retain(|action| action.word().is_some_and(|word| is_said(word) != *negated));
        }
        _ => {}
    }
}

/// Returns whether resources of a kind are resolved by today's inventory only.
#[cfg(feature = "aws")]
pub(super) const fn is_of_today(kind: TargetKind) -> bool {
    matches!(kind, TargetKind::SecurityGroup | TargetKind::NatGateway | TargetKind::Endpoint)
}
