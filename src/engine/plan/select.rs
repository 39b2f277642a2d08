//! The part of a block that the query keeps: its columns, of the rows that pass its filters.
//!
//! This is predicate pushdown: filters run before a row reaches DataFusion. The columns of the first filter are decoded
//! first, the others only for the rows that pass (late materialisation). The source of a block is not known here.

use std::sync::Arc;

use datafusion::arrow::array::{BooleanArray, BooleanBufferBuilder, RecordBatch, RecordBatchOptions};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::common::cast::as_boolean_array;
use datafusion::error::DataFusionError;
use datafusion::physical_expr::PhysicalExpr;

use crate::engine::decode::{Block, count_kept, nulls_to_false};
use crate::engine::record::{Layout, TEXT};

use super::table_column::TableColumn;

/// The records that are kept, and their columns.
#[derive(Debug)]
pub(crate) struct Select {
    /// The output columns, in order.
    pub(crate) output: Vec<TableColumn>,
    /// The schema of all columns in the query engine.
    pub(crate) schema: SchemaRef,
    /// The filters, in the order in which they run: each sees only the rows that passed the earlier ones.
    pub(crate) filters: Vec<RowFilter>,
}

/// A condition over some columns.
#[derive(Debug)]
pub(crate) struct RowFilter {
    pub(crate) condition: Arc<dyn PhysicalExpr>,
    /// The columns that it refers to, in the order of `schema`.
    pub(crate) columns: Vec<TableColumn>,
    pub(crate) schema: SchemaRef,
}

impl RowFilter {
    /// Returns whether it needs text as an array.
    pub(crate) fn has_text(&self) -> bool {
        self.schema.fields().iter().any(|field| *field.data_type() == TEXT)
    }

    /// The records that are kept so far and for which the condition holds.
    fn narrow(
        &self,
        layout: &Layout,
        block: &Block<'_>,
        kept: Option<&BooleanArray>,
    ) -> Result<BooleanArray, DataFusionError> {
        let rows = kept.map_or(block.rows, count_kept);
        // If most rows are kept, filtering them costs more than it saves.
        let picked = kept.filter(|_| rows < block.rows / 2);
        let batch = batch(&self.columns, &self.schema, layout, block, picked)?;
        let holds = self.condition.evaluate(&batch)?.into_array(batch.num_rows())?;
        let holds = as_boolean_array(&holds)?;
        let holds = nulls_to_false(holds.clone());
        Ok(match (kept, picked) {
            (None, _) => holds,
            (Some(kept), None) => BooleanArray::new(kept.values() & holds.values(), None),
            (_, Some(picked)) => BooleanArray::new(scatter(picked.values(), holds.values()), None),
        })
    }
}

/// Spreads `holds`, which has a bit for each picked row, over all rows.
fn scatter(picked: &BooleanBuffer, holds: &BooleanBuffer) -> BooleanBuffer {
    let mut rows = BooleanBufferBuilder::new(picked.len());
    rows.append_n(picked.len(), false);
    for (row, _) in picked.set_indices().zip(holds).filter(|(_, holds)| *holds) {
        rows.set_bit(row, true);
    }
    rows.finish()
}

impl Select {
    /// The slots of the layout that have to be decoded.
    pub(crate) fn needed_slots(&self, layout: &Layout) -> Vec<usize> {
        let by_filters = self.filters.iter().flat_map(|filter| &filter.columns);
        let mut slots: Vec<usize> =
            self.output.iter().chain(by_filters).filter_map(|column| column.slot(layout)).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// The slots that are decoded for every record: those of the first filter, or those of the output if there is no
    /// filter.
    pub(crate) fn eager_slots(&self, layout: &Layout) -> Vec<usize> {
        let columns = self.filters.first().map_or(&self.output, |filter| &filter.columns);
        columns.iter().filter_map(|column| column.slot(layout)).collect()
    }

    /// The kept records of a block, if there are any. `seen` is first called with their mask, `None` for all records.
    pub(crate) fn select(
        &self,
        layout: &Layout,
        block: &Block<'_>,
        seen: impl FnOnce(Option<&BooleanArray>) -> Result<(), ArrowError>,
    ) -> Result<Option<RecordBatch>, DataFusionError> {
        let mut kept = block.visible.clone().map(|visible| BooleanArray::new(visible, None));
        for filter in &self.filters {
            let narrowed = filter.narrow(layout, block, kept.as_ref())?;
            if count_kept(&narrowed) == 0 {
                return Ok(None);
            }
            kept = Some(narrowed);
        }
        let rows = kept.as_ref().map_or(block.rows, count_kept);
        if rows == 0 {
            return Ok(None);
        }
        let kept = kept.as_ref().filter(|_| rows < block.rows);
        seen(kept)?;
        Ok(Some(batch(&self.output, &self.schema, layout, block, kept)?))
    }
}

fn batch(
    columns: &[TableColumn],
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
