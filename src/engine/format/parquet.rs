//! Converts columns of parquet files to blocks of records, the same as for text.
//!
//! Only the columns that a query needs are read, so only their values are checked.
//!
//! See <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html>.

mod convert;

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanBufferBuilder, RecordBatch, StringViewArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::kernels::cmp::eq;
use datafusion::arrow::compute::not;
use datafusion::arrow::datatypes::{DataType, Int64Type, Schema};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use datafusion::parquet::file::metadata::RowGroupMetaData;
use datafusion::parquet::file::statistics::Statistics;

use crate::engine::Error;
use crate::engine::decode::{Block, StoredColumn, nulls_to_false, reason_of_value};
use crate::engine::record::{
    BATCH_ROWS, Counts, FirstMalformed, Halt, Layout, Outlet, Part, Slot, Status, Times, Unit,
};
use crate::field::Field;
use crate::query::plan::Limit;
use crate::query::window::Interval;
use crate::value::to_seconds;

use super::log_file::{LogFile, Parts, Records};
use super::reader::{ReadContext, Reader};
use convert::{Arrow, CachedDictionary, can_read, read_column, read_dictionary};

/// Rows of a batch: parquet columns are small, so larger batches than for text pay off.
const GROUP_BATCH_ROWS: usize = 4 * BATCH_ROWS;

/// An opened parquet file.
#[derive(Debug)]
pub(crate) struct Parquet {
    metadata: ArrowReaderMetadata,
    /// The column of the file for each slot.
    columns: Vec<usize>,
}

impl Parquet {
    /// Reads the file's metadata; the inner error is the reason why it is not a flow log.
    pub(crate) fn open(path: &Path, name: &str) -> Result<Result<(Self, Layout), String>, Error> {
        let mut file = File::open(path).map_err(|source| Error::Read { file: name.into(), source })?;
        if !is_whole(&mut file) {
            return Err(Error::Truncated { file: name.into() });
        }
        // The writer's Arrow schema is ignored: the parquet types are sufficient.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::load(&file, options)
            .map_err(|error| Error::Damaged { file: name.into(), reason: error.to_string() })?;
        if !has_places(&metadata) {
            return Err(Error::Damaged { file: name.into(), reason: "its index has offsets before its start".into() });
        }
        Ok(layout(&metadata).map(|(layout, columns)| (Self { metadata, columns }, layout)))
    }

    /// The row groups, without those outside the interval by their statistics (row-group pruning).
    fn groups(&self, layout: &Layout, interval: Option<Interval>) -> Vec<usize> {
        (0..self.metadata.metadata().num_row_groups())
            .filter(|group| match (interval, self.group_times(layout, *group)) {
                (Some(interval), Some(times)) => times.oldest <= interval.until && times.newest >= interval.from,
                _ => true,
            })
            .collect()
    }

    /// The time range of a row group, if its statistics cover every row.
    fn group_times(&self, layout: &Layout, group: usize) -> Option<Times> {
        let column = self.columns[layout.place(Field::Start)?];
        if !self.metadata.schema().field(column).data_type().is_integer() {
            return None;
        }
        let leaf = self.leaves(&[column]).next()?;
        let group = self.metadata.metadata().row_group(group);
        let statistics = group.column(leaf).statistics()?;
        if statistics.null_count_opt() != Some(0) {
            return None;
        }
        let (oldest, newest) = match statistics {
            Statistics::Int32(values) => (i64::from(*values.min_opt()?), i64::from(*values.max_opt()?)),
            Statistics::Int64(values) => (*values.min_opt()?, *values.max_opt()?),
            _ => return None,
        };
        let rows = u64::try_from(group.num_rows()).ok()?;
        Some(Times { oldest: to_seconds(oldest), newest: to_seconds(newest), rows })
    }

    /// The number of stored bytes of a row group's slots.
    fn stored_bytes(&self, group: usize, slots: &[usize]) -> u64 {
        let group = self.metadata.metadata().row_group(group);
        let bytes = |leaf| u64::try_from(group.column(leaf).compressed_size()).unwrap_or_default();
        sum(self.leaves(&self.roots(slots)).map(bytes))
    }

