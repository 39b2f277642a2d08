//! The embedded account: a folder with `inventory.json`, `flow-logs.json` and records under `records/`.
//!
//! The records are all traffic of the network. A flow log is a view of them: the records of the interfaces that it
//! covers, since its creation. So every plan runs over the same files, with its targets as a filter.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::demo::{make_slots, network};
use super::slot::{SLOT_S, slot_of};
use super::state::{Entry, Error as EmbeddedError, State};
use crate::account::answering::Answering;
use crate::account::coverage::{Action, Destination, Log};
use crate::account::error::Error;
use crate::account::flow_log::{AnyFlowLog, FlowLog};
use crate::account::inventory::Inventory;
use crate::account::member::{Member, MemberKind};
use crate::account::resource::Resource;
use crate::account::select::Error as SelectError;
use crate::account::traffic::{Network, Own, Request, actions_of};
use crate::engine;
use crate::field::Field;
use crate::kind::TargetKind;
use crate::query::glob::matches_glob;
use crate::query::plan::{Check, Condition, Order, Plan, Source, Target};
use crate::query::window::Interval;
use crate::value::EpochSeconds;

/// An open embedded account.
pub struct Embedded {
    pub(super) folder: PathBuf,
    pub(super) inventory: Inventory,
    pub(super) state: State,
    pub(super) options: engine::Options,
    /// The second up to which there are records; `None` if this is no demo account.
    demo_until: Option<Mutex<EpochSeconds>>,
}

impl Embedded {
    /// Returns whether a folder is an embedded account.
    #[must_use]
    pub fn is_one(folder: &Path) -> bool {
        folder.join("inventory.json").is_file()
    }

    /// Opens the account of `folder`; `options` say how its records are read.
    ///
    /// # Errors
    ///
    /// [`Error::Inventory`], [`Error::Embedded`].
    pub fn open(folder: &Path, options: engine::Options) -> Result<Self, Error> {
        let inventory = Inventory::read(&folder.join("inventory.json"))?;
        let state = State::new(folder);
        state.read()?;
        let records = folder.join("records").display().to_string();
        let options = engine::Options { paths: vec![records], ..options };
        let demo_until = (inventory == network()).then(Mutex::default);
        Ok(Self { folder: folder.to_path_buf(), inventory, state, options, demo_until })
    }

    /// Adds the records of a demo account up to now.
    pub(super) fn go_on(&self) -> Result<(), EmbeddedError> {
        let Some(until) = &self.demo_until else { return Ok(()) };
        let mut until = until.lock().unwrap_or_else(PoisonError::into_inner);
        let now = jiff::Timestamp::now().as_second();
        if now > *until {
            make_slots(&self.folder, &self.inventory, now)?;
            *until = now;
        }
        Ok(())
    }

    fn resource_of(&self, entry: &Entry) -> Option<Resource> {
        let kind = TargetKind::named(&entry.kind)?;
        self.inventory.resources(kind).into_iter().find(|resource| entry.is_of(resource))
    }

    /// The interfaces that a flow log covers now. That of a VPC or subnet covers new ones without being extended.
    fn covered(&self, entry: &Entry) -> Vec<String> {
        if !entry.interfaces.is_empty() {
            return entry.interfaces.clone();
        }
        self.resource_of(entry).map(|resource| resource.interfaces).unwrap_or_default()
    }

    fn flow_log(&self, entry: &Entry, stored_bytes: u64) -> FlowLog {
        let resource = self.resource_of(entry);
        FlowLog {
            id: entry.id.clone(),
            kind: TargetKind::named(&entry.kind).unwrap_or(TargetKind::All),
            resource: entry.resource.clone(),
            name: resource.as_ref().and_then(|resource| resource.name.clone()),
            vpc: resource.as_ref().filter(|one| !one.namesakes.is_empty()).map(|one| one.vpc.clone()),
            log_group: entry.log_group.clone(),
            covered: self.covered(entry),
            interfaces: resource.map_or(0, |resource| resource.interfaces.len()),
            created: entry.created,
            retention_days: entry.retention_days,
            stored_bytes,
            status: "SUCCESS".into(),
            expiry: entry.expiry,
            place: None,
        }
    }

