//! Flow log files without an account around them: targets become filters on the record's own fields,
//! or on the interfaces that an inventory names.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::account::inventory::Inventory;
use crate::account::names::names;
use crate::account::{self, Account, Created, Finding, FlowLog, KINDS, Resource, Rest, Settings};
use crate::engine::{self, Files};
use crate::field::Field;
use crate::query::plan::{Check, Condition, Plan, Source, Target, TargetKind};
use crate::query::window::Interval;
use crate::value::{EpochSeconds, Progress, RowSink, RunStats};

/// Why a plan cannot be run on files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `sg web`, where there are only files.
    #[error("the records do not say which {what} an interface belongs to")]
    NeedsInventory {
        /// The kind, in a user's words.
        what: &'static str,
    },
    /// `vpc prod`, where there are only files.
    #[error("`{selector}` is no {kind} id, and names need an inventory")]
    NameNeedsInventory {
        /// The kind's word.
        kind: &'static str,
        /// What was typed.
        selector: String,
    },
    /// `group "/aws/vpc"`, where there are only files.
    #[error("files have no log groups")]
    NoLogGroups,
}

impl Error {
    /// What to type instead.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NeedsInventory { .. } => Some(
                "give one with `--inventory FILE`, or ask by `vpc`, `subnet`, `instance` or `eni` id, or by address: \
                 `all where local.addr = ...`"
                    .into(),
            ),
            Self::NameNeedsInventory { kind, .. } => {
                let example = TargetKind::named(kind).and_then(id_of).map_or("an id", |(_, prefix)| prefix);
                Some(format!("give one with `--inventory FILE`, or use the id (`{example}...`)"))
            }
            Self::NoLogGroups => Some("leave the target out, or say `all`".into()),
        }
    }
}

/// Files that hold flow log records.
pub struct PlainFiles {
    options: engine::Options,
    /// As they were last looked at.
    files: Mutex<Arc<Files>>,
    /// Whether nothing was asked of them since: each look is good for one answer, as files grow.
    is_fresh: AtomicBool,
    inventory: Option<Inventory>,
}

impl PlainFiles {
    /// Looks at the head of each file; an inventory adds what the records do not say.
    ///
    /// # Errors
    ///
    /// [`engine::Error`] where one cannot be read or is no flow log.
    pub fn open(options: engine::Options, inventory: Option<Inventory>) -> Result<Self, engine::Error> {
        let files = Mutex::new(Arc::new(Files::open(options.clone())?));
        Ok(Self { options, files, is_fresh: AtomicBool::new(true), inventory })
    }

    fn files(&self) -> Arc<Files> {
        Arc::clone(&self.files.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the files again, unless that was just done or what they are comes through a pipe.
    fn look_again(&self) -> Result<(), engine::Error> {
        if !self.is_fresh.swap(false, Ordering::Relaxed) && self.files().extent().is_some() {
            self.keep(Files::open(self.options.clone())?);
        }
        Ok(())
    }

    fn keep(&self, files: Files) {
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(files);
    }

    /// What a record of this target must fulfil; `None` for every record.
    fn wanted(&self, target: &Target) -> Result<Option<Condition>, account::Error> {
        if target.kind == TargetKind::All || (target.selectors.is_empty() && id_of(target.kind).is_some()) {
            return Ok(None);
        }
        match &self.inventory {
            Some(inventory) if KINDS.contains(&target.kind) => self.known(target, inventory).map(Some),
            _ => Ok(Some(by_ids(target)?)),
        }
    }

    /// The records of resources that the inventory knows, and of ids that it does not know any more.
    fn known(&self, target: &Target, inventory: &Inventory) -> Result<Condition, account::Error> {
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
                let known = account::known(&resources, Resource::names);
                return Err(account::Error::NoMatch { kind: target.kind.name(), selector: selector.clone(), known });
            } else if target.kind == TargetKind::Instance && !instance.is_empty() {
                one_of(Field::Eni, instance)
            } else {
                self.of_resources(target.kind, &selected)
            });
        }
        Ok(any(tests))
    }

    /// By the record's own id where it has one, so that interfaces that are gone count too; else by
    /// the interfaces that the resources have.
    fn of_resources(&self, kind: TargetKind, resources: &[&Resource]) -> Condition {
        let field = id_of(kind).map(|(field, _)| field).filter(|field| self.files().has(&Source::Field(*field)));
        let ids = |resource: &&Resource| match kind {
            TargetKind::Instance => resource.members.clone(),
            _ => vec![resource.id.clone()],
        };
        match field {
            Some(field) => one_of(field, resources.iter().flat_map(ids).collect()),
            None => one_of(Field::Eni, resources.iter().flat_map(|resource| resource.interfaces.clone()).collect()),
        }
    }

    /// The inventory, if there is one.
    fn inventory(&self) -> Result<&Inventory, account::Error> {
        self.inventory.as_ref().ok_or(account::Error::NotAnAccount)
    }
}

