//! Resolves targets to log groups, by the flow logs that deliver to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types as ec2;

use super::super::connection::Aws;
use super::super::error::Error;
use super::super::flow_logs::{self, Resources};
use super::asked::LogSource;
use super::narrow::{self, Instance, Narrowing, narrowing};
use crate::account::coverage::{Action, Destination, Log};
use crate::account::inventory::Inventory;
use crate::account::member::{Member, MemberKind};
use crate::account::select::Error as SelectError;
use crate::account::traffic::{Network, Own, Request, actions_of, is_of_today};
use crate::field::Field;
use crate::kind::TargetKind;
use crate::query::glob::matches_glob;
use crate::query::plan::{Condition, Plan, Target};
use crate::query::window::Interval;
use crate::value::EpochSeconds;

/// The log groups that answer a plan, and notes.
pub(super) struct Sources {
    pub(super) sources: Vec<LogSource>,
    /// Notes on records that are missing from the answer, or counted twice.
    pub(super) notes: Vec<String>,
}

/// Finds the log groups that answer a plan: those that it names, and those with the traffic of its other targets.
pub(super) async fn sources(aws: &Aws, plan: &Plan, window: Interval) -> Result<Sources, Error> {
    let (named, targets): (Vec<Target>, Vec<Target>) =
        plan.targets.iter().cloned().partition(|target| target.kind == TargetKind::Group);
    let clients = aws.clients().await?;
    let mut all = flow_logs::all(clients).await?;
    // Several flow logs may be created in one second.
    all.sort_by_key(|flow_log| flow_log.creation_time().map(DateTime::as_nanos));
    let groups = Groups::new(&all);
    let mut found = groups.named(&named, window)?;
    if targets.is_empty() {
        return Ok(found);
    }
    // An account without flow logs fails before its network is read: `--region all` has many such Regions.
    if let Some(target) = targets.first().filter(|target| all.is_empty() && target.selectors.is_empty()) {
        return Err(SelectError::NoFlowLogs { kind: target.kind }.into());
    }
    let traffic = groups.traffic(&*aws.network().await?, &targets, plan, window)?;
    // A log group that the plan names is already included as a whole.
    let is_new = |source: &LogSource| !found.sources.iter().any(|known| known.group == source.group);
    let new: Vec<LogSource> = traffic.sources.into_iter().filter(is_new).collect();
    found.sources.extend(new);
    found.notes.extend(traffic.notes);
    Ok(found)
}

/// Every flow log, by the log group that it delivers to.
struct Groups<'a> {
    all: &'a [ec2::FlowLog],
    by_group: BTreeMap<String, Vec<&'a ec2::FlowLog>>,
}

impl<'a> Groups<'a> {
    fn new(all: &'a [ec2::FlowLog]) -> Self {
        let mut by_group: BTreeMap<String, Vec<&ec2::FlowLog>> = BTreeMap::new();
        for flow_log in all {
            if let Destination::LogGroup(group) = flow_logs::destination(flow_log) {
                by_group.entry(group).or_default().push(flow_log);
            }
        }
        Self { all, by_group }
    }

    /// The log groups that targets name, with all their records.
    fn named(&self, targets: &[Target], window: Interval) -> Result<Sources, Error> {
        let mut groups: BTreeSet<&String> = BTreeSet::new();
        for target in targets {
            groups.extend(self.of_target(target)?);
        }
        let mut notes = Vec::new();
        for group in &groups {
            let writers: Vec<Log> = self.by_group[*group].iter().map(|flow_log| of(flow_log)).collect();
            notes.extend(note_of_twice(group, &writers, writers.iter().map(|log| vec![&log.resource])));
        }
        let sources = groups.into_iter().map(|group| self.source(group, None, window)).collect();
        Ok(Sources { sources, notes })
    }

    fn of_target(&self, target: &Target) -> Result<Vec<&String>, Error> {
        let known = || self.by_group.keys().cloned().collect();
        if target.selectors.is_empty() {
            let is_ours = |logs: &[&ec2::FlowLog]| logs.iter().any(|log| flow_logs::is_ours(log));
            let ours: Vec<&String> =
                self.by_group.iter().filter(|(_, logs)| is_ours(logs)).map(|(group, _)| group).collect();
            return if ours.is_empty() { Err(SelectError::NoFlowLogs { kind: target.kind }.into()) } else { Ok(ours) };
        }
        let mut groups = Vec::new();
        for selector in &target.selectors {
            let selected: Vec<&String> = self.by_group.keys().filter(|group| matches_glob(selector, group)).collect();
            if selected.is_empty() {
                return Err(SelectError::NoMatch { kind: "group", selector: selector.into(), known: known() }.into());
            }
            groups.extend(selected);
        }
        Ok(groups)
    }