    fn roots(&self, slots: &[usize]) -> Vec<usize> {
        slots.iter().map(|slot| self.columns[*slot]).collect()
    }

    /// The leaf columns of these root columns.
    fn leaves(&self, roots: &[usize]) -> impl Iterator<Item = usize> {
        let schema = self.metadata.parquet_schema();
        (0..schema.num_columns()).filter(move |leaf| roots.contains(&schema.get_column_root_idx(*leaf)))
    }

    /// The number of rows before a row group.
    fn rows_before(&self, group: usize) -> u64 {
        let groups = self.metadata.metadata().row_groups();
        sum(groups[..group].iter().map(|group| u64::try_from(group.num_rows()).unwrap_or_default()))
    }

    fn reader(&self, file: File, group: usize, slots: &[usize]) -> Result<ParquetRecordBatchReader, String> {
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), self.roots(slots));
        ParquetRecordBatchReaderBuilder::new_with_metadata(file, dictionary_metadata(&self.metadata, group))
            .with_projection(mask)
            .with_row_groups(vec![group])
            .with_batch_size(GROUP_BATCH_ROWS)
            .build()
            .map_err(|error| error.to_string())
    }
}

/// Reader metadata that asks for dictionary arrays for the text columns that this row group stores
/// dictionary-encoded.
fn dictionary_metadata(metadata: &ArrowReaderMetadata, group: usize) -> ArrowReaderMetadata {
    let file = metadata.metadata();
    let group = file.row_group(group);
    let parquet = metadata.parquet_schema();
    let is_dictionary = |column: usize| {
        let mut leaves = (0..parquet.num_columns()).filter(|leaf| parquet.get_column_root_idx(*leaf) == column);
        leaves.all(|leaf| group.column(leaf).dictionary_page_offset().is_some())
    };
    let fields = metadata.schema().fields().iter().enumerate().map(|(column, field)| {
        if !matches!(field.data_type(), DataType::Utf8 | DataType::Binary) || !is_dictionary(column) {
            return Arc::clone(field);
        }
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(field.data_type().clone()));
        Arc::new(field.as_ref().clone().with_data_type(dictionary))
    });
    let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields.collect::<Vec<_>>())));
    ArrowReaderMetadata::try_new(Arc::clone(file), options).unwrap_or_else(|_| metadata.clone())
}

/// Returns whether the file ends as parquet does. The metadata is at the end, so a file that is cut off has none.
fn is_whole(file: &mut File) -> bool {
    let mut magic = [0; 4];
    file.seek(SeekFrom::End(-4)).is_ok_and(|at| at >= 8) && file.read_exact(&mut magic).is_ok() && &magic == b"PAR1"
}

/// Returns whether every column chunk has a valid offset; the reader relies on that.
fn has_places(metadata: &ArrowReaderMetadata) -> bool {
    let mut columns = metadata.metadata().row_groups().iter().flat_map(RowGroupMetaData::columns);
    columns.all(|column| {
        let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        start >= 0 && column.compressed_size() >= 0
    })
}

/// The layout, and the column of each slot.
fn layout(metadata: &ArrowReaderMetadata) -> Result<(Layout, Vec<usize>), String> {
    let mut slots = Vec::new();
    let mut columns = Vec::new();
    let mut unknown = 0;
    for (column, field) in metadata.schema().fields().iter().enumerate() {
        let slot = Slot::named(field.name());
        let is_known = matches!(slot, Slot::Field(_));
        unknown += usize::from(!is_known);
        if !can_read(slot.kind(), field.data_type()) {
            if is_known {
                return Err(format!("its column `{}` holds {}", field.name(), field.data_type()));
            }
            continue;
        }
        slots.push(slot);
        columns.push(column);
    }
    let all = metadata.schema().fields().len();
    if unknown * 2 >= all.max(1) {
        return Err(format!("{unknown} of its {all} columns are not fields of a flow log"));
    }
    let layout = Layout::new(slots).map_err(|twice| format!("it has the column `{twice}` twice"))?;
    Ok((layout, columns))
}

