//! Records part by part, the newest part first, so that they need not be sorted all at once.
//!
//! Files and their lines are mostly in order of time. If the time range of each part is known, records can be passed on
//! as soon as no unread part has newer ones. So a big answer starts soon and takes little memory. With a limit (early
//! termination), once there are enough records, only the times of older text are read, and nothing of older parquet. If
//! too many parts overlap, the query engine has to sort.

use std::cell::{Cell, RefCell};
use std::collections::BinaryHeap;
use std::error::Error;
use std::fmt;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::{iter, mem, thread};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use tokio::sync::mpsc::Sender;

use crate::engine::format::Reader;
use crate::engine::input::Files;
use crate::engine::record::{BATCH_ROWS, Halt, Outlet, Times, Unit, cores, lock};
use crate::field::Field;
use crate::query::plan::{Plan, Shape, SortKey, Source};

use super::pending::Pending;
use super::scan::Scan;

/// Below this share of the memory, the time ranges of the remaining parts are not determined: everything is read and
/// sorted.
const FEW_SHARE: usize = 8;

/// The number of parts in the first round with a limit; each round has twice as many as the one before.
const FIRST_PARTS: usize = 2;

/// Smaller parts are read many at a time after the first round: a round of only a few small files would take longer to
/// begin than to read.
const SMALL_BYTES: u64 = 64 << 10;

/// The largest number of parts in a round: all their records are in memory until its end.
const MOST_PARTS: usize = 8;

/// Estimated bytes of a value in memory.
const VALUE_BYTES: u64 = 24;

/// Returns whether the answer can be produced part by part, and benefits from it.
pub(crate) fn suits(plan: &Plan, files: &Files) -> bool {
    // A strict run shows nothing if a line is malformed, so all lines have to be read first.
    matches!(plan.shape, Shape::Records { .. })
        && plan.sort.first().is_none_or(|key| *key == SortKey::NEWEST_FIRST)
        // If all files are empty, there is no time column.
        && files.layouts().next().is_some()
        && files.has(&Source::Field(Field::Time))
        && !files.is_strict
        && files.files.iter().all(|file| file.records.suits_newest_first(&file.layout, plan.limit))
}

/// The time ranges of too many parts overlap, or a part is too large: the query engine has to sort.
#[derive(Debug)]
struct TooMuchOverlap;

impl TooMuchOverlap {
    fn halt() -> Halt {
        DataFusionError::External(Box::new(Self)).into()
    }
}

impl fmt::Display for TooMuchOverlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many records have to wait for others")
    }
}

impl Error for TooMuchOverlap {}

/// Returns whether an answer did not begin because too many parts overlap.
pub(crate) fn is_overlap(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::External(error) if error.is::<TooMuchOverlap>())
}

/// The records of files, in batches from the newest to the oldest; within a batch they have no order.
#[derive(Clone, Debug)]
pub(crate) struct NewestFirst {
    pub(crate) scan: Arc<Scan>,
    /// The memory for records that wait for others.
    pub(crate) memory_bytes: usize,
    /// The number of records that is enough; `None` without a limit.
    pub(crate) enough: Option<usize>,
}

impl NewestFirst {
    /// The smallest batch to pass on, after `passed` records.
    fn worth_rows(&self, passed: usize) -> usize {
        self.enough.map_or(BATCH_ROWS, |enough| enough.saturating_sub(passed).min(BATCH_ROWS))
    }

    fn is_enough(&self, rows: usize) -> bool {
        self.enough.is_some_and(|enough| rows >= enough)
    }

    /// The number of parts that may be in flight at once, or `None` if their rows would not fit into memory. With a
    /// limit it does not depend on the number of threads, so that the statistics do not either.
    fn parts_at_once(&self, parts: &[TimedPart]) -> Option<usize> {
        let row_bytes = VALUE_BYTES * self.scan.context.select.output.len() as u64;
        let fits = |at_once: &usize| {
            let rows = most_rows(parts, *at_once, self.enough.map_or(u64::MAX, |enough| enough as u64));
            rows.saturating_mul(row_bytes) <= self.memory_bytes as u64
        };
        if self.enough.is_none() {
            return Some(cores()).filter(fits);
        }
        iter::successors(Some(MOST_PARTS), |parts| Some(parts / 2)).take_while(|parts| *parts >= FIRST_PARTS).find(fits)
    }

    /// The number of parts of each round; after a round it is decided whether there are enough records. A round is
    /// always read to its end, so that counts do not depend on the order of the threads.
    fn rounds(&self, most: usize) -> impl Iterator<Item = usize> {
        let first = if self.enough.is_some() { FIRST_PARTS } else { usize::MAX };
        iter::successors(Some(first), move |round| Some((round.saturating_mul(2)).min(most.max(first))))
    }
}

