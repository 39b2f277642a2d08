//! The interface for queries and changes, for the command line and other callers.
//!
//! A [`Session`] opens the right account, and creates, lists, deletes and queries in it. It does not know the output
//! formats, nor the grammar of sentences.

mod compare;
mod conversations;
mod derived;
mod finish;
mod follow;
mod groups;
mod interrupt;
mod lists;
pub mod recorded;
mod signals;
mod to_delete;

use std::iter;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[cfg(feature = "aws")]
use crate::account::aws::{self, Aws, Places};
use crate::account::inventory::Inventory;
use crate::account::local::{Embedded, PlainFiles};
use crate::account::{
    Account, Answers, AnyFlowLog, Cancellation, Created, Error, Estimate, Finding, FlowLog, Identity, Lifecycle, Place,
    Records, Remedy, Resource, SelectError, Settings, Steps, check_interfaces, check_mixed, known, label, not_found,
    owned, placed, selected,
};
use crate::engine;
use crate::kind::TargetKind;
use crate::query::clock::Clock;
use crate::query::plan::{COUNT_ONCE, Plan};
use crate::query::window::Interval;
use crate::value::{Progress, RowSink, RunStats};

use groups::Question;
pub use interrupt::{Interrupt, Waited};
pub(crate) use lists::{open_list, with_lists};

/// An open account. Its methods are cancelled by the [`Cancellation`] that is current when they are called.
pub struct Session {
    account: Box<dyn Account>,
    /// The default settings of new flow logs.
    defaults: Settings,
    /// Whether some answer so far lacks records of files that failed.
    is_partial: AtomicBool,
}

/// The outcome of an action for one resource.
#[derive(Debug)]
pub struct Outcome {
    /// Its kind.
    pub kind: TargetKind,
    /// Its id; for instances, their name.
    pub resource: String,
    /// Its `Name`, if it has one.
    pub name: Option<String>,
    /// The VPC of the resource; for a flow log, only if other VPCs have a resource of that name.
    pub vpc: Option<String>,
    /// Its place, if there are several places.
    pub place: Option<Place>,
    /// The interfaces that its flow log was extended to.
    pub joined: Vec<String>,
    /// The action, as a word for programs: `created`, `extended`, `unchanged`, `deleted`, `shrunk`, `failed`; or one
    /// with `would_` for a dry run.
    pub action: &'static str,
    /// The result.
    pub detail: Result<String, Error>,
}

impl Outcome {
    /// The name and the id of the resource for messages, with its place if there are several.
    #[must_use]
    pub fn label(&self) -> String {
        placed(self.place.as_ref(), label(self.kind, self.name.as_ref(), &self.resource))
    }
}

impl Session {
    /// Opens the paths in `options`: a folder with an inventory is an account, anything else is files. For files,
    /// `inventory` may be a file with the network that the records do not describe.
    ///
    /// # Errors
    ///
    /// [`Error::Engine`] if a file cannot be read or is no flow log, [`Error::Inventory`] and [`Error::Embedded`] if an
    /// account or the inventory is invalid, [`Error::OwnInventory`] if the account has its own inventory.
    pub fn open(options: engine::Options, inventory: Option<&Path>) -> Result<Self, Error> {
        let account: Box<dyn Account> = match options.paths.as_slice() {
            [folder] if Embedded::is_one(Path::new(folder)) => {
                if inventory.is_some() {
                    return Err(Error::OwnInventory { folder: folder.clone() });
                }
                let folder = Path::new(folder).to_path_buf();
                Box::new(Embedded::open(&folder, options)?)
            }
            _ => Box::new(PlainFiles::open(options, inventory.map(Inventory::read).transpose()?)?),
        };
        Ok(Self { account, defaults: Settings::default(), is_partial: AtomicBool::new(false) })
    }

