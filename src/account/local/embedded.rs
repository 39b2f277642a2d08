//! The embedded account: a folder with `inventory.json`, `flow-logs.json` and records under `records/`.
//!
//! The records are what the network did; a flow log is a view of them: of the interfaces that it
//! covers, from the time it was created on. So a plan runs over the same files whatever its targets,
//! with those as a filter.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::demo::{self, SLOT_S};
use super::doctor;
use super::state::{Entry, State};
use super::{EmbeddedError, id_digits};
use crate::account::inventory::Inventory;
use crate::account::names::names;
use crate::account::{Account, Created, Error, Finding, FlowLog, Resource, Rest, Settings, matches_glob, not_recorded};
use crate::engine::{self, Files};
use crate::field::Field;
use crate::query::plan::{Check, Condition, Order, Plan, Source, Target, TargetKind};
use crate::query::window::Interval;
use crate::value::{EpochSeconds, Progress, RowSink, RunStats};

/// Records of a new flow log reach back so far, so that there is something to see at once. AWS has
/// nothing before the flow log.
const BACKFILL_S: i64 = 60 * 60;

/// How the names of files start that hold the records of one slot, whose first second follows.
pub(super) const SLOT_PREFIX: &str = "slot-";

/// The first second of the slot that a file holds, if it is such a file.
pub(super) fn slot_of(file: &Path) -> Option<EpochSeconds> {
    file.file_name()?.to_str()?.strip_prefix(SLOT_PREFIX)?.split('.').next()?.parse().ok()
}

/// An open embedded account.
pub struct Embedded {
    pub(super) folder: PathBuf,
    pub(super) inventory: Inventory,
    pub(super) state: State,
    pub(super) options: engine::Options,
    /// Of a demo account, whose network goes on, the second up to which there are records.
    demo_until: Option<Mutex<EpochSeconds>>,
}