impl PartitionStream for NewestFirst {
    fn schema(&self) -> &SchemaRef {
        &self.scan.context.select.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut stream = RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.scan.context.select.schema), 1);
        let reader = NewestReader { query: self.clone(), to: stream.tx() };
        stream.spawn_blocking(move || reader.run().or_else(|halt| reader.query.scan.halted(halt, 0)));
        stream.build()
    }
}

struct NewestReader {
    query: NewestFirst,
    to: Sender<Result<RecordBatch, DataFusionError>>,
}

impl NewestReader {
    fn run(&self) -> Result<(), Halt> {
        let mut pending = Pending::new(&self.query.scan.context.select);
        let parts = self.read_first(&mut pending)?;
        let Some(at_once) = self.query.parts_at_once(&parts) else {
            return Err(TooMuchOverlap::halt());
        };
        let mut unread = Unread::new(&parts);
        let mut queue: Vec<(usize, Unit)> = parts.into_iter().map(|part| part.unit).enumerate().collect();
        let mut passed = self.advance(&mut pending, unread.newest(), 0)?;
        for round in self.query.rounds(at_once) {
            if self.query.is_enough(passed) || queue.is_empty() {
                break;
            }
            in_parallel(
                &Mutex::new(take_last(&mut queue, round)),
                |(place, unit)| Ok((place, self.read(&unit, usize::MAX)?)),
                |(place, batches)| {
                    pending.add(batches);
                    unread.remove(place);
                    // With a limit, the number of records could be enough in the middle of a round.
                    if self.query.enough.is_none() {
                        self.advance(&mut pending, unread.newest(), passed)?;
                    }
                    Ok(())
                },
            )?;
            passed = self.advance(&mut pending, unread.newest(), passed)?;
        }
        Ok(())
    }

    /// Passes on the records newer than every unread part (`newest`), then drops those that can no longer
    /// be within the limit; returns how many were passed on so far.
    fn advance(&self, pending: &mut Pending, newest: Option<i64>, passed: usize) -> Result<usize, Halt> {
        let passed = passed + self.pass_on(pending.release(newest, self.query.worth_rows(passed))?)?;
        if let Some(enough) = self.query.enough {
            pending.keep_newest(enough.saturating_sub(passed))?;
        }
        Ok(passed)
    }

    /// Reads parts until the records take much memory, or are enough for the limit; returns the unread parts, the one
    /// with the newest record last.
    fn read_first(&self, pending: &mut Pending) -> Result<Vec<TimedPart>, Halt> {
        let mut queue = Vec::from(mem::take(&mut *lock(&self.query.scan.queue)));
        let says_times = |unit: &Unit| self.query.scan.files[unit.file].records.stores_times();
        let mut is_much = queue.iter().all(says_times);
        // Nobody knows yet how much a part holds: a few megabytes of gzip may be gigabytes of records.
        let most_bytes = self.query.memory_bytes / cores();
        for round in self.query.rounds(MOST_PARTS) {
            if is_much || queue.is_empty() {
                break;
            }
            let count = round_of(&queue, round);
            let parts = Mutex::new(take_last(&mut queue, count));
            in_parallel(
                &parts,
                |unit| self.read(&unit, most_bytes),
                |batches| {
                    pending.add(batches);
                    if self.query.enough.is_none() && self.is_much(pending) {
                        is_much = true;
                        queue.append(&mut lock(&parts));
                    }
                    Ok(())
                },
            )?;
            is_much |= self.is_much(pending) || self.query.is_enough(pending.rows());
        }
        self.time_ranges(queue)
    }

    fn is_much(&self, pending: &Pending) -> bool {
        pending.bytes() > self.query.memory_bytes / FEW_SHARE
    }

    /// Determines the time ranges of parts, and sorts them, the one with the newest record last.
    fn time_ranges(&self, queue: Vec<Unit>) -> Result<Vec<TimedPart>, Halt> {
        let time_range = |(place, unit): (usize, Unit)| {
            let file = &self.query.scan.files[unit.file];
            let times = match file.records.times(file, &unit.part, &self.to) {
                // The records before the damage may have any time; reading them reports it.
                Err(Halt::Failed(error)) if error.file_problem().is_some() => Times::UNKNOWN,
                times => times?,
            };
            Ok((place, TimedPart { unit, times }))
        };
        let mut parts = Vec::new();
        in_parallel(&Mutex::new(queue.into_iter().enumerate().collect()), time_range, |part| {
            parts.push(part);
            Ok(())
        })?;
        // Ties are broken by place, since results arrive in the order in which threads finish.
        parts.sort_unstable_by_key(|(place, part)| (part.times.newest, *place));
        Ok(parts.into_iter().map(|(_, part)| part).collect())
    }

