//! The embedded account: a folder with `inventory.json`, `flow-logs.json` and records under `records/`.
//!
//! The records are all traffic of the network; a flow log is a view of them: the records of the interfaces that it
//! covers, from its creation on. So a plan runs over the same files whatever its targets are, with the targets as a
//! filter.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::demo::{make_slots, network};
use super::slot::{SLOT_S, slot_of};
use super::state::{Entry, Error as EmbeddedError, State};
use crate::account::error::Error;
use crate::account::flow_log::FlowLog;
use crate::account::inventory::Inventory;
use crate::account::resource::Resource;
use crate::account::select::{Error as SelectError, not_recorded};
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
    /// The second up to which there are records; `None` for an account that is not a demo account.
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

    /// Extends the records of a demo account up to now.
    pub(super) fn go_on(&self) -> Result<(), EmbeddedError> {
        let Some(until) = &self.demo_until else { return Ok(()) };
        let mut until = until.lock().unwrap_or_else(PoisonError::into_inner);
        let now = jiff::Timestamp::now().as_second();
        if now > *until {
            make_slots(&self.folder.join("records"), &self.inventory, now)?;
            *until = now;
        }
        Ok(())
    }

    fn resource_of(&self, entry: &Entry) -> Option<Resource> {
        let kind = TargetKind::named(&entry.kind)?;
        self.inventory.resources(kind).into_iter().find(|resource| resource.id == entry.resource)
    }

    /// The interfaces that a flow log covers now. The flow log of a VPC or subnet covers new interfaces by itself.
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
            log_group: entry.log_group.clone(),
            covered: self.covered(entry),
            interfaces: resource.map_or(0, |resource| resource.interfaces.len()),
            created: entry.created,
            retention_days: entry.retention_days,
            stored_bytes,
            status: "SUCCESS".into(),
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

    /// The bytes under `records/`, divided among the flow logs by the interfaces that they cover.
    fn stored_bytes(&self) -> u64 {
        let files = std::fs::read_dir(self.folder.join("records")).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).filter(std::fs::Metadata::is_file).map(|data| data.len()).sum()
    }

    /// The files that may hold records of an interval: the slots that overlap it, and all other files.
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
        // If no slot overlaps it, one file still tells the format, so that a wrong field is an error.
        let last = files.last().cloned();
        let mut kept: Vec<PathBuf> = files.into_iter().filter(meets).collect();
        if kept.is_empty() {
            kept.extend(last);
        }
        Ok(kept.iter().map(|file| file.display().to_string()).collect())
    }

    /// The condition that selects the records of the plan's targets.
    pub(super) fn recorded(&self, plan: &Plan) -> Result<Condition, Error> {
        let entries = self.state.read()?;
        let mut views = Vec::new();
        for target in &plan.targets {
            views.extend(self.views(target, &entries)?);
        }
        let mut conditions: Vec<Condition> = views.into_iter().map(view_condition).collect();
        conditions.dedup();
        Ok(if conditions.len() == 1 { conditions.remove(0) } else { Condition::Any(conditions) })
    }

    fn views(&self, target: &Target, entries: &[Entry]) -> Result<Vec<View>, SelectError> {
        let of_kind: Vec<&Entry> = match target.kind {
            TargetKind::All | TargetKind::Group | TargetKind::Eni => entries.iter().collect(),
            kind => entries.iter().filter(|entry| entry.kind == kind.name()).collect(),
        };
        if of_kind.is_empty() && target.selectors.is_empty() {
            return Err(SelectError::NoFlowLogs { kind: target.kind });
        }
        if target.kind == TargetKind::Eni {
            return self.interface_views(target, &of_kind);
        }
        if target.selectors.is_empty() {
            return Ok(of_kind.into_iter().map(|entry| self.view(entry)).collect());
        }
        let mut views = Vec::new();
        for selector in &target.selectors {
            let selected = of_kind.iter().filter(|entry| self.flow_log(entry, 0).is_selected(selector));
            let before = views.len();
            views.extend(selected.map(|entry| self.view(entry)));
            if views.len() == before && target.kind == TargetKind::Instance {
                views.extend(self.views_of(&self.inventory.instance_interfaces(selector), &of_kind));
            }
            if views.len() == before {
                let groups = entries.iter().map(|entry| entry.log_group.clone()).collect();
                return Err(not_recorded(&self.inventory, target.kind, selector, groups));
            }
        }
        Ok(views)
    }

    /// The views that flow logs have of these interfaces.
    fn views_of(&self, interfaces: &[String], entries: &[&Entry]) -> Vec<View> {
        let views = entries.iter().map(|entry| self.view(entry));
        views
            .map(|mut view| {
                view.interfaces.retain(|id| interfaces.contains(id));
                view
            })
            .filter(|view| !view.interfaces.is_empty())
            .collect()
    }

    fn interface_views(&self, target: &Target, entries: &[&Entry]) -> Result<Vec<View>, SelectError> {
        let mut views = Vec::new();
        for selector in &target.selectors {
            let ids = self.inventory.interfaces.iter().map(|interface| interface.id.clone());
            let (selected, known): (Vec<String>, Vec<String>) = ids.partition(|id| matches_glob(selector, id));
            if selected.is_empty() {
                return Err(SelectError::NoMatch { kind: "eni", selector: selector.clone(), known });
            }
            let selected = self.views_of(&selected, entries);
            if selected.is_empty() {
                return Err(SelectError::NoFlowLog { what: format!("eni {selector}"), create: None });
            }
            views.extend(selected);
        }
        if target.selectors.is_empty() {
            views.extend(entries.iter().map(|entry| self.view(entry)));
        }
        Ok(views)
    }

    fn view(&self, entry: &Entry) -> View {
        View { interfaces: self.covered(entry), from: entry.records_from }
    }
}

/// The view of one flow log: the records of these interfaces from this second on.
struct View {
    interfaces: Vec<String>,
    from: EpochSeconds,
}

fn view_condition(view: View) -> Condition {
    let mut words = view.interfaces;
    words.sort();
    words.dedup();
    let since = Check::Compare { order: Order::AtLeast, value: view.from };
    Condition::All(vec![
        Condition::Test(Source::Field(Field::Eni), Check::Text { words, negated: false }),
        Condition::Test(Source::Field(Field::Time), since),
    ])
}
