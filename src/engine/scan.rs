//! The reading threads: each takes a part of a file, has it decoded, passes on what the query keeps.
//!
//! Parts come from one queue, so that one big file does not leave threads idle. How a part is read
//! is the business of `text` and `parquet`, what is kept of it that of `select`.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use tokio::sync::mpsc::Sender;

use crate::field::Field;
use crate::query::plan::Statuses;
use crate::query::window::Interval;

use super::Error;
use super::block::Block;
use super::files::{Body, LogFile};
use super::layout::Layout;
use super::select::Select;
use super::tally::{Counts, Tally, lock};

/// Records of a batch, about; also what the query engine makes of them.
pub(super) const BATCH_ROWS: usize = 8192;

/// A text file is read in parts of this size, so that several threads can share a big one.
const PART_BYTES: u64 = 4 << 20;

/// Which records are seen at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visible {
    pub(super) statuses: Statuses,
    pub(super) interval: Option<Interval>,
    /// Whether a last line without its end waits for it: more comes to the file.
    pub(super) grows: bool,
}

impl Visible {
    /// Whether a record of this status (empty where it is absent) is hidden; counts it if so.
    ///
    /// A hidden record outside the interval was not asked for anyway, so it is not counted.
    pub(super) fn hides(self, status: &[u8], start: Option<i64>, counts: &mut Counts) -> bool {
        let Statuses::Traffic { nodata, skipdata } = self.statuses else { return false };
        let is_inside = || match (self.interval, start) {
            (Some(interval), Some(start)) => (interval.from..=interval.until).contains(&start),
            _ => true,
        };
        match status {
            b"OK" => false,
            b"NODATA" if nodata => false,
            b"SKIPDATA" if skipdata => false,
            b"NODATA" => {
                counts.nodata += u64::from(is_inside());
                true
            }
            b"SKIPDATA" => {
                counts.skipdata += u64::from(is_inside());
                true
            }
            _ => true,
        }
    }
}

/// A part of a file that one thread reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// The file, by its place among the files.
    pub(super) file: usize,
    pub(super) part: Part,
}

/// Which part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// The lines that start in these bytes.
    Bytes(Range<u64>),
    /// A group of rows of a parquet file.
    RowGroup(usize),
}

/// Files as parts, in order, but for row groups outside the interval; and how many bytes will be
/// read, 0 where that is not known.
pub(super) fn units(files: &[Arc<LogFile>], select: &Select, visible: Visible) -> (Vec<Unit>, u64) {
    let mut units = Vec::new();
    let mut total_bytes = Some(0);
    for (index, file) in files.iter().enumerate() {
        let mut add = |part| units.push(Unit { file: index, part });
        match &file.body {
            Body::Empty => {}
            Body::Stream { .. } => {
                total_bytes = None;
                add(Part::Whole);
            }
            Body::Gzip { bytes } => {
                total_bytes = total_bytes.map(|total| total + bytes);
                add(Part::Whole);
            }
            Body::Text { bytes } => {
                let bytes = if visible.grows { super::text::ended_bytes(&file.path, *bytes) } else { *bytes };
                total_bytes = total_bytes.map(|total| total + bytes);
                for part in 0..bytes.div_ceil(PART_BYTES) {
                    let start = part * PART_BYTES;
                    add(Part::Bytes(start..(start + PART_BYTES).min(bytes)));
                }
            }
            Body::Parquet(parquet) => {
                let wanted = slots(&file.layout, select, visible);
                for group in parquet.groups(&file.layout, visible.interval) {
                    let bytes = parquet.stored_bytes(group, &wanted);
                    total_bytes = total_bytes.map(|total| total + bytes);
                    add(Part::RowGroup(group));
                }
            }
        }
    }
    (units, total_bytes.unwrap_or(0))
}

/// The slots that have to be decoded, what decides about hiding included.
pub(super) fn slots(layout: &Layout, select: &Select, visible: Visible) -> Vec<usize> {
    let mut slots = select.wanted(layout);
    if visible.statuses != Statuses::Any
        && let Some(status) = layout.place(Field::Status)
    {
        slots.push(status);
        // What is hidden outside the interval is not counted.
        slots.extend(visible.interval.and_then(|_| layout.place(Field::Start)));
        slots.sort_unstable();
        slots.dedup();
    }
    slots
}

