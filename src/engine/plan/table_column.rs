//! The columns of the table that DataFusion sees.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, FixedSizeBinaryArray, Int64Array, StringViewArray};
use datafusion::arrow::compute::is_not_null;
use datafusion::arrow::compute::kernels::zip::zip;
use datafusion::arrow::datatypes::{DataType, Field as ArrowField};
use datafusion::arrow::error::ArrowError;

use crate::engine::decode::{Block, count_kept, repeated};
use crate::engine::record::{Layout, Slot, SlotKind, absent, data_type, family};
use crate::field::{Field, PORTED_PROTOCOLS};

/// A column that the query engine sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TableColumn {
    /// A column of files.
    Slot(Slot),
    /// A flag: the record's protocol has ports. True if the layout has no protocol.
    Ported,
    /// The record's address family, or that of the source address if the layout has no type.
    Family,
}

impl TableColumn {
    /// The time of records.
    pub(crate) const TIME: Self = Self::Slot(Slot::Field(Field::Start));

    /// The name in the query engine; it differs from the names of all other kinds of columns.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Slot(Slot::Field(field)) => format!("field {}", field.name()),
            Self::Slot(Slot::Extra(name)) => format!("extra {name}"),
            Self::Ported => "ported".into(),
            Self::Family => "family".into(),
        }
    }

    /// The Arrow field of the column.
    pub(crate) fn arrow_field(&self) -> ArrowField {
        let (data_type, is_nullable) = match self {
            Self::Slot(slot) => (data_type(slot.kind()), true),
            Self::Ported => (DataType::Boolean, false),
            Self::Family => (DataType::Utf8View, true),
        };
        ArrowField::new(self.name(), data_type, is_nullable)
    }

    /// The slot that it is read from, if the layout has it.
    pub(super) fn slot(&self, layout: &Layout) -> Option<usize> {
        match self {
            Self::Slot(slot) => layout.slots().iter().position(|known| known == slot),
            Self::Ported => layout.place(Field::Protocol),
            Self::Family => layout.place(Field::Type).or_else(|| layout.place(Field::SrcAddr)),
        }
    }

    /// The values of the kept records of a block, or of all.
    pub(super) fn array(
        &self,
        layout: &Layout,
        block: &Block<'_>,
        kept: Option<&BooleanArray>,
    ) -> Result<ArrayRef, ArrowError> {
        let rows = kept.map_or(block.rows, count_kept);
        let values = self.slot(layout).map(|slot| block.column(slot, kept)).transpose()?;
        Ok(match (self, values) {
            (Self::Slot(slot), values) => {
                match layout.of_folder(slot).and_then(|value| repeated(slot.kind(), value, rows)) {
                    None => values.unwrap_or_else(|| absent(slot.kind(), rows)),
                    Some(of_folder) => match values {
                        Some(values) if values.null_count() > 0 => zip(&is_not_null(&values)?, &values, &of_folder)?,
                        Some(values) => values,
                        None => of_folder,
                    },
                }
            }
            (Self::Ported, None) => Arc::new(BooleanArray::from(vec![true; rows])),
            (Self::Ported, Some(protocols)) => Arc::new(ported(&protocols)),
            (Self::Family, None) => absent(SlotKind::Text, rows),
            (Self::Family, Some(values)) => families(values),
        })
    }
}

fn ported(protocols: &ArrayRef) -> BooleanArray {
    let protocols = protocols.as_any().downcast_ref::<Int64Array>();
    let protocols = protocols.expect("protocols are read as numbers");
    protocols.iter().map(|protocol| Some(protocol.is_some_and(|number| PORTED_PROTOCOLS.contains(&number)))).collect()
}

/// The address families of types or of addresses.
fn families(values: ArrayRef) -> ArrayRef {
    let Some(addresses) = values.as_any().downcast_ref::<FixedSizeBinaryArray>() else { return values };
    let families: StringViewArray =
        addresses.iter().map(|address| address.map(|bytes| family(bytes).type_word())).collect();
    Arc::new(families)
}