    /// The log groups with the traffic of resources.
    fn traffic(
        &self,
        inventory: &Inventory,
        targets: &[Target],
        plan: &Plan,
        window: Interval,
    ) -> Result<Sources, Error> {
        let logs: Vec<Log> = self.all.iter().map(of).collect();
        let network = Network::new(inventory, logs, self.own(inventory), true);
        let actions = actions_of(plan);
        let traffic = network.traffic(&Request { targets, actions: actions.clone(), window, reaches_back: true })?;
        let mut meant: BTreeMap<(&String, EpochSeconds, EpochSeconds), BTreeMap<Member, BTreeSet<Action>>> =
            BTreeMap::new();
        for part in &traffic.parts {
            let Destination::LogGroup(group) = &network.logs[part.log].destination else { continue };
            let members = meant.entry((group, part.interval.from, part.interval.until)).or_default();
            for member in &part.members {
                members.entry(member.clone()).or_default().extend(&part.actions);
            }
        }
        let instances = if targets.iter().any(|target| target.kind == TargetKind::Instance) {
            instances(inventory, &network.members)
        } else {
            Vec::new()
        };
        let mut found = Narrowed {
            groups: self,
            network: &network,
            instances,
            actions,
            sources: Vec::new(),
            notes: traffic.notes,
            left_out: Vec::new(),
            lacking: None,
        };
        for ((group, from, until), members) in meant {
            found.add(group, Interval { from, until }, members);
        }
        found.finish(targets)
    }

    /// The flow logs of this tool and the Go tool.
    fn own(&self, inventory: &Inventory) -> Vec<Own> {
        let ours = self.all.iter().filter(|flow_log| flow_logs::is_ours(flow_log)).cloned().collect();
        let resources = Resources::new(inventory);
        let grouped = flow_logs::grouped(ours).into_iter();
        grouped
            .map(|group| Own { flow_log: group.describe(&resources, &[]), ids: group.ids().into_iter().collect() })
            .collect()
    }

    /// The records of a log group in an interval.
    fn source(&self, group: &str, condition: Option<Condition>, interval: Interval) -> LogSource {
        let logs = self.by_group.get(group).map(Vec::as_slice).unwrap_or_default();
        let created = || logs.iter().map(|log| flow_logs::created(log));
        LogSource {
            group: group.to_string(),
            flow_logs: logs.iter().filter_map(|log| log.flow_log_id()).map(Into::into).collect(),
            formats: logs.iter().map(|log| flow_logs::format(log)).collect(),
            interfaces: BTreeSet::new(),
            condition,
            interval,
            created: created().min().unwrap_or_default(),
            since: created().max().unwrap_or_default(),
            trouble: logs.iter().find_map(|log| flow_logs::trouble(log)),
        }
    }
}

/// Log groups, narrowed to the selected interfaces and actions.
struct Narrowed<'a> {
    groups: &'a Groups<'a>,
    network: &'a Network<'a>,
    instances: Vec<Instance>,
    /// The actions that the plan selects.
    actions: BTreeSet<Action>,
    sources: Vec<LogSource>,
    notes: Vec<String>,
    /// The ids of flow logs whose records cannot be narrowed.
    left_out: Vec<String>,
    /// The field that they lack.
    lacking: Option<&'static str>,
}

impl Narrowed<'_> {
    /// Adds the records of a log group in an interval: for each interface those of some actions.
    fn add(&mut self, group: &str, interval: Interval, members: BTreeMap<Member, BTreeSet<Action>>) {
        let is_writer = |log: &&Log| matches!(&log.destination, Destination::LogGroup(name) if name == group);
        let writers: Vec<Log> = self.network.logs.iter().filter(is_writer).cloned().collect();
        let written: BTreeSet<Member> = writers.iter().flat_map(|log| self.network.recorded_by(log)).collect();
        let of_writers = writers.iter().flat_map(|log| &log.actions);
        let written_actions = of_writers.filter(|action| self.actions.contains(action)).copied().collect();
        let mut by_actions: BTreeMap<BTreeSet<Action>, BTreeSet<Member>> = BTreeMap::new();
        for (member, actions) in members {
            by_actions.entry(actions).or_default().insert(member);
        }
        for (actions, meant) in by_actions {
            let interfaces = meant.iter().map(|member| member.resources().collect());
            self.note(note_of_twice(group, &writers, interfaces));
            let of_actions = narrow::of_actions(&written_actions, &actions);
            let Some(conditions) = self.conditions(group, &writers, &written, &meant) else { continue };
            let interfaces: BTreeSet<String> = meant.into_iter().filter_map(|member| member.interface).collect();
            for condition in conditions {
                let mut tests: Vec<Condition> = of_actions.iter().cloned().chain(condition).collect();
                let condition = if tests.len() > 1 { Some(Condition::All(tests)) } else { tests.pop() };
                let source = self.groups.source(group, condition, interval);
                self.sources.push(LogSource { interfaces: interfaces.clone(), ..source });
            }
        }
    }

    /// The conditions that select the records of interfaces, one for each query; `None` stands for every record. If no
    /// field can select the interfaces, the log group is left out.
    fn conditions(
        &mut self,
        group: &str,
        writers: &[Log],
        written: &BTreeSet<Member>,
        meant: &BTreeSet<Member>,
    ) -> Option<Vec<Option<Condition>>> {
        let has = |field| self.groups.by_group[group].iter().all(|log| flow_logs::has_field(log, field));
        match narrowing(written, meant, &self.instances, has) {
            Narrowing::Whole => Some(vec![None]),
            Narrowing::Impossible { lacking } => {
                self.left_out.extend(writers.iter().map(|log| log.id.clone()));
                let lacking = lacking.name();
                self.note(Some(format!(
                    "{group} is left out: its records do not have the field `{lacking}`, which tells those of other \
                     interfaces apart"
                )));
                self.lacking = Some(lacking);
                None
            }
            Narrowing::Some { conditions, is_of_today } => {
                self.note(is_of_today.then(|| {
                    format!(
                        "the records in {group} do not have the fields `vpc` and `subnet`: those of interfaces that \
                         are gone may be left out"
                    )
                }));
                Some(conditions.into_iter().map(Some).collect())
            }
        }
    }

    fn note(&mut self, note: Option<String>) {
        self.notes.extend(note.filter(|note| !self.notes.contains(note)));
    }

    fn finish(mut self, targets: &[Target]) -> Result<Sources, Error> {
        if let Some(lacking) = self.lacking.filter(|_| self.sources.is_empty()) {
            return Err(Error::FieldMissing { missing: format!("`{lacking}`"), flow_logs: self.left_out });
        }
        let is_narrowed = self.sources.iter().any(|source| source.condition.is_some());
        if let Some(target) = targets.iter().find(|target| is_narrowed && is_of_today(target.kind)) {
            let kind = target.kind.name();
            self.notes.push(format!(
                "the interfaces of `{kind}` are those of today: records of interfaces that are gone may be left out"
            ));
        }
        Ok(Sources { sources: self.sources, notes: self.notes })
    }
}

