//! Records part by part, the newest part first, so that they need not be sorted all at once.
//!
//! Files and their lines are mostly in order of time. Where it is known from when to when the
//! records of each part are, those of some parts can be passed on as soon as no part that is still
//! to be read has newer ones. So a big answer starts soon and takes little memory, and one with a
//! limit ends early. Where too many parts lie over each other, the query engine has to sort.

use std::cell::RefCell;
use std::collections::BinaryHeap;
use std::error::Error;
use std::fmt;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::{iter, mem, thread};

use datafusion::arrow::array::{AsArray, BooleanArray, Datum, Int64Array, RecordBatch};
use datafusion::arrow::compute::kernels::cmp::gt;
use datafusion::arrow::compute::{concat_batches, filter_record_batch, not};
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use tokio::sync::mpsc::Sender;

use crate::field::Field;
use crate::query::plan::{Limit, Plan, Shape, SortKey, Source};

use super::files::{Body, Files, LogFile};
use super::scan::{BATCH_ROWS, Halt, Outlet, Scan, Unit, Worker};
use super::select::{Column, certain};
use super::source::cores;
use super::tally::lock;
use super::times::Times;

/// Records that take up to this share of the memory for them are sorted at once, without asking from
/// when to when others are.
const FEW_SHARE: usize = 8;

/// Parts that are read before it is asked whether there are enough records; then twice as many, and so on.
const FIRST_PARTS: usize = 2;

/// Bigger gzip files are not worth being read twice, nor held as a whole.
const GZIP_BYTES: u64 = 4 << 20;

/// Bytes that a value takes on its way, about.
const VALUE_BYTES: u64 = 24;

/// Whether the answer can come part by part, and is better off so.
pub(super) fn suits(plan: &Plan, files: &Files) -> bool {
    // With a malformed line, a strict run shows nothing: all lines have to be read before.
    matches!(plan.shape, Shape::Records { .. })
        && plan.sort.first().is_none_or(|key| *key == SortKey::NEWEST_FIRST)
        // Where all files are empty there is no column of times.
        && files.layouts().next().is_some()
        && files.has(&Source::Field(Field::Time))
        && !files.is_strict
        && files.files.iter().all(|file| has_parts(file, plan.limit))
}

/// Few rows of compressed text are picked while it is read: to find out its times takes nearly as long.
fn has_parts(file: &LogFile, limit: Limit) -> bool {
    match &file.body {
        Body::Empty | Body::Text { .. } => true,
        Body::Stream { .. } => false,
        Body::Gzip { bytes } => limit == Limit::None && *bytes <= GZIP_BYTES,
        Body::Parquet(parquet) => parquet.has_times(&file.layout),
    }
}

/// The query engine has to sort: too many parts have records of the same time.
#[derive(Debug)]
struct Mingled;

impl fmt::Display for Mingled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many parts have records of the same time")
    }
}

impl Error for Mingled {}

/// Whether this is why an answer did not begin.
pub(super) fn is_mingled(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::External(error) if error.is::<Mingled>())
}

/// The records of files, each batch newer than the next; within a batch they have no order.
#[derive(Clone, Debug)]
pub(super) struct NewestFirst {
    pub(super) scan: Arc<Scan>,
    /// How much memory records may take that wait for others.
    pub(super) memory_bytes: usize,
    /// How many are enough, if any number is.
    pub(super) enough: Option<usize>,
}

impl NewestFirst {
    /// From how many on records are worth a batch.
    fn worth_rows(&self) -> usize {
        self.enough.map_or(BATCH_ROWS, |enough| enough.min(BATCH_ROWS))
    }
}

impl PartitionStream for NewestFirst {
    fn schema(&self) -> &SchemaRef {
        &self.scan.select.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut stream = RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.scan.select.schema), 1);
        let reading = Reading { query: self.clone(), to: stream.tx() };
        stream.spawn_blocking(move || reading.run().or_else(|halt| reading.query.scan.halted(halt)));
        stream.build()
    }
}

struct Reading {
    query: NewestFirst,
    to: Sender<Result<RecordBatch, DataFusionError>>,
}

/// What was kept of a part.
type Kept = Result<Vec<RecordBatch>, Halt>;