impl Records for Parquet {
    fn parts(&self, file: &LogFile, context: &ReadContext) -> Parts {
        let slots = context.slots(&file.layout);
        let groups = self.groups(&file.layout, context.visible.interval);
        let stored_bytes = sum(groups.iter().map(|group| self.stored_bytes(*group, &slots)));
        Parts { parts: groups.into_iter().map(Part::RowGroup).collect(), stored_bytes: Some(stored_bytes) }
    }

    /// Reads a group of rows.
    fn read(&self, reader: &Reader<'_>, unit: &Unit, file: &LogFile) -> Result<(), Halt> {
        let Part::RowGroup(group) = unit.part else { return Ok(()) };
        let Reader { context, outlet, .. } = reader;
        let slots = context.slots(&file.layout);
        let opened = File::open(&file.path).map_err(|source| Error::Read { file: file.name.clone(), source })?;
        let batches = self.reader(opened, group, &slots).map_err(|error| file.damaged(&error))?;
        let mut counts = Counts { bytes: self.stored_bytes(group, &slots), ..Counts::default() };
        let mut row = self.rows_before(group);
        let mut known = HashMap::new();
        for batch in batches {
            outlet.check_open()?;
            let batch = batch.map_err(|error| file.damaged(&error))?;
            let rows = BatchRows::read(&batch, &file.layout, self, &slots, &mut known)
                .map_err(|error| file.damaged(&error))?;
            if let Some((at, reason)) = &rows.first_bad {
                let line = row + *at as u64 + 1;
                context.tally.note_malformed(FirstMalformed {
                    file: unit.file,
                    origin: 0,
                    line,
                    reason: reason.clone(),
                });
            }
            row += batch.num_rows() as u64;
            let block = rows.visible(context, &file.layout, &mut counts)?;
            context.tally.add(&mut counts);
            reader.emit(&file.layout, file.flow_log.as_ref(), &block)?;
        }
        Ok(())
    }

    fn times(&self, file: &LogFile, part: &Part, _: &dyn Outlet) -> Result<Times, Halt> {
        Ok(match part {
            Part::RowGroup(group) => self.group_times(&file.layout, *group).unwrap_or(Times::UNKNOWN),
            _ => Times::UNKNOWN,
        })
    }

    fn stores_times(&self) -> bool {
        true
    }

    fn unit_name(&self) -> &'static str {
        "row"
    }

    /// Returns whether the statistics of each row group have its time range.
    fn suits_newest_first(&self, layout: &Layout, _: Limit) -> bool {
        (0..self.metadata.metadata().num_row_groups()).all(|group| self.group_times(layout, group).is_some())
    }
}

/// A batch of rows, converted to records.
struct BatchRows {
    /// The number of rows.
    count: usize,
    /// Columns by slot.
    columns: Vec<(usize, StoredColumn<'static>)>,
    /// The malformed rows, and the reason of the first one.
    bad: BTreeSet<usize>,
    first_bad: Option<(usize, String)>,
}

impl BatchRows {
    fn read(
        batch: &RecordBatch,
        layout: &Layout,
        parquet: &Parquet,
        slots: &[usize],
        known: &mut HashMap<usize, CachedDictionary>,
    ) -> Arrow<Self> {
        let mut rows = Self { count: batch.num_rows(), columns: Vec::new(), bad: BTreeSet::new(), first_bad: None };
        // The reader returns columns in the order of the file, in whatever order they are requested.
        let mut in_order: Vec<usize> = slots.to_vec();
        in_order.sort_by_key(|slot| parquet.columns[*slot]);
        for (slot, array) in in_order.into_iter().zip(batch.columns()) {
            let (column, bad) = match array.as_any().downcast_ref() {
                Some(array) => read_dictionary(array, &layout.slots()[slot], known.entry(slot))?,
                None => {
                    read_column(array, &layout.slots()[slot]).map(|(values, bad)| (StoredColumn::Array(values), bad))?
                }
            };
            for (row, value) in bad {
                rows.bad.insert(row);
                if rows.first_bad.as_ref().is_none_or(|(first, _)| row < *first) {
                    rows.first_bad = Some((row, reason_of_value(layout, slot, value.as_bytes())));
                }
            }
            rows.columns.push((slot, column));
        }
        Ok(rows)
    }