    /// Every flow log, by kind and resource.
    pub(super) fn listed(&self) -> Result<Vec<FlowLog>, EmbeddedError> {
        let entries = self.state.read()?;
        let all = self.inventory.interfaces.len().max(1) as u64;
        let stored = self.stored_bytes();
        let share = |entry: &Entry| stored * self.covered(entry).len() as u64 / all;
        let mut flow_logs: Vec<FlowLog> = entries.iter().map(|entry| self.flow_log(entry, share(entry))).collect();
        FlowLog::sort(&mut flow_logs);
        Ok(flow_logs)
    }

    /// The bytes under `records/`, shared among the flow logs by the number of their interfaces.
    fn stored_bytes(&self) -> u64 {
        let files = std::fs::read_dir(self.folder.join("records")).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).filter(std::fs::Metadata::is_file).map(|data| data.len()).sum()
    }

    /// The files that may have records of an interval: the slots that overlap it, and all other files.
    pub(super) fn record_files(&self, interval: Option<Interval>) -> Result<Vec<String>, EmbeddedError> {
        let folder = self.folder.join("records");
        let io = |source| EmbeddedError::Io { action: "read", file: folder.clone(), source };
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .map_err(io)?
            .collect::<Result<Vec<_>, _>>()
            .map_err(io)?
            .iter()
            .map(std::fs::DirEntry::path)
            .collect();
        files.sort();
        let meets = |file: &PathBuf| match (slot_of(file), interval) {
            (Some(slot), Some(interval)) => slot <= interval.until && slot + SLOT_S > interval.from,
            _ => true,
        };
        // If no slot overlaps it, one file is kept for its format, so that an unknown field is still an error.
        let last = files.last().cloned();
        let mut kept: Vec<PathBuf> = files.into_iter().filter(meets).collect();
        if kept.is_empty() {
            kept.extend(last);
        }
        Ok(kept.iter().map(|file| file.display().to_string()).collect())
    }

    /// Every flow log, in the form for those of any tool.
    pub(super) fn any_listed(&self) -> Result<Vec<AnyFlowLog>, EmbeddedError> {
        let any = |flow_log: FlowLog| AnyFlowLog {
            usd_a_month: None,
            id: flow_log.id,
            kind: Some(flow_log.kind),
            resource: flow_log.resource,
            traffic: "ALL".into(),
            destination_type: "log group",
            destination: flow_log.log_group,
            format: String::new(),
            is_ours: true,
            created: flow_log.created,
            status: flow_log.status,
            place: None,
        };
        Ok(self.listed()?.into_iter().map(any).collect())
    }

    /// The records that answer a plan, by its targets and the flow logs.
    pub(super) fn recorded(&self, plan: &Plan, interval: Option<Interval>) -> Result<Recorded, Error> {
        let entries = self.state.read()?;
        let (groups, targets): (Vec<Target>, Vec<Target>) =
            plan.targets.iter().cloned().partition(|target| target.kind == TargetKind::Group);
        let logs = entries.iter().flat_map(logs_of).collect();
        let own = |entry: &Entry| Own { flow_log: self.flow_log(entry, 0), ids: [entry.id.clone()].into() };
        let network = Network::new(&self.inventory, logs, entries.iter().map(own).collect(), false);
        let window = interval.unwrap_or(Interval { from: 0, until: EpochSeconds::MAX });
        let request = Request { targets: &targets, actions: actions_of(plan), window, reaches_back: false };
        let traffic = network.traffic(&request)?;
        let mut views: BTreeMap<View, BTreeSet<String>> = BTreeMap::new();
        let mut add = |id: &String, interval: Interval, members: BTreeSet<Member>| {
            let interfaces = members.into_iter().filter_map(|member| member.interface);
            views.entry((id.clone(), interval.from, interval.until)).or_default().extend(interfaces);
        };
        for part in traffic.parts {
            add(&network.logs[part.log].id, part.interval, part.members);
        }
        for entry in of_log_groups(&groups, &entries)? {
            let from = entry.records_from.max(window.from);
            let members = logs_of(entry).flat_map(|log| network.recorded_by(&log)).collect();
            add(&entry.id, Interval { from, ..window }, members);
        }
        let answering = views.into_iter().filter_map(|((id, from, until), interfaces)| {
            let entry = entries.iter().find(|entry| entry.id == id)?;
            let is_empty = from > until || interfaces.is_empty();
            (!is_empty).then(|| answering(entry, interfaces, Interval { from, until }))
        });
        Ok(Recorded { answering: answering.collect(), notes: traffic.notes, window })
    }
}