    /// Reads a part, unless its records take more than `most_bytes`: then the query engine has to sort.
    fn read(&self, unit: &Unit, most_bytes: usize) -> Result<Vec<RecordBatch>, Halt> {
        let outlet = Collector { batches: RefCell::default(), left_bytes: Cell::new(most_bytes), to: &self.to };
        self.query.scan.read(&Reader::new(&self.query.scan.context, &outlet), unit)?;
        Ok(outlet.batches.into_inner())
    }

    /// Passes on records, if there are any; returns the number.
    fn pass_on(&self, batch: Option<RecordBatch>) -> Result<usize, Halt> {
        let Some(batch) = batch else { return Ok(0) };
        let rows = batch.num_rows();
        self.to.pass(batch).map(|()| rows)
    }
}

/// Takes up to `count` items from the end.
fn take_last<T>(queue: &mut Vec<T>, count: usize) -> Vec<T> {
    queue.split_off(queue.len().saturating_sub(count))
}

/// The number of units at the end of the queue that are read as one round: `parts` units, or more small ones. The first
/// round has no more than `parts`, since these often have enough records.
fn round_of(queue: &[Unit], parts: usize) -> usize {
    if parts == FIRST_PARTS {
        return parts;
    }
    let most_bytes = SMALL_BYTES.saturating_mul(parts as u64);
    let mut bytes = 0_u64;
    let small = queue.iter().rev().take_while(|unit| {
        bytes = bytes.saturating_add(unit.bytes);
        bytes <= most_bytes
    });
    parts.max(small.count())
}

/// A part and its time range.
struct TimedPart {
    unit: Unit,
    times: Times,
}

/// The parts that are still to be read, in order of their newest record.
struct Unread {
    newest: Vec<i64>,
    is_read: Vec<bool>,
}

impl Unread {
    fn new(parts: &[TimedPart]) -> Self {
        Self { newest: parts.iter().map(|part| part.times.newest).collect(), is_read: vec![false; parts.len()] }
    }

    fn remove(&mut self, place: usize) {
        self.is_read[place] = true;
        while self.is_read.last().is_some_and(|is_read| *is_read) {
            self.is_read.pop();
            self.newest.pop();
        }
    }

    /// The newest time of any unread part.
    fn newest(&self) -> Option<i64> {
        self.newest.last().copied()
    }
}

/// Returns the largest number of records that are in memory at once, if parts are read from the last on,
/// `at_once` at a time, and pending records beyond `enough` are dropped.
fn most_rows(parts: &[TimedPart], at_once: usize, enough: u64) -> u64 {
    let mut waiting = BinaryHeap::new();
    let (mut rows, mut most) = (0_u64, 0);
    for (place, TimedPart { times, .. }) in parts.iter().enumerate().rev() {
        let read_meanwhile = &parts[(place + 1).saturating_sub(at_once)..=place];
        let meanwhile = read_meanwhile.iter().fold(0, |rows: u64, part| rows.saturating_add(part.times.rows));
        most = most.max(rows.min(enough).saturating_add(meanwhile));
        waiting.push((times.oldest, times.rows));
        rows = rows.saturating_add(times.rows);
        let next = place.checked_sub(1).map_or(i64::MIN, |next| parts[next].times.newest);
        while let Some((oldest, count)) = waiting.peek().copied()
            && oldest > next
        {
            waiting.pop();
            rows = rows.saturating_sub(count);
        }
    }
    most
}

/// Collects the batches of a part.
struct Collector<'t> {
    batches: RefCell<Vec<RecordBatch>>,
    left_bytes: Cell<usize>,
    to: &'t Sender<Result<RecordBatch, DataFusionError>>,
}

impl Outlet for Collector<'_> {
    fn pass(&self, batch: RecordBatch) -> Result<(), Halt> {
        let Some(left_bytes) = self.left_bytes.get().checked_sub(batch.get_array_memory_size()) else {
            return Err(TooMuchOverlap::halt());
        };
        self.left_bytes.set(left_bytes);
        self.batches.borrow_mut().push(batch);
        self.check_open()
    }

    fn check_open(&self) -> Result<(), Halt> {
        self.to.check_open()
    }
}

