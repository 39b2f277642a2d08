//! The embedded account as an [`Account`] and a [`Lifecycle`].

use std::iter;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::doctor;
use super::ends::are_both_recorded;
use super::folder::{Embedded, Recorded};
use super::id::id_digits;
use super::state::{Entry, Error as EmbeddedError};
use crate::account::answering::Answers;
use crate::account::belonging;
use crate::account::cancellation::Cancellation;
use crate::account::created::Created;
use crate::account::error::Error;
use crate::account::expiry::Expiry;
use crate::account::finding::{Finding, Leftover};
use crate::account::flow_log::{AnyFlowLog, FlowLog};
use crate::account::inventory::Inventory;
use crate::account::inventory_names::names;
use crate::account::lifecycle::{Lifecycle, Records};
use crate::account::queries::Account;
use crate::account::resource::Resource;
use crate::account::settings::{DEFAULT_AGGREGATION_S, DEFAULT_RETENTION_DAYS, Settings, Traffic};
use crate::engine::{self, Files, Schema};
use crate::kind::TargetKind;
use crate::query::plan::{Plan, Source};
use crate::query::window::Interval;
use crate::value::{Progress, RowSink, RunStats};

/// The records of a new flow log reach this far back, in seconds, so that there are rows at once. On AWS there are no
/// records from before the flow log.
const BACKFILL_S: i64 = 60 * 60;

#[async_trait]
impl Account for Embedded {
    fn has_names(&self) -> bool {
        true
    }

    fn lifecycle(&self) -> Result<&dyn Lifecycle, Error> {
        Ok(self)
    }

    async fn resources(&self, kind: TargetKind) -> Result<Vec<Resource>, Error> {
        Ok(self.inventory.resources(kind))
    }

    async fn flow_logs(&self) -> Result<Vec<FlowLog>, Error> {
        Ok(self.listed()?)
    }

    async fn any_flow_logs(&self) -> Result<Vec<AnyFlowLog>, Error> {
        Ok(self.any_listed()?)
    }

    async fn answers(&self, plan: &Plan, interval: Option<Interval>) -> Result<Answers, Error> {
        let Recorded { answering, notes, .. } = self.recorded(plan, interval)?;
        Ok(Answers { answering, notes })
    }

    async fn inventory(&self) -> Result<Inventory, Error> {
        Ok(self.inventory.clone())
    }

    fn schemas(&self) -> Result<Vec<Schema>, Error> {
        let paths = self.record_files(None)?;
        Ok(Files::open(engine::Options { paths, ..self.options.clone() })?.schemas())
    }

    async fn more(&self, _: &Cancellation) -> Result<(), Error> {
        const PAUSE: Duration = Duration::from_secs(1);
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }

    async fn records_both_ends(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        cancellation: &Cancellation,
    ) -> Result<Option<bool>, Error> {
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
        let recorded = self.recorded(plan, interval)?;
        let plan = plan.narrowed(recorded.condition());
        let recorded_from = recorded.from();
        let mut notes = recorded.notes;
        self.go_on()?;
        let files = Files::open(engine::Options { paths: self.record_files(interval)?, ..self.options.clone() })?;
        let plan = belonging::resolved(&plan, &self.inventory, |field| files.has(&Source::Field(field)))?;
        let stats =
            engine::run(&plan, interval, &files, Some(&names(&self.inventory, &plan.networks)), progress, sink).await?;
        notes.extend(stats.notes);
        Ok(RunStats { elapsed: started.elapsed(), recorded_from, notes, ..stats })
    }
}

#[async_trait]
impl Lifecycle for Embedded {
    async fn create(&self, resource: &Resource, settings: &Settings, _: &Cancellation) -> Result<Created, Error> {
        if settings.traffic.unwrap_or_default() != Traffic::All {
            return Err(EmbeddedError::PartOfTraffic.into());
        }
        let expiry = Expiry::of(settings);
        let grows = resource.kind.covers_whole();
        let now = jiff::Timestamp::now().as_second();
        let created = self.state.change(|entries| {
            if let Some(entry) = entries.iter_mut().find(|entry| entry.is_of(resource)) {
                let joined: Vec<String> = if grows {
                    Vec::new()
                } else {
                    resource.interfaces.iter().filter(|id| !entry.interfaces.contains(id)).cloned().collect()
                };
                entry.interfaces.extend(joined.iter().cloned());
                let notes = Vec::new();
                return if joined.is_empty() {
                    Created::Unchanged { notes }
                } else {
                    Created::Extended { interfaces: joined, notes }
                };
            }
            let id = free_id(entries, resource);
            entries.push(Entry {
                id: id.clone(),
                kind: resource.kind.name().into(),
                resource: resource.id.clone(),
                log_group: resource.log_group_by(settings),
                interfaces: if grows { Vec::new() } else { resource.interfaces.clone() },
                created: now,
                records_from: now - BACKFILL_S,
                retention_days: settings.retention_days.unwrap_or(DEFAULT_RETENTION_DAYS),
                aggregation_s: settings.aggregation_s.unwrap_or(DEFAULT_AGGREGATION_S),
                expiry,
            });
            Created::New { id, notes: notes_of(settings, expiry) }
        })?;
        Ok(created)
    }

    // The records belong to the folder, not to a flow log.
    fn deletes_records(&self) -> bool {
        false
    }

    async fn delete(&self, flow_log: &FlowLog, _: Records, _: &Cancellation) -> Result<(), Error> {
        Ok(self.state.change(|entries| entries.retain(|entry| entry.id != flow_log.id))?)
    }

    async fn shrink(&self, flow_log: &FlowLog, interfaces: &[String], _: &Cancellation) -> Result<(), Error> {
        Ok(self.state.change(|entries| {
            for entry in entries.iter_mut().filter(|entry| entry.id == flow_log.id) {
                entry.interfaces.retain(|id| !interfaces.contains(id));
            }
        })?)
    }

    async fn findings(&self, _: Duration) -> Result<Vec<Finding>, Error> {
        doctor::findings(self).await
    }

    async fn remove(&self, _: &Leftover, _: &Cancellation) -> Result<(), Error> {
        Ok(self.state.remove_leftover()?)
    }
}

/// Notes on a new flow log, for the user.
fn notes_of(settings: &Settings, expiry: Option<Expiry>) -> Vec<String> {
    let back = "its records reach an hour back; on AWS they start when it is created";
    let fields = (!settings.fields.is_empty()).then_some("they have the fields that the folder has");
    let is_for_aws = settings.role.is_some()
        || settings.role_path.is_some()
        || settings.permissions_boundary.is_some()
        || settings.kms_key.is_some()
        || settings.log_class.is_some()
        || !settings.tags.is_empty();
    let for_aws = is_for_aws.then_some("an embedded account has no roles, keys, log classes or tags");
    let notes = iter::once(back).chain(fields).chain(for_aws).map(Into::into);
    notes.chain(expiry.map(|expiry| expiry.note())).collect()
}

/// An unused id; the first one for a resource is always the same.
fn free_id(entries: &[Entry], resource: &Resource) -> String {
    let mut id = format!("fl-{}", id_digits(&resource.log_group()));
    while entries.iter().any(|entry| entry.id == id) {
        id = format!("fl-{}", id_digits(&id));
    }
    id
}
