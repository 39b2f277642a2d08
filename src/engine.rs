//! Runs plans over flow log files.
//!
//! [`Files::open`] finds files and reads the head of each; [`run()`] translates a plan into a DataFusion query over
//! them. Only the reading is our own: text, gzip or parquet to Arrow batches of just the columns and records that the
//! query needs, in parts from the newest on where that saves sorting. The engine knows neither targets nor inventories:
//! its caller has turned those into filters and [`Names`].
//!
//! # Layers
//!
//! Each layer uses only those before it, and [`Error`]:
//!
//! 1. `record`: the nouns. Layouts and their slots, parts of files, the statistics of a run.
//! 2. `store`: stored bytes. Local files, pipes, gzip, reading ahead.
//! 3. `decode`: bytes to Arrow. Its module documentation draws how a block of records lies in memory.
//! 4. `plan`: a plan to expressions of DataFusion, and to the columns and records of a block that it keeps.
//!    It is below the formats, since each format passes its blocks to it.
//! 5. `format`: the formats of records, one file per format behind one trait.
//! 6. `input`: paths to files whose format and layout are known.
//! 7. `run`: the table that DataFusion reads, its threads, the order of parts, and the rows of the answer.
//!
//! See <https://datafusion.apache.org/library-user-guide/custom-table-providers.html>.

mod decode;
mod error;
mod format;
#[cfg(fuzzing)]
pub mod fuzz;
mod input;
mod plan;
mod record;
mod run;
mod store;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::stream::{BoxStream, StreamExt};

use crate::field::{Field, Origin};
use crate::query::plan::{Limit, Plan, Source};
use crate::query::window::Interval;
use crate::value::{Malformed, Progress, Row, RowSink, RunStats};

pub use error::Error;
pub use input::{Files, Options, Schema};
pub use plan::{Found, Geo, Names};

use plan::{Looked, Shaped, shape};
use record::{BATCH_ROWS, Interfaces, Tally, Visible, cores};
use run::LogTable;

/// Runs `plan` over the files; rows go to `sink` as they arrive.
///
/// The record's time has to be in `interval`, both ends included; without one every record counts. `names` provide the
/// fields that records do not have, if available. The numbers in `progress` grow during the run. The statistics do not
/// include the duration, since opening the files is part of it.
///
/// # Errors
///
/// [`Error::FieldMissing`] and [`Error::NeedsInventory`] before anything is read; [`Error::Truncated`],
/// [`Error::Damaged`], [`Error::OtherHeader`], [`Error::Read`], [`Error::ReadTwice`] and [`Error::StrictMalformed`] for
/// the files; [`Error::Memory`]; [`Error::Sink`].
pub async fn run(
    plan: &Plan,
    interval: Option<Interval>,
    files: &Files,
    names: Option<&Names>,
    progress: &Arc<Progress>,
    sink: &mut (dyn RowSink + Send),
) -> Result<RunStats, Error> {
    check(plan, interval, files, names)?;
    let query = Query { plan, interval, files, names, progress };
    let mut running = query.start(run::suits(plan, files)).await?;
    let mut next = running.rows.next().await;
    if let Some(Err(error)) = &next
        && run::is_overlap(error)
    {
        running = query.start(false).await?;
        next = running.rows.next().await;
    }
    let Running { tally, interfaces, mut rows, records_before, bytes_before } = running;
    let mut answer = Answer { plan, files, tally: &tally, sink, rows: 0, truncated: false, is_started: false };
    while let Some(some) = next {
        answer.add(some.map_err(|error| failed(error, &tally, files.memory_limit_bytes))?)?;
        next = if answer.is_full() { None } else { rows.next().await };
    }
    answer.start()?;
    answer.check_whole()?;
    let mut notes = plan.run_notes.clone();
    notes.extend(tally.unread_names().into_iter().map(|(file, name)| files.note_of_name(file, &name)));
    notes.extend(plan.note_of_role(|source| files.has(source)));
    notes.extend(interfaces.iter().flat_map(|interfaces| interfaces.notes()));
    let failed_files = files.failed().iter().cloned().chain(tally.failed_files()).collect();
    Ok(RunStats {
        rows: answer.rows,
        truncated: answer.truncated,
        records_scanned: progress.records.load(Ordering::Relaxed) - records_before,
        bytes_scanned: progress.bytes.load(Ordering::Relaxed) - bytes_before,
        files: if plan.is_never() { 0 } else { files.files.len() as u64 },
        malformed: tally.malformed.load(Ordering::Relaxed),
        first_malformed: tally.first_malformed().map(|first| files.named(first)),
        nodata: tally.nodata.load(Ordering::Relaxed),
        skipdata: tally.skipdata.load(Ordering::Relaxed),
        skipped_files: files.skipped().to_vec(),
        failed_files,
        notes,
        ..RunStats::default()
    })
}

/// A plan and the files that it runs over.
struct Query<'a> {
    plan: &'a Plan,
    interval: Option<Interval>,
    files: &'a Files,
    names: Option<&'a Names>,
    progress: &'a Arc<Progress>,
}

/// A running query.
struct Running {
    tally: Arc<Tally>,
    interfaces: Option<Arc<Interfaces>>,
    rows: BoxStream<'static, Result<Vec<Row>, DataFusionError>>,
    records_before: u64,
    bytes_before: u64,
}