/// Runs `work` on the items of the queue, the last first, in as many threads as can run at once. `with` takes the
/// results in this thread. After an error no further item is begun; of several errors that of the first item counts,
/// whichever thread met one first.
fn in_parallel<T: Send, R: Send>(
    queue: &Mutex<Vec<T>>,
    work: impl Fn(T) -> Result<R, Halt> + Sync,
    mut with: impl FnMut(R) -> Result<(), Halt>,
) -> Result<(), Halt> {
    thread::scope(|scope| {
        let (sender, done) = sync_channel(0);
        for _ in 0..cores() {
            let (sender, work) = (sender.clone(), &work);
            let next = || {
                let mut queue = lock(queue);
                queue.pop().map(|item| (queue.len(), item))
            };
            scope.spawn(move || {
                while let Some((left, item)) = next() {
                    if sender.send((left, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut first: Option<(usize, Halt)> = None;
        for (left, outcome) in done {
            let outcome = if first.is_none() { outcome.and_then(&mut with) } else { outcome.map(|_| ()) };
            if let Err(halt) = outcome {
                lock(queue).clear();
                // The item that left the most others in the queue was the first.
                if first.as_ref().is_none_or(|(known, _)| left > *known) {
                    first = Some((left, halt));
                }
            }
        }
        first.map_or(Ok(()), |(_, halt)| Err(halt))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::record::Part;

    /// Parts with these time ranges and numbers of records.
    fn parts(times: &[(i64, i64, u64)]) -> Vec<TimedPart> {
        let part = |&(oldest, newest, rows)| TimedPart {
            unit: Unit { file: 0, place: 0, part: Part::Whole, bytes: 0 },
            times: Times { oldest, newest, rows },
        };
        times.iter().map(part).collect()
    }

    #[test]
    fn records_wait_for_parts_that_may_have_newer_ones() {
        let most = |times: &[(i64, i64, u64)], at_once| most_rows(&parts(times), at_once, u64::MAX);
        // One after the other: no part waits for another.
        assert_eq!(most(&[(0, 9, 5), (10, 19, 7), (20, 29, 6)], 1), 7);
        // The last two are read at once.
        assert_eq!(most(&[(0, 9, 5), (10, 19, 7), (20, 29, 6)], 2), 13);
        // The newest part may have records as old as those of the one before it, not as the first's.
        assert_eq!(most(&[(0, 9, 5), (10, 25, 7), (20, 29, 6)], 1), 13);
        // A part that spans all times, or has records without one, waits until the end.
        assert_eq!(most(&[(0, 9, 5), (10, 19, 7), (0, 29, 6)], 1), 13);
        assert_eq!(most(&[(0, 9, 5), (10, 19, 7), (i64::MIN, 29, 6)], 1), 13);
        assert_eq!(most(&[(5, 9, 5), (10, 19, 7), (0, 29, 6)], 1), 13);
        assert_eq!(most(&[(5, 29, 5), (5, 29, 7), (5, 29, 6)], 1), 18);
        // Numbers from a damaged file fit nowhere.
        assert_eq!(most(&[(0, 9, u64::MAX), (0, 19, u64::MAX)], 2), u64::MAX);
        // Four records of the last two parts are still in memory while the first is read.
        assert_eq!(most_rows(&parts(&[(5, 29, 5), (5, 29, 7), (5, 29, 6)]), 1, 4), 11);
    }

    #[test]
    fn a_round_has_many_small_parts_or_a_few_usual_ones() {
        let queue = |bytes: &[u64]| -> Vec<Unit> {
            bytes.iter().map(|bytes| Unit { file: 0, place: 0, part: Part::Whole, bytes: *bytes }).collect()
        };
        assert_eq!(round_of(&queue(&[SMALL_BYTES; 9]), 4), 4);
        assert_eq!(round_of(&queue(&[SMALL_BYTES / 2; 9]), 4), 8);
        assert_eq!(round_of(&queue(&[200; 9]), 4), 9);
        assert_eq!(round_of(&queue(&[u64::MAX; 9]), 4), 4);
        assert_eq!(round_of(&queue(&[200; 9]), FIRST_PARTS), FIRST_PARTS);
    }

    #[test]
    fn what_can_still_come_is_no_newer_than_the_newest_unread_part() {
        let mut unread = Unread::new(&parts(&[(0, 9, 1), (0, 19, 1), (0, 29, 1)]));
        let mut left = |place| {
            unread.remove(place);
            unread.newest()
        };
        assert_eq!([left(1), left(2), left(0)], [Some(29), Some(9), None]);
    }
}
