//! The Arrow types of the values of records.

use datafusion::arrow::array::{ArrayRef, new_null_array};
use datafusion::arrow::datatypes::DataType;

use crate::query::plan::Family;

use super::layout::SlotKind;

/// The length of an address.
pub(crate) const ADDRESS_BYTES: i32 = 16;

/// The Arrow type of addresses: 16 bytes, IPv4 addresses mapped to IPv6.
pub(crate) const ADDRESS: DataType = DataType::FixedSizeBinary(ADDRESS_BYTES);

/// The Arrow type of text.
pub(crate) const TEXT: DataType = DataType::Utf8View;

/// The Arrow type of a slot's values.
pub(crate) const fn data_type(kind: SlotKind) -> DataType {
    match kind {
        SlotKind::Number(_) | SlotKind::Time => DataType::Int64,
        SlotKind::Address => ADDRESS,
        SlotKind::Status | SlotKind::Word(_) | SlotKind::Text => TEXT,
    }
}

/// A column of absent values.
pub(crate) fn absent(kind: SlotKind, rows: usize) -> ArrayRef {
    new_null_array(&data_type(kind), rows)
}

/// The family of an address in an array.
pub(crate) fn family(address: &[u8]) -> Family {
    const V4_PREFIX: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    if address.starts_with(V4_PREFIX) { Family::V4 } else { Family::V6 }
}
