//! Files as a table of the query engine, with projection and predicate pushdown into the reading.
//!
//! See <https://docs.rs/datafusion/latest/datafusion/catalog/trait.TableProvider.html>.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::DFSchema;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};

use crate::engine::format::{LogFile, ReadContext};
use crate::engine::input::Files;
use crate::engine::plan::{RowFilter, Select, TableColumn, fetch};
use crate::engine::record::{Interfaces, Slot, Tally, Visible, cores};
use crate::query::plan::Limit;

use super::newest::NewestFirst;
use super::scan::{Scan, units};

/// The number of batches that wait between a reading thread and the query.
const WAITING_BATCHES: usize = 2;

/// The share of memory for records that wait for others; the other half is for processing them.
const WAITING_SHARE: usize = 2;

/// The records of files as a table.
#[derive(Debug)]
pub(crate) struct LogTable {
    files: Vec<Arc<LogFile>>,
    columns: Vec<TableColumn>,
    schema: SchemaRef,
    visible: Visible,
    tally: Arc<Tally>,
    /// The limit, if batches come in order of time, the newest first; `None` for any order.
    newest_first: Option<Limit>,
    goes_on: bool,
    interfaces: Option<Arc<Interfaces>>,
    memory_limit_bytes: usize,
}

impl LogTable {
    /// The table of the columns that some file has, and of those that are computed for filters; without any record if
    /// `is_empty`. If `newest_first`, batches come in order of time, with at least as many records as the limit asks
    /// for.
    pub(crate) fn new(
        files: &Files,
        visible: Visible,
        tally: &Arc<Tally>,
        is_empty: bool,
        newest_first: Option<Limit>,
    ) -> Self {
        let mut slots: Vec<&Slot> = files.layouts().flat_map(|layout| layout.all_slots()).collect();
        // Most files have the same layout.
        slots.sort_unstable_by_key(|slot| match slot {
            Slot::Field(field) => (Some(*field), ""),
            Slot::Extra(name) => (None, name.as_ref()),
        });
        slots.dedup();
        let mut columns: Vec<TableColumn> = slots.into_iter().cloned().map(TableColumn::Slot).collect();
        columns.extend([TableColumn::Ported, TableColumn::Family]);
        let schema = schema(&columns);
        let (memory_limit_bytes, goes_on) = (files.memory_limit_bytes, files.goes_on());
        let interfaces = files.has_several_flow_logs().then(Arc::default);
        let files = if is_empty { Vec::new() } else { files.files.clone() };
        Self {
            files,
            columns,
            schema,
            visible,
            tally: Arc::clone(tally),
            newest_first,
            goes_on,
            interfaces,
            memory_limit_bytes,
        }
    }

    /// The interfaces that each flow log has records of, if there are several flow logs.
    pub(crate) fn interfaces(&self) -> Option<Arc<Interfaces>> {
        self.interfaces.clone()
    }

    /// The columns, in order.
    pub(crate) fn columns(&self) -> &[TableColumn] {
        &self.columns
    }

    /// The conditions, each with the columns that it refers to; those over text come last.
    fn row_filters(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<RowFilter>> {
        let mut filters = filters.iter().map(|filter| self.row_filter(state, filter)).collect::<Result<Vec<_>>>()?;
        filters.sort_by_key(RowFilter::has_text);
        Ok(filters)
    }

    fn row_filter(&self, state: &dyn Session, condition: &Expr) -> Result<RowFilter> {
        let referenced = condition.column_refs();
        let is_referenced = |column: &&TableColumn| referenced.iter().any(|reference| reference.name == column.name());
        let columns: Vec<TableColumn> = self.columns.iter().filter(is_referenced).cloned().collect();
        let schema = schema(&columns);
        let condition = state.create_physical_expr(condition.clone(), &DFSchema::try_from(Arc::clone(&schema))?)?;
        Ok(RowFilter { condition, columns, schema })
    }
}

fn schema(columns: &[TableColumn]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(TableColumn::arrow_field).collect::<Vec<_>>()))
}

#[async_trait]
impl TableProvider for LogTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let output: Vec<TableColumn> = match projection {
            Some(places) => places.iter().map(|place| self.columns[*place].clone()).collect(),
            None => self.columns.clone(),
        };
        let select = Select { schema: schema(&output), output, filters: self.row_filters(state, filters)? };
        let schema = Arc::clone(&select.schema);
        let (visible, tally, goes_on) = (self.visible, Arc::clone(&self.tally), self.goes_on);
        let interfaces = self.interfaces.clone();
        let context = ReadContext { select, visible, tally, goes_on, interfaces };
        let (queue, total_bytes) = units(&self.files, &context);
        self.tally.progress.total_bytes.store(total_bytes, Ordering::Relaxed);
        let threads = queue.len().clamp(1, cores());
        let scan = Arc::new(Scan { files: self.files.clone(), context, queue: Mutex::new(queue) });
        let partitions: Vec<Arc<dyn PartitionStream>> = match self.newest_first {
            Some(limit) => {
                let memory_bytes = self.memory_limit_bytes / WAITING_SHARE;
                vec![Arc::new(NewestFirst { scan, memory_bytes, enough: fetch(limit) })]
            }
            None => (0..threads).map(|_| Arc::new(Partition(Arc::clone(&scan))) as _).collect(),
        };
        Ok(Arc::new(StreamingTableExec::try_new(schema, partitions, None, None, false, None)?))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Exact; filters.len()])
    }
}

/// The share of the table that one thread reads.
#[derive(Debug)]
struct Partition(Arc<Scan>);

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.0.context.select.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.0.context.select.schema);
        let mut stream = RecordBatchReceiverStreamBuilder::new(schema, WAITING_BATCHES);
        let (scan, sender) = (Arc::clone(&self.0), stream.tx());
        stream.spawn_blocking(move || scan.read_all(&sender));
        stream.build()
    }
}