impl Embedded {
    /// Whether a folder is an embedded account.
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
        let demo_until = (inventory == demo::network()).then(Mutex::default);
        Ok(Self { folder: folder.to_path_buf(), inventory, state, options, demo_until })
    }

    /// Lets the network of a demo account go on up to now.
    fn go_on(&self) -> Result<(), Error> {
        let Some(until) = &self.demo_until else { return Ok(()) };
        let mut until = until.lock().unwrap_or_else(PoisonError::into_inner);
        let now = jiff::Timestamp::now().as_second();
        if now > *until {
            demo::make_slots(&self.folder.join("records"), &self.inventory, now)?;
            *until = now;
        }
        Ok(())
    }

    fn resource_of(&self, entry: &Entry) -> Option<Resource> {
        let kind = TargetKind::named(&entry.kind)?;
        self.inventory.resources(kind).into_iter().find(|resource| resource.id == entry.resource)
    }

    /// The interfaces that a flow log covers now: a VPC's and a subnet's own grow with them.
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

    /// Bytes under `records/`, shared among flow logs by the interfaces they cover.
    fn stored_bytes(&self) -> u64 {
        let files = std::fs::read_dir(self.folder.join("records")).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).filter(std::fs::Metadata::is_file).map(|data| data.len()).sum()
    }

    /// The files that may hold records of an interval: of slots only those that meet it.
    pub(super) fn record_files(&self, interval: Option<Interval>) -> Result<Vec<String>, Error> {
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
        // Where nothing meets it, one file still tells the format, so that a wrong field is an error.
        let last = files.last().cloned();
        let mut kept: Vec<PathBuf> = files.into_iter().filter(meets).collect();
        if kept.is_empty() {
            kept.extend(last);
        }
        Ok(kept.iter().map(|file| file.display().to_string()).collect())
    }

    /// The records that the plan's targets recorded, as a condition.
    fn recorded(&self, plan: &Plan) -> Result<Condition, Error> {
        let entries = self.state.read()?;
        let mut views = Vec::new();
        for target in &plan.targets {
            views.extend(self.views(target, &entries)?);
        }
        let mut conditions: Vec<Condition> = views.into_iter().map(view_condition).collect();
        conditions.dedup();
        Ok(if conditions.len() == 1 { conditions.remove(0) } else { Condition::Any(conditions) })
    }

    fn views(&self, target: &Target, entries: &[Entry]) -> Result<Vec<View>, Error> {
        let of_kind: Vec<&Entry> = match target.kind {
            TargetKind::All | TargetKind::Group | TargetKind::Eni => entries.iter().collect(),
            kind => entries.iter().filter(|entry| entry.kind == kind.name()).collect(),
        };
        if of_kind.is_empty() && target.selectors.is_empty() {
            return Err(Error::NoFlowLogs { kind: target.kind });
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

    /// What flow logs show of these interfaces.
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

    fn interface_views(&self, target: &Target, entries: &[&Entry]) -> Result<Vec<View>, Error> {
        let mut views = Vec::new();
        for selector in &target.selectors {
            let ids = self.inventory.interfaces.iter().map(|interface| interface.id.clone());
            let (selected, known): (Vec<String>, Vec<String>) = ids.partition(|id| matches_glob(selector, id));
            if selected.is_empty() {
                return Err(Error::NoMatch { kind: "eni", selector: selector.clone(), known });
            }
            let selected = self.views_of(&selected, entries);
            if selected.is_empty() {
                return Err(Error::NoFlowLog { what: format!("eni {selector}"), create: None });
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

/// What the maker of a flow log should know of its records.
fn note_of(settings: &Settings) -> String {
    let back = "its records reach an hour back; on AWS they start when it is created";
    if settings.fields.is_empty() { back.into() } else { format!("{back}; they have the fields that the folder has") }
}

/// What one flow log shows: the records of these interfaces from this second on.
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

#[async_trait]
impl Account for Embedded {
    fn has_names(&self) -> bool {
        true
    }

    async fn resources(&self, kind: TargetKind) -> Result<Vec<Resource>, Error> {
        Ok(self.inventory.resources(kind))
    }

    async fn flow_logs(&self) -> Result<Vec<FlowLog>, Error> {
        let entries = self.state.read()?;
        let all = self.inventory.interfaces.len().max(1) as u64;
        let stored = self.stored_bytes();
        let share = |entry: &Entry| stored * self.covered(entry).len() as u64 / all;
        let mut flow_logs: Vec<FlowLog> = entries.iter().map(|entry| self.flow_log(entry, share(entry))).collect();
        FlowLog::sort(&mut flow_logs);
        Ok(flow_logs)
    }

    async fn create(&self, resource: &Resource, settings: &Settings) -> Result<Created, Error> {
        let grows = matches!(resource.kind, TargetKind::Vpc | TargetKind::Subnet);
        let now = jiff::Timestamp::now().as_second();
        let created = self.state.change(|entries| {
            let is_its = |entry: &&mut Entry| entry.kind == resource.kind.name() && entry.resource == resource.id;
            if let Some(entry) = entries.iter_mut().find(is_its) {
                let joined: Vec<String> = if grows {
                    Vec::new()
                } else {
                    resource.interfaces.iter().filter(|id| !entry.interfaces.contains(id)).cloned().collect()
                };
                entry.interfaces.extend(joined.iter().cloned());
                return if joined.is_empty() { Created::Unchanged } else { Created::Extended { interfaces: joined } };
            }
            let id = free_id(entries, resource);
            entries.push(Entry {
                id: id.clone(),
                kind: resource.kind.name().into(),
                resource: resource.id.clone(),
                log_group: resource.log_group(),
                interfaces: if grows { Vec::new() } else { resource.interfaces.clone() },
                created: now,
                records_from: now - BACKFILL_S,
                retention_days: settings.retention_days,
                aggregation_s: settings.aggregation_s,
            });
            Created::New { id, note: Some(note_of(settings)) }
        })?;
        Ok(created)
    }

    async fn delete(&self, flow_log: &FlowLog) -> Result<(), Error> {
        Ok(self.state.change(|entries| entries.retain(|entry| entry.id != flow_log.id))?)
    }

    async fn findings(&self) -> Result<Vec<Finding>, Error> {
        doctor::findings(self).await
    }

    async fn remove(&self, _: &Rest) -> Result<(), Error> {
        Ok(self.state.remove_rest()?)
    }

    async fn inventory(&self) -> Result<Inventory, Error> {
        Ok(self.inventory.clone())
    }

    async fn more(&self) -> Result<(), Error> {
        const PAUSE: Duration = Duration::from_secs(1);
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }

    async fn records_both_ends(&self, plan: &Plan, interval: Option<Interval>) -> Result<Option<bool>, Error> {
        super::ends::are_both_recorded(self, plan, interval).await.map(Some)
    }

    async fn run(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
    ) -> Result<RunStats, Error> {
        let plan = plan.narrowed(self.recorded(plan)?);
        self.go_on()?;
        let files = Files::open(engine::Options { paths: self.record_files(interval)?, ..self.options.clone() })?;
        Ok(engine::run(&plan, interval, &files, Some(&names(&self.inventory)), progress, sink).await?)
    }
}

/// An id that no flow log of the account has: the same resource gets the same one again.
fn free_id(entries: &[Entry], resource: &Resource) -> String {
    let mut id = format!("fl-{}", id_digits(&resource.log_group()));
    while entries.iter().any(|entry| entry.id == id) {
        id = format!("fl-{}", id_digits(&id));
    }
    id
}