impl Reading {
    fn run(&self) -> Result<(), Halt> {
        let mut held = Held::new(&self.query.scan, self.query.worth_rows());
        let mut rest = self.rest(&mut held)?;
        if rest.is_empty() {
            return self.pass_on(held.release_all()?).map(drop);
        }
        // The queue is taken from its end: the newest part first.
        rest.sort_by_key(|part| part.times.newest);
        if most_rows(&rest, cores()) * VALUE_BYTES * held.schema.fields().len() as u64 > self.query.memory_bytes as u64
        {
            return Err(DataFusionError::External(Box::new(Mingled)).into());
        }
        let newest: Vec<i64> = rest.iter().map(|part| part.times.newest).collect();
        let mut is_read = vec![false; newest.len()];
        // Behind the newest part of those that are not all read.
        let mut unread = newest.len();
        let mut queue: Vec<(usize, Unit)> = rest.into_iter().map(|part| part.unit).enumerate().collect();
        let mut passed = self.pass_on(held.release(newest[unread - 1])?)?;
        for round in self.rounds() {
            if self.is_enough(passed) || queue.is_empty() {
                break;
            }
            in_parallel(
                &Mutex::new(take_last(&mut queue, round)),
                |(place, unit)| (place, self.read(&unit)),
                |(place, kept)| {
                    held.batches.extend(kept?);
                    is_read[place] = true;
                    unread = is_read[..unread].iter().rposition(|is_read| !is_read).map_or(0, |last| last + 1);
                    match newest[..unread].last() {
                        Some(newest) if self.query.enough.is_none() => self.pass_on(held.release(*newest)?).map(drop),
                        _ => Ok(()),
                    }
                },
            )?;
            passed += match newest[..unread].last() {
                Some(newest) => self.pass_on(held.release(*newest)?)?,
                None => self.pass_on(held.release_all()?)?,
            };
        }
        Ok(())
    }

    /// How many parts are read before it is asked again whether there are enough records. What is read
    /// is always read to its end, so that what is counted does not depend on which thread comes first.
    fn rounds(&self) -> impl Iterator<Item = usize> {
        let first = if self.query.enough.is_some() { FIRST_PARTS } else { usize::MAX };
        iter::successors(Some(first), |round| Some(round.saturating_mul(2)))
    }

    fn is_enough(&self, rows: usize) -> bool {
        self.query.enough.is_some_and(|enough| rows >= enough)
    }

    /// Reads until there is much, or enough if none of the rest is newer; returns what is left then.
    fn rest(&self, held: &mut Held) -> Result<Vec<Part>, Halt> {
        let mut queue = mem::take(&mut *lock(&self.query.scan.queue));
        let says_times = |unit: &Unit| matches!(self.query.scan.files[unit.file].body, Body::Parquet(_));
        let mut is_much = queue.iter().all(says_times);
        for round in self.rounds() {
            if is_much || queue.is_empty() {
                break;
            }
            let parts = Mutex::new(take_last(&mut queue, round));
            in_parallel(
                &parts,
                |unit| self.read(&unit),
                |kept| {
                    held.batches.extend(kept?);
                    if held.bytes() > self.query.memory_bytes / FEW_SHARE {
                        is_much = true;
                        queue.append(&mut lock(&parts));
                    }
                    Ok(())
                },
            )?;
            is_much |= self.is_enough(held.rows());
        }
        let mut parts = Vec::new();
        let look = |unit: Unit| {
            let times = Times::of(&self.query.scan.files[unit.file], &unit.part, &self.to)?;
            Ok(Part { unit, times })
        };
        in_parallel(&Mutex::new(queue), look, |part: Result<Part, Halt>| {
            parts.push(part?);
            Ok(())
        })?;
        Ok(parts)
    }

    fn read(&self, unit: &Unit) -> Kept {
        let outlet = Keeping { kept: RefCell::default(), to: &self.to };
        Worker::new(&self.query.scan, &outlet).read(unit)?;
        Ok(outlet.kept.into_inner())
    }

    /// Passes on records, if there are any; returns how many.
    fn pass_on(&self, batch: Option<RecordBatch>) -> Result<usize, Halt> {
        let Some(batch) = batch else { return Ok(0) };
        let rows = batch.num_rows();
        self.to.pass(batch).map(|()| rows)
    }
}

/// Up to so many from the end.
fn take_last<T>(queue: &mut Vec<T>, count: usize) -> Vec<T> {
    queue.split_off(queue.len().saturating_sub(count))
}

/// A part and from when to when its records are.
struct Part {
    unit: Unit,
    times: Times,
}

/// How many records wait for others at once, at most. Parts are in order of their newest; so many
/// are read at once.
fn most_rows(parts: &[Part], threads: usize) -> u64 {
    let mut waiting = BinaryHeap::new();
    let (mut rows, mut most) = (0, 0);
    for (place, Part { times, .. }) in parts.iter().enumerate().rev() {
        waiting.push((times.oldest, times.rows));
        rows += times.rows;
        let read_meanwhile = &parts[(place + 1).saturating_sub(threads)..place];
        most = most.max(rows + read_meanwhile.iter().map(|part| part.times.rows).sum::<u64>());
        let next = place.checked_sub(1).map_or(i64::MIN, |next| parts[next].times.newest);
        while let Some((oldest, count)) = waiting.peek().copied()
            && oldest > next
        {
            waiting.pop();
            rows -= count;
        }
    }
    most
}

