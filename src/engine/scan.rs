//! The reading threads: each takes a part of a file, decodes it, filters it, passes it on.
//!
//! Parts come from one queue, so that one big file does not leave threads idle. What a part is
//! read from is the business of `text` and `parquet`; this module decides what is kept.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, FixedSizeBinaryArray, Int64Array, RecordBatch, RecordBatchOptions, StringViewArray,
};
use datafusion::arrow::compute::prep_null_mask_filter;
use datafusion::arrow::datatypes::{DataType, Field as ArrowField, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::common::cast::as_boolean_array;
use datafusion::error::DataFusionError;
use datafusion::physical_expr::PhysicalExpr;
use tokio::sync::mpsc::Sender;

use crate::field::{Field, PORTED_PROTOCOLS};
use crate::query::plan::{Family, Interval, Statuses};

use super::Error;
use super::block::{Block, absent, count_kept, data_type};
use super::files::{Body, LogFile};
use super::layout::{Kind, Layout, Slot};
use super::tally::{Counts, Tally};

/// Most records of a batch; also what the query engine makes of them.
pub(super) const BATCH_ROWS: usize = 8192;

/// A text file is read in parts of this size, so that several threads can share a big one.
const PART_BYTES: u64 = 16 << 20;

/// A column that the query engine sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// A column of files.
    Slot(Slot),
    /// Whether the record's protocol has ports; true where the layout has no protocol.
    Ported,
    /// The record's type, or the source address's where the layout has no type.
    Family,
}

impl Column {
    /// The name that the query engine knows it by; no column of a file can have that of another kind.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Slot(Slot::Field(field)) => format!("field {}", field.name()),
            Self::Slot(Slot::Extra(name)) => format!("extra {name}"),
            Self::Ported => "ported".into(),
            Self::Family => "family".into(),
        }
    }

    /// How the query engine types it.
    pub(super) fn arrow_field(&self) -> ArrowField {
        let (data_type, is_nullable) = match self {
            Self::Slot(slot) => (data_type(slot.kind()), true),
            Self::Ported => (DataType::Boolean, false),
            Self::Family => (DataType::Utf8View, true),
        };
        ArrowField::new(self.name(), data_type, is_nullable)
    }

    /// The slot that it is read from, if the layout has it.
    fn slot(&self, layout: &Layout) -> Option<usize> {
        match self {
            Self::Slot(slot) => layout.slots().iter().position(|known| known == slot),
            Self::Ported => layout.place(Field::Protocol),
            Self::Family => layout.place(Field::Type).or_else(|| layout.place(Field::SrcAddr)),
        }
    }

    /// The values of the kept records of a block, or of all.
    fn array(&self, layout: &Layout, block: &Block<'_>, kept: Option<&BooleanArray>) -> Result<ArrayRef, ArrowError> {
        let rows = kept.map_or(block.rows, count_kept);
        let values = self.slot(layout).map(|slot| block.column(slot, kept)).transpose()?;
        Ok(match (self, values) {
            (Self::Slot(_), Some(values)) => values,
            (Self::Slot(slot), None) => absent(slot.kind(), rows),
            (Self::Ported, None) => Arc::new(BooleanArray::from(vec![true; rows])),
            (Self::Ported, Some(protocols)) => Arc::new(ported(&protocols)),
            (Self::Family, None) => absent(Kind::Text, rows),
            (Self::Family, Some(values)) => families(values),
        })
    }
}

fn ported(protocols: &ArrayRef) -> BooleanArray {
    let protocols = protocols.as_any().downcast_ref::<Int64Array>();
    let protocols = protocols.expect("protocols are read as numbers");
    protocols.iter().map(|protocol| Some(protocol.is_some_and(|number| PORTED_PROTOCOLS.contains(&number)))).collect()
}

/// The families of types or of addresses.
fn families(values: ArrayRef) -> ArrayRef {
    let Some(addresses) = values.as_any().downcast_ref::<FixedSizeBinaryArray>() else { return values };
    let families: StringViewArray =
        addresses.iter().map(|address| address.map(|bytes| family(bytes).type_word())).collect();
    Arc::new(families)
}

/// The family of an address as it lies in an array.
pub(super) fn family(address: &[u8]) -> Family {
    const V4_PREFIX: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    if address.starts_with(V4_PREFIX) { Family::V4 } else { Family::V6 }
}