    /// The records that the query may see; the others are counted.
    fn visible(self, context: &ReadContext, layout: &Layout, counts: &mut Counts) -> Arrow<Block<'static>> {
        let column = |field| {
            let slot = layout.place(field)?;
            self.columns.iter().find(|(of, _)| *of == slot).map(|(_, column)| column)
        };
        counts.malformed += self.bad.len() as u64;
        counts.records += (self.count - self.bad.len()) as u64;
        let mut hidden: Vec<usize> = self.bad.iter().copied().collect();
        if let Some(statuses) = column(Field::Status) {
            // Nearly all records have this status.
            let is_other =
                not(&nulls_to_false(statuses.test(|values| eq(values, &StringViewArray::new_scalar("OK")))?))?;
            let of_others = |column: &StoredColumn<'_>| column.array(Some(&is_other));
            let (statuses, starts) = (of_others(statuses)?, column(Field::Start).map(of_others).transpose()?);
            let starts = starts.as_ref().map(AsArray::as_primitive::<Int64Type>);
            let starts = |at| starts.filter(|starts| starts.is_valid(at)).map(|starts| starts.value(at));
            for ((at, row), status) in is_other.values().set_indices().enumerate().zip(statuses.as_string_view()) {
                let status = status.and_then(|status| Status::of(status.as_bytes()));
                let hides = |status| context.visible.hides(status, starts(at), counts);
                // Rows without a status are malformed, so they are hidden already.
                if !self.bad.contains(&row) && status.is_some_and(hides) {
                    hidden.push(row);
                }
            }
        }
        Ok(Block::new(self.count, visible_but(&hidden, self.count), self.columns))
    }
}

/// The sum of numbers from a file, which may be nonsense; it saturates.
fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::saturating_add)
}