/// The records in which a field is one of these ids.
fn one_of(field: Field, mut ids: Vec<String>) -> Condition {
    ids.sort();
    ids.dedup();
    Condition::Test(Source::Field(field), Check::Text { words: ids, negated: false })
}

fn any(mut tests: Vec<Condition>) -> Condition {
    if tests.len() == 1 { tests.remove(0) } else { Condition::Any(tests) }
}

#[async_trait]
impl Account for PlainFiles {
    fn has_names(&self) -> bool {
        self.inventory.is_some()
    }

    async fn resources(&self, kind: TargetKind) -> Result<Vec<Resource>, account::Error> {
        Ok(self.inventory()?.resources(kind))
    }

    async fn flow_logs(&self) -> Result<Vec<FlowLog>, account::Error> {
        Err(account::Error::NotAnAccount)
    }

    async fn create(&self, _: &Resource, _: &Settings) -> Result<Created, account::Error> {
        Err(account::Error::NotAnAccount)
    }

    async fn delete(&self, _: &FlowLog) -> Result<(), account::Error> {
        Err(account::Error::NotAnAccount)
    }

    async fn findings(&self) -> Result<Vec<Finding>, account::Error> {
        Err(account::Error::NotAnAccount)
    }

    async fn remove(&self, _: &Rest) -> Result<(), account::Error> {
        Err(account::Error::NotAnAccount)
    }

    async fn inventory(&self) -> Result<Inventory, account::Error> {
        Ok(self.inventory()?.clone())
    }

    fn default_interval(&self, _: EpochSeconds) -> Option<Interval> {
        None
    }

    fn lateness_s(&self) -> Result<Option<i64>, account::Error> {
        if self.files().extent().is_some() { Ok(None) } else { Err(account::Error::NotFollowed) }
    }

    async fn more(&self) -> Result<(), account::Error> {
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

    async fn records_both_ends(&self, plan: &Plan, interval: Option<Interval>) -> Result<Option<bool>, account::Error> {
        // What came through a pipe cannot be read again.
        if self.files().extent().is_none() {
            return Ok(None);
        }
        super::ends::are_both_recorded(self, plan, interval).await.map(Some)
    }

    async fn run(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
    ) -> Result<RunStats, account::Error> {
        self.look_again()?;
        let wanted = plan.targets.iter().map(|target| self.wanted(target)).collect::<Result<Vec<_>, _>>()?;
        // A target without a selector takes every record, whatever the others narrow to.
        let narrowed = match wanted.into_iter().collect::<Option<Vec<_>>>() {
            Some(tests) => plan.narrowed(any(tests)),
            None => plan.clone(),
        };
        let names = self.inventory.as_ref().map(names);
        Ok(engine::run(&narrowed, interval, &self.files(), names.as_ref(), progress, sink).await?)
    }
}

/// The field of a kind's id in records, and how the ids start.
const fn id_of(kind: TargetKind) -> Option<(Field, &'static str)> {
    match kind {
        TargetKind::Vpc => Some((Field::Vpc, "vpc-")),
        TargetKind::Subnet => Some((Field::Subnet, "subnet-")),
        TargetKind::Instance => Some((Field::Instance, "i-")),
        TargetKind::Eni => Some((Field::Eni, "eni-")),
        _ => None,
    }
}

/// What a record must fulfil where only its own ids say what it belongs to.
fn by_ids(target: &Target) -> Result<Condition, Error> {
    let Some((field, prefix)) = id_of(target.kind) else {
        return Err(match target.kind {
            TargetKind::Group => Error::NoLogGroups,
            TargetKind::SecurityGroup => Error::NeedsInventory { what: "security group" },
            TargetKind::NatGateway => Error::NeedsInventory { what: "NAT gateway" },
            _ => Error::NeedsInventory { what: "endpoint" },
        });
    };
    if let Some(selector) = target.selectors.iter().find(|selector| !selector.starts_with(prefix)) {
        return Err(Error::NameNeedsInventory { kind: target.kind.name(), selector: selector.clone() });
    }
    let (globs, ids): (Vec<String>, Vec<String>) =
        target.selectors.iter().cloned().partition(|selector| selector.contains(['*', '?']));
    let mut tests = Vec::new();
    if !ids.is_empty() {
        tests.push(one_of(field, ids));
    }
    tests.extend(
        globs.into_iter().map(|glob| Condition::Test(Source::Field(field), Check::Like { glob, negated: false })),
    );
    Ok(any(tests))
}