    /// Opens an account on AWS, or several accounts and Regions together; makes no call before the first request.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn open_aws(mut options: aws::Options) -> Self {
        let account: Box<dyn Account> = match Places::of(&mut options) {
            Some(places) => Box::new(places),
            None => Box::new(Aws::open(options)),
        };
        Self { account, defaults: Settings::default(), is_partial: AtomicBool::new(false) }
    }

    /// A session without records, for tasks that need none.
    #[must_use]
    pub fn nowhere() -> Self {
        Self {
            account: Box::new(PlainFiles::none()),
            defaults: Settings::default(),
            is_partial: AtomicBool::new(false),
        }
    }

    /// Sets the default settings of new flow logs.
    #[must_use]
    pub fn with_defaults(self, defaults: Settings) -> Self {
        Self { defaults, ..self }
    }

    /// Returns whether names of interfaces are known.
    #[must_use]
    pub fn has_names(&self) -> bool {
        self.account.has_names()
    }

    /// The current interval of `plan`; `None` for all records.
    #[must_use]
    pub fn interval(&self, plan: &Plan, clock: &Clock) -> Option<Interval> {
        match &plan.window {
            // The window was resolved when the sentence was compiled. It can fail to resolve later only if the sentence
            // is repeated for days and the clocks change: then the interval is empty.
            Some(window) => Some(window.resolve(clock).unwrap_or(Interval { from: clock.now, until: clock.now })),
            None => self.account.default_interval(clock.now),
        }
    }

    /// Makes the next request read the network again; otherwise, except for changes, it may be up to a minute old.
    pub async fn refresh(&self) {
        self.account.refresh().await;
    }

    /// Every resource of a kind, in the network of at most a minute ago.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`].
    pub async fn every_resource(&self, kind: TargetKind) -> Result<Vec<Resource>, Error> {
        self.account.resources(kind).await
    }

    /// The account's own resources of a kind that the selectors match, in the current network; each selector must match
    /// at least one. Without selectors, all of them.
    ///
    /// # Errors
    ///
    /// [`Error::Select`] with the nearest names, [`Error::NotAnAccount`].
    pub async fn resources(&self, kind: TargetKind, selectors: &[String]) -> Result<Vec<Resource>, Error> {
        self.refresh().await;
        let all = self.account.resources(kind).await?;
        let selected = match selected(kind, selectors, all, Resource::is_selected, |all| known(all, Resource::names)) {
            Err(SelectError::NoMatch { selector, .. }) => {
                return Err(not_found(&self.account.inventory().await?, kind, &selector).into());
            }
            selected => selected?,
        };
        let owned = owned(selected, selectors)?;
        check_mixed(&owned, selectors)?;
        Ok(owned)
    }

    /// The flow logs of a kind (of all kinds for [`TargetKind::All`]) that the selectors match.
    ///
    /// # Errors
    ///
    /// [`Error::Select`] with the nearest names, [`Error::NotAnAccount`], [`Error::Embedded`].
    pub async fn flow_logs(&self, kind: TargetKind, selectors: &[String]) -> Result<Vec<FlowLog>, Error> {
        let of_kind = |flow_log: &FlowLog| kind == TargetKind::All || flow_log.kind == kind;
        let all: Vec<FlowLog> = self.account.flow_logs().await?.into_iter().filter(of_kind).collect();
        Ok(selected(kind, selectors, all, FlowLog::is_selected, |all| known(all, FlowLog::names))?)
    }

    /// The flow logs of a kind of resource, including those of other tools; [`TargetKind::All`] for every flow log.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    pub async fn any_flow_logs(&self, kind: TargetKind) -> Result<Vec<AnyFlowLog>, Error> {
        let of_kind = |flow_log: &AnyFlowLog| kind == TargetKind::All || flow_log.kind == Some(kind);
        Ok(self.account.any_flow_logs().await?.into_iter().filter(of_kind).collect())
    }

    /// The log groups that would answer `plan` now.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], and [`Error::Select`] for a target that no flow log records.
    pub async fn answers(&self, plan: &Plan, clock: &Clock) -> Result<Answers, Error> {
        self.account.begin();
        self.account.answers(plan, self.interval(plan, clock)).await
    }

    /// `plan` with every resource and name resolved to the current addresses and interfaces.
    ///
    /// # Errors
    ///
    /// [`Error::Select`] for a selector that matches nothing.
    pub async fn resolved(&self, plan: &Plan) -> Result<Plan, Error> {
        self.account.begin();
        self.account.resolved(plan).await
    }

    /// Creates the flow log of each resource, or extends an existing one to interfaces that joined.
    pub async fn create(&self, resources: &[Resource], settings: &Settings) -> Vec<Outcome> {
        self.account.begin();
        let cancellation = Cancellation::current();
        let mut outcomes = Vec::new();
        for resource in resources {
            let settings = settings.or(&self.defaults.fitting(resource.kind));
            let done = self.created(resource, &settings, &cancellation).await;
            outcomes.push(of_resource(resource, done));
        }
        outcomes
    }

    /// Returns the steps that [`Session::create`] would take; changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    pub async fn plan(&self, resources: &[Resource], settings: &Settings) -> Result<Vec<Outcome>, Error> {
        self.account.begin();
        let there = self.account.flow_logs().await?;
        let mut outcomes = Vec::new();
        for resource in resources {
            let settings = settings.or(&self.defaults.fitting(resource.kind));
            let existing = there.iter().find(|flow_log| flow_log.is_of(resource));
            let done = self.planned(resource, &settings, existing).await;
            outcomes.push(of_resource(resource, done));
        }
        Ok(outcomes)
    }

    async fn created(
        &self,
        resource: &Resource,
        settings: &Settings,
        cancellation: &Cancellation,
    ) -> Result<Done, Error> {
        check_interfaces(resource)?;
        let created = self.account.lifecycle()?.create(resource, settings, cancellation).await?;
        Ok(described(created, resource, settings))
    }

    async fn planned(
        &self,
        resource: &Resource,
        settings: &Settings,
        existing: Option<&FlowLog>,
    ) -> Result<Done, Error> {
        check_interfaces(resource)?;
        let Some(existing) = existing else {
            let Steps { resources, calls } = self.account.lifecycle()?.steps(resource, settings).await?;
            let lines: Vec<String> = iter::once(resources.join(", ")).chain(calls).collect();
            return Ok(Done::new("would_create", lines.join("\n  ")));
        };
        let is_new = |id: &&String| !existing.covered.contains(id);
        let joined: Vec<&str> = resource.interfaces.iter().filter(is_new).map(String::as_str).collect();
        if joined.is_empty() {
            return Ok(described(Created::Unchanged { notes: Vec::new() }, resource, settings));
        }
        Ok(Done::new("would_extend", format!("cover {} too", joined.join(", "))))
    }

    /// Deletes each flow log and everything that was created for it; its records only if `records` says so.
    pub async fn delete(&self, flow_logs: &[FlowLog], records: Records, dry_run: bool) -> Vec<Outcome> {
        self.account.begin();
        let cancellation = Cancellation::current();
        let mut outcomes = Vec::new();
        for flow_log in flow_logs {
            let kept = if records == Records::Kept { " stays" } else { "" };
            let what = format!("{}, log group {}{kept}", flow_log.id, flow_log.log_group);
            let done = if dry_run {
                Ok(Done::new("would_delete", what))
            } else {
                self.deleted(flow_log, records, &cancellation).await.map(|()| Done::new("deleted", what))
            };
            outcomes.push(of_flow_log(flow_log, done));
        }
        outcomes
    }

    /// Returns whether deleting a flow log deletes its records, unless they are to be kept.
    #[must_use]
    pub fn deletes_records(&self) -> bool {
        self.account.lifecycle().is_ok_and(Lifecycle::deletes_records)
    }

    /// Removes interfaces from a flow log that was extended to them.
    pub async fn shrink(&self, flow_log: &FlowLog, interfaces: &[String]) -> Outcome {
        self.account.begin();
        let shrink = async {
            let account = self.at(flow_log.place.as_ref())?;
            account.shrink(flow_log, interfaces, &Cancellation::current()).await?;
            Ok(Done::new("shrunk", format!("no longer covers {}", interfaces.join(", "))))
        };
        let done = shrink.await;
        of_flow_log(flow_log, done)
    }

    /// Returns the problems of the account; an unused resource is one only if it is at least as old as `min_age`.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    pub async fn findings(&self, min_age: Duration) -> Result<Vec<Finding>, Error> {
        self.refresh().await;
        self.account.lifecycle()?.findings(min_age).await
    }

    /// Applies the remedy of a finding at a place.
    ///
    /// # Errors
    ///
    /// [`Error::Embedded`], [`Error::Aws`].
    pub async fn put_right(&self, remedy: &Remedy, place: Option<&Place>) -> Result<(), Error> {
        let (account, cancellation) = (self.at(place)?, Cancellation::current());
        match remedy {
            // The records of a deleted resource may still be needed.
            Remedy::Delete(flow_log) => {
                let is_dropped = flow_log.expiry.is_some_and(|expiry| expiry.drops_records);
                let records = if is_dropped { Records::Deleted } else { Records::Kept };
                account.delete(flow_log, records, &cancellation).await
            }
            // The settings of an existing flow log are not changed.
            Remedy::Extend(resource) | Remedy::Restore(resource) => {
                account.create(resource, &Settings::default(), &cancellation).await.map(|_| ())
            }
            Remedy::Remove(leftover) => account.remove(leftover, &cancellation).await,
        }
    }

    async fn deleted(&self, flow_log: &FlowLog, records: Records, cancellation: &Cancellation) -> Result<(), Error> {
        self.at(flow_log.place.as_ref())?.delete(flow_log, records, cancellation).await
    }

    fn at(&self, place: Option<&Place>) -> Result<&dyn Lifecycle, Error> {
        let account = self.account.lifecycle()?;
        Ok(place.and_then(|place| account.at(place)).unwrap_or(account))
    }

    /// Returns whether some answer so far lacks a file or a place that failed.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.is_partial.load(Ordering::Relaxed) || self.account.is_partial()
    }

    /// The cost of scanning `bytes`, in US dollars; `None` if it is free.
    #[must_use]
    pub fn cost_usd(&self, bytes: u64) -> Option<f64> {
        self.account.cost_usd(bytes)
    }

    /// Returns the accounts and Regions in use.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Aws`].
    pub async fn identities(&self) -> Result<Vec<Identity>, Error> {
        self.account.identities().await
    }

    /// The Region in use, if there is only one; calls no service.
    pub async fn region(&self) -> Option<String> {
        self.account.region().await
    }

    /// The files, grouped by their fields.
    ///
    /// # Errors
    ///
    /// [`Error::NoFiles`] on AWS, [`Error::Engine`] if the files cannot be read.
    pub fn schemas(&self) -> Result<Vec<engine::Schema>, Error> {
        self.account.schemas()
    }

    /// Returns the inventory of the account's network.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`].
    pub async fn inventory(&self) -> Result<Inventory, Error> {
        self.account.inventory().await
    }

    /// Estimates the bytes that `plan` would scan now; a guess is enough if it is far below `above_usd`.
    ///
    /// # Errors
    ///
    /// [`Error::NoCost`] if scanning is free, and the errors of [`Session::run`].
    pub async fn estimate(&self, plan: &Plan, clock: &Clock, above_usd: Option<f64>) -> Result<Estimate, Error> {
        self.account.begin();
        let interval = self.interval(plan, clock);
        let in_parts = plan.in_parts();
        let asked = in_parts.as_ref().unwrap_or(plan);
        let cancellation = Cancellation::current();
        let mut estimate = self.account.estimate(asked, interval, above_usd, &cancellation).await?;
        if let Some(before) = interval.zip(plan.compare()).map(|(interval, compare)| interval.before(compare.by_s)) {
            let other = self.account.estimate(asked, Some(before), above_usd, &cancellation).await?;
            estimate.bytes += other.bytes;
            estimate.cost_usd += other.cost_usd;
        }
        Ok(estimate)
    }

    /// The addresses of the pages of the service's console with the queries of `plan`.
    ///
    /// # Errors
    ///
    /// [`Error::NoConsole`] if there is no console, and the errors of [`Session::run`].
    pub async fn console_links(&self, plan: &Plan, clock: &Clock) -> Result<Vec<String>, Error> {
        self.account.begin();
        self.account.console_links(plan, self.interval(plan, clock)).await
    }

    /// Returns a note if a sum includes both ends of the same traffic, or may do so; reads some records.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::run`].
    pub async fn note_of_both_ends(&self, plan: &Plan, clock: &Clock) -> Result<Option<String>, Error> {
        if !plan.sums_both_ends() || plan.is_never() {
            return Ok(None);
        }
        let interval = self.interval(plan, clock);
        let note = match self.account.records_both_ends(plan, interval, &Cancellation::current()).await? {
            Some(false) => return Ok(None),
            Some(true) => "traffic between two interfaces that are both logged is summed at both of them",
            None => "traffic between two interfaces is summed at both of them where both are logged",
        };
        Ok(Some(format!("{note}: {COUNT_ONCE}")))
    }

    /// Runs `plan` at the time of `clock`; rows go to `sink` as they arrive.
    ///
    /// # Errors
    ///
    /// Any variant of [`Error`]: a target that cannot be answered, a field that no record has, a file that cannot be
    /// read, a sink that cannot be written to.
    pub async fn run(
        &self,
        plan: &Plan,
        clock: &Clock,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
    ) -> Result<RunStats, Error> {
        self.account.begin();
        let interval = self.interval(plan, clock);
        let stats = self.ask(plan, interval, progress, sink).await?;
        self.is_partial.fetch_or(stats.is_partial(), Ordering::Relaxed);
        Ok(stats)
    }

    /// Runs a plan on the account, or the plans that its result is computed from.
    async fn ask(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
    ) -> Result<RunStats, Error> {
        let cancellation = Cancellation::current();
        let Some(groups) = groups::is_made(plan) else {
            return self.account.run(plan, interval, progress, sink, &cancellation).await;
        };
        let question = Question { account: &*self.account, progress, cancellation: &cancellation };
        let (rows, stats) = question.answer(plan, groups, interval).await?;
        sink.columns(&plan.columns()).map_err(Error::Sink)?;
        sink.rows(rows).map_err(Error::Sink)?;
        Ok(stats)
    }
}

