//! What the query keeps of a block: the columns it asks for, of the records that pass its condition.
//!
//! The columns of the condition are made first, the others only for the records that pass. How a
//! block came about is not known here.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, BooleanBufferBuilder, FixedSizeBinaryArray, Int64Array, RecordBatch,
    RecordBatchOptions, StringViewArray,
};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::prep_null_mask_filter;
use datafusion::arrow::datatypes::{DataType, Field as ArrowField, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::common::cast::as_boolean_array;
use datafusion::error::DataFusionError;
use datafusion::physical_expr::PhysicalExpr;

use crate::field::{Field, PORTED_PROTOCOLS};
use crate::query::plan::Family;

use super::block::{Block, TEXT, absent, count_kept, data_type};
use super::layout::{Kind, Layout, Slot};

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
    /// The time of records.
    pub(super) const TIME: Self = Self::Slot(Slot::Field(Field::Start));

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
    /// What has to hold, in this order: each is looked at only for the records that passed those before.
    pub(super) filters: Vec<RowFilter>,
}

/// A condition over some columns.
#[derive(Debug)]
pub(super) struct RowFilter {
    pub(super) condition: Arc<dyn PhysicalExpr>,
    /// The columns that it looks at, in the order of `schema`.
    pub(super) columns: Vec<Column>,
    pub(super) schema: SchemaRef,
}

impl RowFilter {
    /// Whether text has to be made into an array for it.
    pub(super) fn has_text(&self) -> bool {
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
        // Where most are kept, they are not worth picking.
        let picked = kept.filter(|_| rows < block.rows / 2);
        let batch = batch(&self.columns, &self.schema, layout, block, picked)?;
        let holds = self.condition.evaluate(&batch)?.into_array(batch.num_rows())?;
        let holds = as_boolean_array(&holds)?;
        let holds = certain(holds.clone());
        Ok(match (kept, picked) {
            (None, _) => holds,
            (Some(kept), None) => BooleanArray::new(kept.values() & holds.values(), None),
            (_, Some(picked)) => BooleanArray::new(among(picked.values(), holds.values()), None),
        })
    }
}

/// The rows among the `picked` for which it `holds`, which has a bit for each of those only.
fn among(picked: &BooleanBuffer, holds: &BooleanBuffer) -> BooleanBuffer {
    let mut rows = BooleanBufferBuilder::new(picked.len());
    rows.append_n(picked.len(), false);
    for (row, _) in picked.set_indices().zip(holds).filter(|(_, holds)| *holds) {
        rows.set_bit(row, true);
    }
    rows.finish()
}

impl Select {
    /// The slots of the layout that have to be decoded.
    pub(super) fn wanted(&self, layout: &Layout) -> Vec<usize> {
        let looked_at = self.filters.iter().flat_map(|filter| &filter.columns);
        let mut slots: Vec<usize> =
            self.output.iter().chain(looked_at).filter_map(|column| column.slot(layout)).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// The slots of the layout that are looked at for every record.
    pub(super) fn looked_at(&self, layout: &Layout) -> Vec<usize> {
        let columns = self.filters.first().map_or(&self.output, |filter| &filter.columns);
        columns.iter().filter_map(|column| column.slot(layout)).collect()
    }

    /// The kept records of a block, if there are any.
    pub(super) fn select(&self, layout: &Layout, block: &Block<'_>) -> Result<Option<RecordBatch>, DataFusionError> {
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

/// What is certainly so: where it is not known, it is not.
pub(super) fn certain(mask: BooleanArray) -> BooleanArray {
    if mask.null_count() > 0 { prep_null_mask_filter(&mask) } else { mask }
}
