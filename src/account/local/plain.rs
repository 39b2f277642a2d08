//! Flow log files without an account: targets become filters on the record's fields, or on inventory interfaces.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::ends::are_both_recorded;
use super::record_ids::{by_ids, id_of};
use crate::account::answering::Answers;
use crate::account::belonging;
use crate::account::cancellation::Cancellation;
use crate::account::error::Error;
use crate::account::flow_log::{AnyFlowLog, FlowLog};
use crate::account::inventory::Inventory;
use crate::account::inventory_names::names;
use crate::account::lifecycle::Lifecycle;
use crate::account::queries::Account;
use crate::account::resource::{KINDS, Resource};
use crate::account::select::{Error as SelectError, known};
use crate::engine::{self, Files, Schema};
use crate::field::Field;
use crate::kind::TargetKind;
use crate::query::owner::Owner;
use crate::query::plan::{Check, Condition, Plan, Source, Target};
use crate::query::window::Interval;
use crate::value::{EpochSeconds, Progress, RowSink, RunStats};

/// Files that hold flow log records.
pub struct PlainFiles {
    options: engine::Options,
    /// The files as last opened.
    files: Mutex<Arc<Files>>,
    /// The time that opening them took, until the statistics of an answer include it.
    opening: Mutex<Duration>,
    /// Whether no query has used them since. They are read again for each answer, because files grow.
    is_fresh: AtomicBool,
    inventory: Option<Inventory>,
}

impl PlainFiles {
    /// Reads the head of each file; an inventory adds what the records lack.
    ///
    /// # Errors
    ///
    /// [`engine::Error`] if a file cannot be read or is not a flow log.
    pub fn open(options: engine::Options, inventory: Option<Inventory>) -> Result<Self, engine::Error> {
        let started = Instant::now();
        let files = Mutex::new(Arc::new(Files::open(options.clone())?));
        let opening = Mutex::new(started.elapsed());
        Ok(Self { options, files, opening, is_fresh: AtomicBool::new(true), inventory })
    }

    /// No files, for commands that need none.
    #[must_use]
    pub fn none() -> Self {
        Self {
            options: engine::Options::default(),
            files: Mutex::new(Arc::new(Files::none())),
            opening: Mutex::default(),
            is_fresh: AtomicBool::new(false),
            inventory: None,
        }
    }

    fn files(&self) -> Arc<Files> {
        Arc::clone(&self.files.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the heads of the files again, unless they are fresh or a pipe.
    fn look_again(&self) -> Result<(), engine::Error> {
        if !self.is_fresh.swap(false, Ordering::Relaxed) && self.files().extent().is_some() {
            self.keep(Files::open(self.options.clone())?);
        }
        Ok(())
    }

    fn keep(&self, files: Files) {
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(files);
    }

    /// The condition that selects the records of this target; `None` for every record.
    fn condition(&self, target: &Target) -> Result<Option<Condition>, Error> {
        if target.selectors.is_empty() && target.kind.is_of_transit_gateways() {
            // The files may also have records of interfaces.
            return Ok(id_of(target.kind).map(|(field, _)| Condition::Test(Source::Field(field), Check::Present)));
        }
        if target.kind == TargetKind::All || (target.selectors.is_empty() && id_of(target.kind).is_some()) {
            return Ok(None);
        }
        match &self.inventory {
            Some(inventory) if KINDS.contains(&target.kind) => self.of_selectors(target, inventory).map(Some),
            _ => Ok(Some(by_ids(target)?)),
        }
    }

    /// Selects the records of resources in the inventory, and of ids that are not in it any more.
    fn of_selectors(&self, target: &Target, inventory: &Inventory) -> Result<Condition, Error> {
        let resources = inventory.resources(target.kind);
        if target.selectors.is_empty() {
            return Ok(self.of_resources(target.kind, &resources.iter().collect::<Vec<_>>()));
        }
        let mut tests = Vec::new();
        for selector in &target.selectors {
            let selected: Vec<&Resource> = resources.iter().filter(|resource| resource.is_selected(selector)).collect();
            let has_id = |(field, prefix): (Field, &str)| {
                selector.starts_with(prefix) && self.files().has(&Source::Field(field))
            };
            let instance = inventory.instance_interfaces(selector);
            tests.push(if id_of(target.kind).is_some_and(has_id) {
                by_ids(&Target { kind: target.kind, selectors: vec![selector.clone()] })?
            } else if selected.is_empty() {
                let known = known(&resources, Resource::names);
                let (kind, selector) = (target.kind.name(), selector.clone());
                return Err(SelectError::NoMatch { kind, selector, known }.into());
            } else if target.kind == TargetKind::Instance && !instance.is_empty() {
                Condition::one_of(Field::Eni, instance)
            } else {
                self.of_resources(target.kind, &selected)
            });
        }
        Ok(Condition::any(tests))
    }

    /// Selects by the resource's id in the record if there is one, which includes deleted interfaces; otherwise by the
    /// interfaces of the resources.
    fn of_resources(&self, kind: TargetKind, resources: &[&Resource]) -> Condition {
        let field = id_of(kind).map(|(field, _)| field).filter(|field| self.files().has(&Source::Field(*field)));
        let ids = |resource: &&Resource| match kind {
            TargetKind::Instance => resource.members.clone(),
            _ => vec![resource.id.clone()],
        };
        match field {
            Some(field) => Condition::one_of(field, resources.iter().flat_map(ids)),
            None => {
                Condition::one_of(Field::Eni, resources.iter().flat_map(|resource| resource.all_interfaces()).cloned())
            }
        }
    }

    /// The plan with its tests of resources rewritten by the inventory, or by the ids in the records.
    fn answerable<'p>(&self, plan: &'p Plan) -> Result<Cow<'p, Plan>, Error> {
        let files = self.files();
        let has = |field| files.has(&Source::Field(field));
        match &self.inventory {
            Some(inventory) => Ok(belonging::resolved(plan, inventory, has)?),
            None => plan.resolved(|field, check, _| {
                let Check::Belongs { owner, .. } = check else { return Ok(None) };
                match owner {
                    Owner::Resources { kind, selectors } if field == Field::Eni && id_of(*kind).is_some() => {
                        Ok(Some(by_ids(&Target { kind: *kind, selectors: selectors.clone() })?))
                    }
                    Owner::Networks { networks, .. } if field != Field::Eni => {
                        Ok(Some(belonging::in_any(field, networks.clone())))
                    }
                    _ => Ok(None),
                }
            }),
        }
    }