/// A flow log's id, and the first and last second that it answers for.
type View = (String, EpochSeconds, EpochSeconds);

/// Records that answer a plan, and notes on what is left out.
pub(super) struct Recorded {
    pub(super) answering: Vec<Answering>,
    pub(super) notes: Vec<String>,
    window: Interval,
}

impl Recorded {
    /// The second in which the first of the flow logs began to record, if it is after the start of the window.
    pub(super) fn from(&self) -> Option<EpochSeconds> {
        let first = self.answering.iter().map(|one| one.interval.from).min();
        first.filter(|from| *from > self.window.from)
    }

    /// The condition that selects the records.
    pub(super) fn condition(&self) -> Condition {
        let mut views: BTreeMap<(EpochSeconds, EpochSeconds), BTreeSet<String>> = BTreeMap::new();
        for Answering { interval, interfaces, .. } in &self.answering {
            views.entry((interval.from, interval.until)).or_default().extend(interfaces.iter().cloned());
        }
        let view = |((from, until), interfaces): (_, BTreeSet<String>)| {
            let time = |order, value| Condition::Test(Source::Field(Field::Time), Check::Compare { order, value });
            let since = (from > self.window.from).then(|| time(Order::AtLeast, from));
            let to = (until < self.window.until).then(|| time(Order::AtMost, until));
            let tests = [Some(of_interfaces(interfaces)), since, to];
            Condition::All(tests.into_iter().flatten().collect())
        };
        let mut conditions: Vec<Condition> = views.into_iter().map(view).collect();
        if conditions.len() == 1 { conditions.remove(0) } else { Condition::Any(conditions) }
    }
}

/// The records with which a flow log answers.
fn answering(entry: &Entry, interfaces: BTreeSet<String>, interval: Interval) -> Answering {
    Answering {
        log_group: entry.log_group.clone(),
        flow_logs: vec![entry.id.clone()],
        interfaces: interfaces.iter().cloned().collect(),
        condition: Some(of_interfaces(interfaces)),
        interval,
        since: entry.created,
        place: None,
    }
}

fn of_interfaces(interfaces: BTreeSet<String>) -> Condition {
    let mut by_kind: BTreeMap<MemberKind, Vec<String>> = BTreeMap::new();
    for id in interfaces {
        by_kind.entry(MemberKind::of_id(&id)).or_default().push(id);
    }
    let kinds = if by_kind.is_empty() { BTreeMap::from([(MemberKind::Interface, Vec::new())]) } else { by_kind };
    Condition::any(kinds.into_iter().map(|(kind, ids)| Condition::one_of(kind.field(), ids)).collect())
}

/// The flow logs whose log groups the targets name.
fn of_log_groups<'e>(targets: &[Target], entries: &'e [Entry]) -> Result<Vec<&'e Entry>, SelectError> {
    let mut selected = Vec::new();
    for target in targets {
        if target.selectors.is_empty() {
            selected.extend(entries);
        }
        for selector in &target.selectors {
            let before = selected.len();
            selected.extend(entries.iter().filter(|entry| matches_glob(selector, &entry.log_group)));
            if selected.len() == before {
                let known = entries.iter().map(|entry| entry.log_group.clone()).collect();
                return Err(SelectError::NoMatch { kind: "group", selector: selector.clone(), known });
            }
        }
        if selected.is_empty() {
            return Err(SelectError::NoFlowLogs { kind: target.kind });
        }
    }
    Ok(selected)
}

/// The parts of a flow log for the choice of coverage: one for each interface, or one for the VPC or subnet.
fn logs_of(entry: &Entry) -> impl Iterator<Item = Log> {
    let whole = entry.interfaces.is_empty().then_some(&entry.resource);
    entry.interfaces.iter().chain(whole).map(|resource| Log {
        id: entry.id.clone(),
        resource: resource.clone(),
        created: entry.records_from,
        deleted: None,
        actions: Action::ALL.into(),
        has_interface: true,
        has_action: true,
        destination: Destination::LogGroup(entry.log_group.clone()),
    })
}