/// Keeps what a part has.
struct Keeping<'t> {
    kept: RefCell<Vec<RecordBatch>>,
    to: &'t Sender<Result<RecordBatch, DataFusionError>>,
}

impl Outlet for Keeping<'_> {
    fn pass(&self, batch: RecordBatch) -> Result<(), Halt> {
        self.kept.borrow_mut().push(batch);
        self.check_open()
    }

    fn check_open(&self) -> Result<(), Halt> {
        self.to.check_open()
    }
}

/// Works on what is in the queue, the last first, with as many threads as can run at once; `with`
/// takes what comes of it here, and ends all with an error.
fn in_parallel<T: Send, R: Send>(
    queue: &Mutex<Vec<T>>,
    work: impl Fn(T) -> R + Sync,
    mut with: impl FnMut(R) -> Result<(), Halt>,
) -> Result<(), Halt> {
    thread::scope(|scope| {
        let (sender, done) = sync_channel(0);
        for _ in 0..cores() {
            let (sender, work) = (sender.clone(), &work);
            let next = || lock(queue).pop();
            scope.spawn(move || {
                while let Some(item) = next() {
                    if sender.send(work(item)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        done.into_iter().try_for_each(&mut with)
    })
}

/// Records that wait until nothing newer can come.
struct Held {
    batches: Vec<RecordBatch>,
    schema: SchemaRef,
    /// The column of the time.
    time: usize,
    worth_rows: usize,
}

impl Held {
    fn new(scan: &Scan, worth_rows: usize) -> Self {
        let time = scan.select.output.iter().position(|column| *column == Column::TIME);
        let time = time.expect("records in order of time have one");
        Self { batches: Vec::new(), schema: Arc::clone(&scan.select.schema), time, worth_rows }
    }

    fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    fn bytes(&self) -> usize {
        self.batches.iter().map(RecordBatch::get_array_memory_size).sum()
    }

    /// The records that are newer than all that can still come, if they are worth a batch.
    fn release(&mut self, newest: i64) -> Result<Option<RecordBatch>, ArrowError> {
        let is_newer = |batch: &RecordBatch| {
            let times = batch.column(self.time).as_primitive::<Int64Type>();
            gt(times, &Int64Array::new_scalar(newest) as &dyn Datum).map(certain)
        };
        let masks = self.batches.iter().map(is_newer).collect::<Result<Vec<BooleanArray>, ArrowError>>()?;
        if masks.iter().map(BooleanArray::true_count).sum::<usize>() < self.worth_rows {
            return Ok(None);
        }
        let mut newer = Vec::new();
        let mut held = Vec::new();
        for (batch, mask) in mem::take(&mut self.batches).into_iter().zip(masks) {
            match mask.true_count() {
                0 => held.push(batch),
                all if all == batch.num_rows() => newer.push(batch),
                _ => {
                    newer.push(filter_record_batch(&batch, &mask)?);
                    held.push(filter_record_batch(&batch, &not(&mask)?)?);
                }
            }
        }
        self.batches = held;
        concat_batches(&self.schema, &newer).map(Some)
    }

    /// All records.
    fn release_all(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        let batches = mem::take(&mut self.batches);
        if batches.is_empty() { Ok(None) } else { concat_batches(&self.schema, &batches).map(Some) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan::Part as UnitPart;
    use super::*;

    #[test]
    fn records_wait_for_parts_that_may_have_newer_ones() {
        let most = |times: &[(i64, i64, u64)], threads| {
            let part = |&(oldest, newest, rows)| Part {
                unit: Unit { file: 0, part: UnitPart::Whole },
                times: Times { oldest, newest, rows },
            };
            most_rows(&times.iter().map(part).collect::<Vec<_>>(), threads)
        };
        // One after the other: none waits for another.
        assert_eq!(most(&[(0, 9, 5), (10, 19, 7), (20, 29, 6)], 1), 7);
        // The last two are read at once.
        assert_eq!(most(&[(0, 9, 5), (10, 19, 7), (20, 29, 6)], 2), 13);
        // The newest part may have records as old as those of the one before it, not as the first's.
        assert_eq!(most(&[(0, 9, 5), (10, 25, 7), (20, 29, 6)], 1), 13);
        // A part of all times, or with records that have none, waits to the end.
        assert_eq!(most(&[(0, 9, 5), (10, 19, 7), (0, 29, 6)], 1), 13);
        assert_eq!(most(&[(0, 9, 5), (10, 19, 7), (i64::MIN, 29, 6)], 1), 13);
        assert_eq!(most(&[(5, 9, 5), (10, 19, 7), (0, 29, 6)], 1), 13);
        assert_eq!(most(&[(5, 29, 5), (5, 29, 7), (5, 29, 6)], 1), 18);
    }
}