    /// The inventory, if there is one.
    fn inventory(&self) -> Result<&Inventory, Error> {
        self.inventory.as_ref().ok_or(Error::NotAnAccount)
    }
}

#[async_trait]
impl Account for PlainFiles {
    fn has_names(&self) -> bool {
        self.inventory.is_some()
    }

    fn lifecycle(&self) -> Result<&dyn Lifecycle, Error> {
        Err(Error::NotAnAccount)
    }

    async fn resources(&self, kind: TargetKind) -> Result<Vec<Resource>, Error> {
        Ok(self.inventory()?.resources(kind))
    }

    async fn flow_logs(&self) -> Result<Vec<FlowLog>, Error> {
        Err(Error::NotAnAccount)
    }

    async fn any_flow_logs(&self) -> Result<Vec<AnyFlowLog>, Error> {
        Err(Error::NotAnAccount)
    }

    async fn answers(&self, _: &Plan, _: Option<Interval>) -> Result<Answers, Error> {
        Err(Error::NotAnAccount)
    }

    async fn inventory(&self) -> Result<Inventory, Error> {
        Ok(self.inventory()?.clone())
    }

    async fn resolved(&self, plan: &Plan) -> Result<Plan, Error> {
        Ok(self.answerable(plan)?.into_owned())
    }

    fn schemas(&self) -> Result<Vec<Schema>, Error> {
        Ok(self.files().schemas())
    }

    fn default_interval(&self, _: EpochSeconds) -> Option<Interval> {
        None
    }

    fn lateness_s(&self) -> Result<Option<i64>, Error> {
        if self.files().extent().is_some() { Ok(None) } else { Err(Error::NotFollowed) }
    }

    async fn more(&self, _: &Cancellation) -> Result<(), Error> {
        const PAUSE: Duration = Duration::from_millis(250);
        let known = self.files().extent();
        loop {
            tokio::time::sleep(PAUSE).await;
            let files = Files::open(self.options.clone())?;
            if files.extent() != known {
                self.keep(files);
                self.is_fresh.store(true, Ordering::Relaxed);
                return Ok(());
            }
        }
    }

    async fn records_both_ends(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        cancellation: &Cancellation,
    ) -> Result<Option<bool>, Error> {
        // A pipe cannot be read again.
        if self.files().extent().is_none() {
            return Ok(None);
        }
        // The query that this note is about has just opened the files.
        self.is_fresh.store(true, Ordering::Relaxed);
        are_both_recorded(self, plan, interval, cancellation).await.map(Some)
    }

    async fn run(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
        _: &Cancellation,
    ) -> Result<RunStats, Error> {
        let started = Instant::now();
        self.look_again()?;
        let conditions = plan.targets.iter().map(|target| self.condition(target)).collect::<Result<Vec<_>, _>>()?;
        // A target without a selector selects every record, whatever the other targets select.
        let narrowed = match conditions.into_iter().collect::<Option<Vec<_>>>() {
            Some(tests) => plan.narrowed(Condition::any(tests)),
            None => plan.clone(),
        };
        let resolved = self.answerable(&narrowed)?;
        let names = self.inventory.as_ref().map(|inventory| names(inventory, &plan.networks));
        let stats = engine::run(&resolved, interval, &self.files(), names.as_ref(), progress, sink).await?;
        let opening = std::mem::take(&mut *self.opening.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(RunStats { elapsed: opening + started.elapsed(), ..stats })
    }
}