/// An action and its result.
struct Done {
    action: &'static str,
    detail: String,
    joined: Vec<String>,
}

impl Done {
    const fn new(action: &'static str, detail: String) -> Self {
        Self { action, detail, joined: Vec::new() }
    }
}

fn of_resource(resource: &Resource, done: Result<Done, Error>) -> Outcome {
    let vpc = Some(resource.vpc.clone()).filter(|vpc| !vpc.is_empty());
    Outcome { vpc, ..outcome(resource.kind, &resource.id, resource.name.as_ref(), done) }
}

fn of_flow_log(flow_log: &FlowLog, done: Result<Done, Error>) -> Outcome {
    let (vpc, place) = (flow_log.vpc.clone(), flow_log.place.clone());
    Outcome { vpc, place, ..outcome(flow_log.kind, &flow_log.resource, flow_log.name.as_ref(), done) }
}

fn outcome(kind: TargetKind, id: &str, name: Option<&String>, done: Result<Done, Error>) -> Outcome {
    let (action, joined, detail) = match done {
        Ok(Done { action, joined, detail }) => (action, joined, Ok(detail)),
        Err(error) => ("failed", Vec::new(), Err(error)),
    };
    Outcome { kind, resource: id.into(), name: name.cloned(), vpc: None, place: None, joined, action, detail }
}

/// Appends notes to a result.
fn noted(result: String, notes: &[String]) -> String {
    notes.iter().fold(result, |text, note| format!("{text}; {note}"))
}

fn described(created: Created, resource: &Resource, settings: &Settings) -> Done {
    match created {
        Created::New { id, notes } => {
            let log_group = resource.log_group_by(settings);
            let created = format!("{id}, log group {log_group}, {}", resource.coverage());
            Done::new("created", noted(created, &notes))
        }
        Created::Extended { interfaces, notes } => {
            let detail = noted(format!("covers {} now too", interfaces.join(", ")), &notes);
            Done { action: "extended", detail, joined: interfaces }
        }
        Created::Unchanged { notes } => {
            let covers = if resource.is_logged_itself { resource.coverage() } else { "every interface".into() };
            Done::new("unchanged", noted(format!("it exists and covers {covers}"), &notes))
        }
    }
}