/// Why a thread stops before the end.
#[derive(Debug)]
pub(super) enum Halt {
    /// Nobody wants more.
    Closed,
    /// A file cannot be read.
    Failed(Error),
    /// The query engine cannot go on.
    Engine(DataFusionError),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<DataFusionError> for Halt {
    fn from(error: DataFusionError) -> Self {
        Self::Engine(error)
    }
}

impl From<ArrowError> for Halt {
    fn from(error: ArrowError) -> Self {
        Self::Engine(error.into())
    }
}

/// Where a reading thread passes on what is kept.
pub(super) trait Outlet {
    /// Passes on some records.
    fn pass(&self, batch: RecordBatch) -> Result<(), Halt>;

    /// Stops the thread when nobody wants more.
    fn check_open(&self) -> Result<(), Halt>;
}

impl Outlet for Sender<Result<RecordBatch, DataFusionError>> {
    fn pass(&self, batch: RecordBatch) -> Result<(), Halt> {
        self.blocking_send(Ok(batch)).map_err(|_| Halt::Closed)
    }

    fn check_open(&self) -> Result<(), Halt> {
        if self.is_closed() { Err(Halt::Closed) } else { Ok(()) }
    }
}

/// What all threads of a run share.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) files: Vec<Arc<LogFile>>,
    pub(super) select: Select,
    pub(super) visible: Visible,
    pub(super) tally: Arc<Tally>,
    pub(super) queue: Mutex<Vec<Unit>>,
}

impl Scan {
    /// Reads parts until there are none, or nobody wants more.
    pub(super) fn read_all(&self, outlet: &dyn Outlet) -> Result<(), DataFusionError> {
        let worker = Worker::new(self, outlet);
        while let Some(unit) = self.next() {
            if let Err(halt) = worker.read(&unit) {
                return self.halted(halt);
            }
        }
        Ok(())
    }

    /// The next part, the last ones first: files and their lines are mostly in order of time, and
    /// whoever wants the newest records soon knows that the others are too old.
    fn next(&self) -> Option<Unit> {
        lock(&self.queue).pop()
    }

    /// What the query engine is told of a thread that stops; keeps the error that it passes on as text only.
    pub(super) fn halted(&self, halt: Halt) -> Result<(), DataFusionError> {
        match halt {
            Halt::Closed => Ok(()),
            Halt::Engine(error) => Err(error),
            Halt::Failed(error) => {
                let message = error.to_string();
                self.tally.fail(error);
                Err(DataFusionError::Execution(message))
            }
        }
    }
}

/// One reading thread.
pub(super) struct Worker<'s> {
    pub(super) scan: &'s Scan,
    pub(super) outlet: &'s dyn Outlet,
    /// What text is read into, one part after the other.
    pub(super) buffer: RefCell<Vec<u8>>,
}

impl<'s> Worker<'s> {
    pub(super) fn new(scan: &'s Scan, outlet: &'s dyn Outlet) -> Self {
        Self { scan, outlet, buffer: RefCell::default() }
    }

    /// Reads a part.
    pub(super) fn read(&self, unit: &Unit) -> Result<(), Halt> {
        let file = &self.scan.files[unit.file];
        match &file.body {
            Body::Empty => Ok(()),
            Body::Parquet(parquet) => super::parquet::read(self, unit, file, parquet),
            _ => super::text::read(self, unit, file),
        }
    }

    /// The slots of a layout that have to be decoded.
    pub(super) fn slots(&self, layout: &Layout) -> Vec<usize> {
        slots(layout, &self.scan.select, self.scan.visible)
    }

    /// Passes on what is kept of a block.
    pub(super) fn emit(&self, layout: &Layout, block: &Block<'_>) -> Result<(), Halt> {
        match self.scan.select.select(layout, block)? {
            None => self.outlet.check_open(),
            Some(batch) => self.outlet.pass(batch),
        }
    }
}