/// A mask of all rows but the hidden ones; `None` for all rows.
fn visible_but(hidden: &[usize], count: usize) -> Option<BooleanBuffer> {
    if hidden.is_empty() {
        return None;
    }
    let mut visible = BooleanBufferBuilder::new(count);
    visible.append_n(count, true);
    for row in hidden {
        visible.set_bit(*row, false);
    }
    Some(visible.finish())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, StringArray};
    use datafusion::arrow::datatypes::Field as ArrowField;
    use datafusion::parquet::arrow::ArrowWriter;
    use datafusion::parquet::file::properties::WriterProperties;

    use super::*;
    use crate::engine::{Files, Options, run};
    use crate::query::clock::Clock;
    use crate::query::{Context, compile};
    use crate::value::{Rows as Answer, RunStats};

    fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
        let fields: Vec<ArrowField> =
            columns.iter().map(|(name, array)| ArrowField::new(*name, array.data_type().clone(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).unwrap();
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(2)).build();
        let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), schema, Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    fn text(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    fn open(path: &Path) -> Result<Files, Error> {
        Files::open(Options {
            paths: vec![path.display().to_string()],
            memory_limit_bytes: 16 << 20,
            ..Options::default()
        })
    }

    fn ask(path: &Path, sentence: &str, interval: Option<Interval>) -> (Vec<String>, RunStats) {
        let clock = Clock { now: 1_795_435_200, zone: jiff::tz::TimeZone::UTC };
        let plan = compile(sentence, &Context::new(clock)).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        let mut answer = Answer::default();
        let files = open(path).unwrap();
        let stats = runtime.block_on(run(&plan, interval, &files, None, &Arc::default(), &mut answer)).unwrap();
        (answer.rows.iter().map(|row| format!("{row:?}")).collect(), stats)
    }

    fn as_aws_writes(path: &Path) {
        write(
            path,
            vec![
                ("version", Arc::new(Int32Array::from(vec![5, 5, 5, 5]))),
                ("account_id", text(&[Some("012345678901"); 4])),
                ("srcaddr", text(&[Some("10.0.0.1"), Some("2001:db8::1"), Some("-"), Some("10.0.0.2")])),
                ("dstport", Arc::new(Int32Array::from(vec![Some(22), Some(443), None, Some(70_000)]))),
                ("bytes", Arc::new(Int64Array::from(vec![Some(1), Some(2), None, Some(8)]))),
                ("start", Arc::new(Int64Array::from(vec![100, 200, 300, 400]))),
                ("log_status", text(&[Some("OK"), Some("OK"), Some("NODATA"), Some("OK")])),
            ],
        );
    }

    #[test]
    fn columns_are_read_as_text_would_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.parquet");
        as_aws_writes(&path);
        let (rows, stats) = ask(&path, "show src.addr, dst.port, account", None);
        assert_eq!(
            rows,
            [
                "[Address(2001:db8::1), Int(443), Text(\"012345678901\")]",
                "[Address(10.0.0.1), Int(22), Text(\"012345678901\")]"
            ]
        );
        assert_eq!((stats.records_scanned, stats.nodata, stats.malformed), (3, 1, 1));
        let first = stats.first_malformed.unwrap();
        assert_eq!((first.line, first.reason.as_str()), (4, "dstport is `70000`, not a number from 0 to 65535"));
        assert_eq!(ask(&path, "count() by status | sort status", None).0.len(), 2);
    }

    #[test]
    fn groups_of_rows_outside_the_interval_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.parquet");
        as_aws_writes(&path);
        let (rows, stats) = ask(&path, "sum(bytes)", Some(Interval { from: 0, until: 250 }));
        assert_eq!((rows, stats.records_scanned), (vec!["[Int(3)]".into()], 2));
    }

    #[test]
    fn groups_of_rows_that_are_older_than_enough_others_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.parquet");
        let rows = 2000;
        // Two rows per group, in no order of time.
        let times: Vec<i64> = (0..rows).map(|row| 1000 + row / 2 * 2 * 37 % rows + row % 2).collect();
        write(&path, vec![("start", Arc::new(Int64Array::from(times)))]);
        let (answer, stats) = ask(&path, "show start | limit 3", None);
        assert_eq!(answer, ["[Time(2999)]", "[Time(2998)]", "[Time(2997)]"]);
        assert!(stats.records_scanned < 1000, "{}", stats.records_scanned);
        let (answer, stats) = ask(&path, "show start", None);
        assert_eq!((answer.len(), stats.rows, stats.truncated), (100, 100, true));
    }

    #[test]
    fn numbers_as_text_or_with_fractions_and_absent_values_as_none_are_understood() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.parquet");
        write(
            &path,
            vec![
                ("account_id", Arc::new(Int64Array::from(vec![12_345_678_901, 1]))),
                ("srcport", text(&[Some("22"), Some("None")])),
                ("start", Arc::new(Float64Array::from(vec![Some(100.0), Some(200_000_000_000.0)]))),
                ("instance-id", text(&[Some(""), None])),
                ("made_up", text(&[Some("x"), Some("-")])),
            ],
        );
        let (rows, _) = ask(&path, "show account, src.port, start, instance, `made_up`", None);
        assert_eq!(
            rows,
            [
                "[Text(\"000000000001\"), Absent, Time(200000000), Absent, Absent]",
                "[Text(\"012345678901\"), Int(22), Time(100), Absent, Text(\"x\")]"
            ]
        );
    }

    #[test]
    fn a_cut_file_is_truncated_and_one_of_other_columns_is_no_flow_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.parquet");
        as_aws_writes(&path);
        let whole = std::fs::read(&path).unwrap();
        for length in [4, 20, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(matches!(open(&path), Err(Error::Truncated { .. })), "{length}");
        }
        write(&path, vec![("name", text(&[None])), ("bytes", text(&[None]))]);
        let error = open(&path).unwrap_err().to_string();
        assert!(error.ends_with("1 of its 2 columns are not fields of a flow log"), "{error}");
    }
}