impl Query<'_> {
    /// Starts the query. With `newest_first`, records arrive part by part; if that is not possible, the query fails
    /// before its first row with an error that [`run::is_overlap`] recognises.
    async fn start(&self, newest_first: bool) -> Result<Running, Error> {
        let Self { plan, interval, files, names, progress } = *self;
        let tally = Arc::new(Tally::new(progress));
        let visible = Visible { statuses: plan.selection.statuses, interval, is_followed: plan.follow };
        let limit = newest_first.then_some(plan.limit);
        let table = Arc::new(LogTable::new(files, visible, &tally, plan.is_never(), limit));
        let failed = |error| failed(error, &tally, files.memory_limit_bytes);
        // Ordered batches must stay in one partition.
        let partitions = if newest_first { 1 } else { cores() };
        let context = context(files.memory_limit_bytes, partitions).map_err(failed)?;
        let frame = context.read_table(Arc::clone(&table) as _).map_err(failed)?;
        let Shaped { frame, kinds, order } =
            shape(frame, table.columns(), newest_first, Looked { names, geo: &files.geo }, plan, interval)?;
        let records_before = progress.records.load(Ordering::Relaxed);
        let bytes_before = progress.bytes.load(Ordering::Relaxed);
        let rows = run::rows(frame.execute_stream().await.map_err(failed)?, order, kinds).boxed();
        Ok(Running { tally, interfaces: table.interfaces(), rows, records_before, bytes_before })
    }
}

/// Checks that the files can answer the plan.
fn check(plan: &Plan, interval: Option<Interval>, files: &Files, names: Option<&Names>) -> Result<(), Error> {
    for source in plan.named() {
        if let Source::Field(field) = source
            && matches!(field.info().origin, Origin::Inventory(_))
            && names.is_none()
        {
            return Err(Error::NeedsInventory { name: field.name().into() });
        }
    }
    for field in plan.located() {
        files.geo.open(field.name())?;
    }
    if let Some(missing) = plan.first_missing(|source| files.has(source)) {
        return Err(Error::FieldMissing { missing });
    }
    // A window filters by time.
    if interval.is_some() && !files.has(&Source::Field(Field::Time)) {
        return Err(Error::FieldMissing { missing: Source::Field(Field::Start).into() });
    }
    Ok(())
}

/// A DataFusion context that may use this much memory, and spills to temporary files beyond it.
fn context(memory_limit_bytes: usize, partitions: usize) -> Result<SessionContext, DataFusionError> {
    /// The share of the memory that each sorting thread reserves for merging its spilled data.
    const MERGE_SHARE: usize = 16;
    let mut config = SessionConfig::new().with_target_partitions(partitions).with_batch_size(BATCH_ROWS);
    let reserved = &mut config.options_mut().execution.sort_spill_reservation_bytes;
    *reserved = (*reserved).min(memory_limit_bytes / cores() / MERGE_SHARE);
    let memory = Arc::new(FairSpillPool::new(memory_limit_bytes));
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(memory).build_arc()?;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}

/// Converts the failure of a query to an error for the user.
fn failed(error: DataFusionError, tally: &Tally, limit_bytes: usize) -> Error {
    if let Some(error) = tally.failure() {
        return error;
    }
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => Error::Memory { limit_bytes },
        _ => Error::Engine { source: Box::new(error) },
    }
}

/// The answer on its way to the sink.
struct Answer<'a> {
    plan: &'a Plan,
    files: &'a Files,
    tally: &'a Tally,
    sink: &'a mut (dyn RowSink + Send),
    rows: u64,
    truncated: bool,
    is_started: bool,
}

impl Answer<'_> {
    /// Passes on the columns. In a strict run, the query engine has sorted the rows, so every record has been read: an
    /// answer with a malformed line prints nothing.
    fn start(&mut self) -> Result<(), Error> {
        if self.is_started {
            return Ok(());
        }
        self.check_whole()?;
        self.is_started = true;
        if self.files.is_strict
            && let Some(first) = self.tally.first_malformed().map(|first| self.files.named(first))
        {
            let Malformed { file, unit, line, reason } = first;
            return Err(Error::StrictMalformed { file, unit, line, reason });
        }
        Ok(self.sink.columns(&self.plan.columns())?)
    }

    /// Returns the error that ended the reading early, if there is one: the rows that still arrive are incomplete.
    fn check_whole(&self) -> Result<(), Error> {
        self.tally.failure().map_or(Ok(()), Err)
    }

    /// Passes on rows, up to the limit.
    fn add(&mut self, mut rows: Vec<Row>) -> Result<(), Error> {
        self.start()?;
        self.check_whole()?;
        let left = self.plan.limit.rows().map_or(u64::MAX, |limit| limit - self.rows);
        // With an explicit limit, further rows are not a truncation.
        self.truncated |= self.plan.limit == Limit::Default && rows.len() as u64 > left;
        rows.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        self.rows += rows.len() as u64;
        if !rows.is_empty() {
            self.sink.rows(rows)?;
        }
        Ok(())
    }

    /// Returns whether no more rows are needed. One row more than the default limit shows that there are more.
    fn is_full(&self) -> bool {
        match self.plan.limit {
            Limit::Default => self.truncated,
            limit => limit.rows() == Some(self.rows),
        }
    }
}

#[cfg(test)]
mod tests;