/// Which records are kept, and which of their columns.
#[derive(Debug)]
pub(super) struct Select {
    /// The columns that come out, in order.
    pub(super) output: Vec<Column>,
    /// How the query engine types them.
    pub(super) schema: SchemaRef,
    /// What has to hold, if not every record is kept.
    pub(super) filter: Option<RowFilter>,
}

/// A condition over some columns.
#[derive(Debug)]
pub(super) struct RowFilter {
    pub(super) condition: Arc<dyn PhysicalExpr>,
    /// The columns that it looks at, in the order of `schema`.
    pub(super) columns: Vec<Column>,
    pub(super) schema: SchemaRef,
}

impl Select {
    /// The slots of the layout that have to be decoded.
    fn wanted(&self, layout: &Layout) -> Vec<usize> {
        let looked_at = self.filter.iter().flat_map(|filter| &filter.columns);
        let mut slots: Vec<usize> =
            self.output.iter().chain(looked_at).filter_map(|column| column.slot(layout)).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// The kept records of a block, if there are any.
    fn select(&self, layout: &Layout, block: &Block<'_>) -> Result<Option<RecordBatch>, DataFusionError> {
        let kept = match &self.filter {
            None => None,
            Some(filter) => {
                let batch = batch(&filter.columns, &filter.schema, layout, block, None)?;
                let holds = filter.condition.evaluate(&batch)?.into_array(block.rows)?;
                let holds = as_boolean_array(&holds)?;
                Some(if holds.null_count() > 0 { prep_null_mask_filter(holds) } else { holds.clone() })
            }
        };
        let rows = kept.as_ref().map_or(block.rows, count_kept);
        if rows == 0 {
            return Ok(None);
        }
        let kept = kept.as_ref().filter(|_| rows < block.rows);
        Ok(Some(batch(&self.output, &self.schema, layout, block, kept)?))
    }
}

fn batch(
    columns: &[Column],
    schema: &SchemaRef,
    layout: &Layout,
    block: &Block<'_>,
    kept: Option<&BooleanArray>,
) -> Result<RecordBatch, ArrowError> {
    let rows = kept.map_or(block.rows, count_kept);
    let arrays = columns.iter().map(|column| column.array(layout, block, kept)).collect::<Result<Vec<_>, _>>()?;
    // Without columns, as for `count()`, only the number of records is passed on.
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)
}

/// Which records are seen at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visible {
    pub(super) statuses: Statuses,
    pub(super) interval: Option<Interval>,
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
                total_bytes = total_bytes.map(|total| total + bytes);
                for part in 0..bytes.div_ceil(PART_BYTES) {
                    let start = part * PART_BYTES;
                    add(Part::Bytes(start..(start + PART_BYTES).min(*bytes)));
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
        slots.extend(layout.place(Field::Start));
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
    /// The next part, the last ones first: files and their lines are mostly in order of time, and
    /// whoever wants the newest records soon knows that the others are too old.
    fn next(&self) -> Option<Unit> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// One reading thread.
pub(super) struct Worker {
    pub(super) scan: Arc<Scan>,
    pub(super) sender: Sender<Result<RecordBatch, DataFusionError>>,
}

impl Worker {
    /// Reads parts until there are none, or nobody wants more.
    pub(super) fn run(&self) -> Result<(), DataFusionError> {
        while let Some(unit) = self.scan.next() {
            match self.read(&unit) {
                Ok(()) => {}
                Err(Halt::Closed) => return Ok(()),
                Err(Halt::Engine(error)) => return Err(error),
                Err(Halt::Failed(error)) => {
                    let message = error.to_string();
                    self.scan.tally.fail(error);
                    return Err(DataFusionError::Execution(message));
                }
            }
        }
        Ok(())
    }

    fn read(&self, unit: &Unit) -> Result<(), Halt> {
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
            None => self.check_open(),
            Some(batch) => self.sender.blocking_send(Ok(batch)).map_err(|_| Halt::Closed),
        }
    }

    /// Stops the thread when nobody wants more.
    pub(super) fn check_open(&self) -> Result<(), Halt> {
        if self.sender.is_closed() { Err(Halt::Closed) } else { Ok(()) }
    }
}