/// Converts a flow log for the choice of coverage.
fn of(flow_log: &ec2::FlowLog) -> Log {
    let mut actions: BTreeSet<Action> = Action::ALL.into();
    match flow_log.traffic_type() {
        Some(ec2::TrafficType::Accept) => drop(actions.remove(&Action::Reject)),
        Some(ec2::TrafficType::Reject) => drop(actions.remove(&Action::Accept)),
        _ => {}
    }
    let resource = flow_log.resource_id().unwrap_or_default();
    Log {
        id: flow_log.flow_log_id().unwrap_or_default().to_string(),
        resource: resource.to_string(),
        created: flow_logs::created(flow_log),
        deleted: None,
        actions,
        has_interface: flow_logs::has_field(flow_log, MemberKind::of_id(resource).field()),
        has_action: flow_logs::has_field(flow_log, Field::Action),
        destination: flow_logs::destination(flow_log),
    }
}

/// Each instance, and its interfaces.
fn instances(inventory: &Inventory, members: &BTreeSet<Member>) -> Vec<Instance> {
    let owned = inventory.interfaces.iter().filter_map(|interface| Some((&interface.id, interface.owner.as_ref()?)));
    let owners: HashMap<&String, &String> = owned.collect();
    let mut by_instance: BTreeMap<&String, BTreeSet<Member>> = BTreeMap::new();
    for member in members {
        if let Some(owner) = member.interface.as_ref().and_then(|interface| owners.get(interface)) {
            by_instance.entry(owner).or_default().insert(member.clone());
        }
    }
    let is_instance = |(owner, _): &(&String, _)| owner.starts_with("i-");
    let instance = |(id, members): (&String, BTreeSet<Member>)| Instance { id: id.clone(), members };
    by_instance.into_iter().filter(is_instance).map(instance).collect()
}

/// A note on two flow logs that write records of one interface into one log group, where they cannot be told apart.
/// Each interface is given as the resources that may have a flow log for it.
fn note_of_twice<'m>(
    group: &str,
    writers: &[Log],
    interfaces: impl IntoIterator<Item = Vec<&'m String>>,
) -> Option<String> {
    let mut by_resource: HashMap<&String, Vec<&Log>> = HashMap::new();
    for log in writers {
        by_resource.entry(&log.resource).or_default().push(log);
    }
    interfaces.into_iter().find_map(|resources| {
        let logs: Vec<&Log> = resources.into_iter().filter_map(|id| by_resource.get(id)).flatten().copied().collect();
        let pairs =
            logs.iter().enumerate().flat_map(|(place, one)| logs[place + 1..].iter().map(move |other| (one, other)));
        let is_same = |one: &Log, other: &Log| {
            [Action::Accept, Action::Reject]
                .iter()
                .any(|action| one.actions.contains(action) && other.actions.contains(action))
        };
        let (one, other) =
            pairs.filter(|(one, other)| is_same(one, other)).map(|(one, other)| (&one.id, &other.id)).next()?;
        Some(format!(
            "{one} and {other} write records of the same interfaces into {group}: the answer may count them twice"
        ))
    })
}
