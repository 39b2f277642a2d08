//! Plans to answers, over flow log files.
//!
//! [`Files::open`] finds files and looks at each; [`run`] translates a plan into a DataFusion query
//! over them. Only the reading is ours: text, gzip or parquet to Arrow batches of just the columns
//! and records that the query needs (`files`, `look`, `decode`, `scan`). The engine knows no
//! targets and no inventory: whoever calls it has turned those into filters and [`Names`].
//!
//! See <https://datafusion.apache.org/library-user-guide/custom-table-providers.html>.

mod ahead;
mod answer;
mod block;
mod decode;
mod error;
mod files;
mod gather;
mod index;
mod layout;
mod look;
mod lower;
mod names;
mod parquet;
mod scalar;
mod scan;
mod select;
mod shape;
mod source;
mod storage;
mod tally;
mod text;
mod word;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;

use crate::field::{Field, Origin};
use crate::query::plan::{Interval, Limit, Plan, Source};
use crate::value::{Progress, Row, RowSink, RunStats};

pub use error::Error;
pub use files::{Files, Options};
pub use names::Names;

use scan::Visible;
use shape::{Shaped, shape};
use source::{Table, cores};
use tally::Tally;

/// Runs `plan` over the files; rows go to `sink` as they come.
///
/// `interval` limits the record's time, both ends included; without it every record counts. `names`
/// answer the fields that records do not have, where something knows them. The numbers in `progress`
/// grow while the run goes on.
///
/// # Errors
///
/// [`Error::FieldMissing`] and [`Error::NeedsInventory`] before anything is read;
/// [`Error::Truncated`], [`Error::Damaged`], [`Error::OtherHeader`], [`Error::Read`],
/// [`Error::ReadTwice`] and [`Error::StrictMalformed`] by the files; [`Error::Memory`];
/// [`Error::Sink`].
pub async fn run(
    plan: &Plan,
    interval: Option<Interval>,
    files: &Files,
    names: Option<&Names>,
    progress: &Arc<Progress>,
    sink: &mut (dyn RowSink + Send),
) -> Result<RunStats, Error> {
    let started = Instant::now();
    check(plan, interval, files, names)?;
    let records_before = progress.records.load(Ordering::Relaxed);
    let bytes_before = progress.bytes.load(Ordering::Relaxed);
    let tally = Arc::new(Tally::new(progress));
    let visible = Visible { statuses: plan.selection.statuses, interval };
    let table = Arc::new(Table::new(files, visible, &tally, plan.is_never()));
    let failed = |error| failed(error, &tally, files.memory_limit_bytes);
    let frame = context(files.memory_limit_bytes).and_then(|context| context.read_table(Arc::clone(&table) as _));
    let Shaped { frame, kinds } = shape(frame.map_err(failed)?, table.columns(), names, plan, interval)?;

    let mut answer = Answer { plan, files, tally: &tally, sink, rows: 0, truncated: false, is_started: false };
    let mut batches = frame.execute_stream().await.map_err(failed)?;
    while let Some(batch) = batches.next().await {
        answer.add(answer::rows(&batch.map_err(failed)?, &kinds))?;
    }
    answer.start()?;
    Ok(RunStats {
        rows: answer.rows,
        truncated: answer.truncated,
        records_scanned: progress.records.load(Ordering::Relaxed) - records_before,
        bytes_scanned: progress.bytes.load(Ordering::Relaxed) - bytes_before,
        files: if plan.is_never() { 0 } else { files.files.len() as u64 },
        malformed: tally.malformed.load(Ordering::Relaxed),
        first_malformed: tally.first_malformed(&files.files),
        nodata: tally.nodata.load(Ordering::Relaxed),
        skipdata: tally.skipdata.load(Ordering::Relaxed),
        skipped_files: files.skipped().to_vec(),
        elapsed: started.elapsed(),
        ..RunStats::default()
    })
}

/// Whether the files can answer the plan.
fn check(plan: &Plan, interval: Option<Interval>, files: &Files, names: Option<&Names>) -> Result<(), Error> {
    for source in plan.named() {
        if let Source::Field(field) = source
            && matches!(field.info().origin, Origin::Inventory(_))
            && names.is_none()
        {
            return Err(Error::NeedsInventory { name: field.name().into() });
        }
    }
    if let Some(missing) = plan.first_missing(|source| files.has(source)) {
        return Err(Error::FieldMissing { missing });
    }
    // A window names the time.
    if interval.is_some() && !files.has(&Source::Field(Field::Time)) {
        return Err(Error::FieldMissing { missing: Source::Field(Field::Start).into() });
    }
    Ok(())
}

/// A query engine that may use so much memory, and spills to temporary files beyond it.
fn context(memory_limit_bytes: usize) -> Result<SessionContext, DataFusionError> {
    /// Each thread that sorts keeps this share of the memory for merging what it spilled.
    const MERGE_SHARE: usize = 16;
    let mut config = SessionConfig::new().with_target_partitions(cores()).with_batch_size(scan::BATCH_ROWS);
    let reserved = &mut config.options_mut().execution.sort_spill_reservation_bytes;
    *reserved = (*reserved).min(memory_limit_bytes / cores() / MERGE_SHARE);
    let memory = Arc::new(FairSpillPool::new(memory_limit_bytes));
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(memory).build_arc()?;
    Ok(SessionContext::new_with_config_rt(config, runtime))
}

/// What the failure of a query means to its user.
fn failed(error: DataFusionError, tally: &Tally, limit_bytes: usize) -> Error {
    if let Some(error) = tally.failure() {
        return error;
    }
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => Error::Memory { limit_bytes },
        _ => Error::Engine { source: Box::new(error) },
    }
}

/// Rows on their way out.
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
    /// Passes on the columns. Every record was read by then, since answers are sorted: nothing is
    /// printed of an answer that a malformed line spoils.
    fn start(&mut self) -> Result<(), Error> {
        if self.is_started {
            return Ok(());
        }
        self.is_started = true;
        if self.files.is_strict
            && let Some(first) = self.tally.first_malformed(&self.files.files)
        {
            return Err(Error::StrictMalformed { file: first.file, line: first.line, reason: first.reason });
        }
        Ok(self.sink.columns(&self.plan.columns())?)
    }

    /// Passes on rows, up to the limit.
    fn add(&mut self, mut rows: Vec<Row>) -> Result<(), Error> {
        self.start()?;
        if self.plan.limit == Limit::Default {
            let left = self.plan.limit.rows().map_or(u64::MAX, |limit| limit - self.rows);
            self.truncated |= rows.len() as u64 > left;
            rows.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        self.rows += rows.len() as u64;
        if !rows.is_empty() {
            self.sink.rows(rows)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
