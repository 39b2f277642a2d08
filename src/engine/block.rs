//! Some records of one layout, column by column, on their way from a file to the query.
//!
//! Numbers and addresses lie here as Arrow arrays; text that was read from lines is made into an
//! array only for the records that are kept, since most of it is never looked at.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, FixedSizeBinaryArray, Int64Array, NullBufferBuilder, StringViewBuilder,
};
use datafusion::arrow::buffer::{Buffer, ScalarBuffer};
use datafusion::arrow::compute::filter;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;

use super::decode::{LineReader, Parsed, Span};
use super::layout::{Kind, Layout};

/// Bytes of an address.
pub(super) const ADDRESS_BYTES: i32 = 16;

/// The Arrow type of text.
pub(super) const TEXT: DataType = DataType::Utf8View;

/// The Arrow type of a slot's values.
pub(super) const fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Number(_) | Kind::Time => DataType::Int64,
        Kind::Address => DataType::FixedSizeBinary(ADDRESS_BYTES),
        Kind::Text => TEXT,
    }
}

/// One column of a block.
pub(super) enum Column<'b> {
    /// Values.
    Array(ArrayRef),
    /// Where text stands in these bytes; an empty span is absent.
    Spans(&'b [u8], Vec<Span>),
}

impl Column<'_> {
    /// The values of the kept records, or of all.
    fn array(&self, kept: Option<&BooleanArray>) -> Result<ArrayRef, ArrowError> {
        match (self, kept) {
            (Self::Array(array), None) => Ok(Arc::clone(array)),
            (Self::Array(array), Some(kept)) => filter(array, kept),
            (Self::Spans(bytes, spans), None) => Ok(text_array(bytes, spans.iter())),
            (Self::Spans(bytes, spans), Some(kept)) => {
                let kept = spans.iter().zip(kept.values()).filter(|(_, kept)| *kept).map(|(span, _)| span);
                Ok(text_array(bytes, kept))
            }
        }
    }
}

fn text_array<'s>(bytes: &[u8], spans: impl Iterator<Item = &'s Span>) -> ArrayRef {
    let mut builder = StringViewBuilder::new();
    for span in spans {
        // Lines were found to be UTF-8 before, and values are cut at blanks.
        match std::str::from_utf8(span.of(bytes)) {
            Ok("") | Err(_) => builder.append_null(),
            Ok(text) => builder.append_value(text),
        }
    }
    Arc::new(builder.finish())
}

/// Some records, column by column; only the columns that are wanted.
pub(super) struct Block<'b> {
    /// How many records.
    pub(super) rows: usize,
    columns: Vec<(usize, Column<'b>)>,
}

impl<'b> Block<'b> {
    /// Columns by the slot that each stands for.
    pub(super) fn new(rows: usize, columns: Vec<(usize, Column<'b>)>) -> Self {
        Self { rows, columns }
    }

    /// The values of the slot, for the kept records (no absent marks in `kept`) or for all.
    pub(super) fn column(&self, slot: usize, kept: Option<&BooleanArray>) -> Result<ArrayRef, ArrowError> {
        let column = self.columns.iter().find(|(of, _)| *of == slot);
        column.expect("every slot that is asked for was wanted").1.array(kept)
    }
}

/// Gathers the values of records that were read from lines.
pub(super) struct Gathering {
    rows: usize,
    columns: Vec<(usize, Values)>,
}

enum Values {
    Numbers(Vec<i64>, NullBufferBuilder),
    Addresses(Vec<u8>, NullBufferBuilder),
    Spans(Vec<Span>),
}

impl Values {
    fn of(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::Number(_) | Kind::Time => Self::Numbers(Vec::with_capacity(rows), NullBufferBuilder::new(rows)),
            Kind::Address => {
                Self::Addresses(Vec::with_capacity(rows * ADDRESS_BYTES as usize), NullBufferBuilder::new(rows))
            }
            Kind::Text => Self::Spans(Vec::with_capacity(rows)),
        }
    }

    fn push(&mut self, value: Parsed, span: Span) {
        match self {
            Self::Numbers(numbers, present) => {
                let number = if let Parsed::Number(number) = value { Some(number) } else { None };
                numbers.push(number.unwrap_or_default());
                present.append(number.is_some());
            }
            Self::Addresses(bytes, present) => {
                let address = if let Parsed::Address(address) = value { Some(address) } else { None };
                bytes.extend_from_slice(&address.unwrap_or_default().to_be_bytes());
                present.append(address.is_some());
            }
            Self::Spans(spans) => spans.push(if value == Parsed::Absent { Span::default() } else { span }),
        }
    }

    fn finish(self, bytes: &[u8]) -> Column<'_> {
        match self {
            Self::Numbers(numbers, mut present) => {
                Column::Array(Arc::new(Int64Array::new(ScalarBuffer::from(numbers), present.finish())))
            }
            Self::Addresses(addresses, mut present) => Column::Array(Arc::new(FixedSizeBinaryArray::new(
                ADDRESS_BYTES,
                Buffer::from_vec(addresses),
                present.finish(),
            ))),
            Self::Spans(spans) => Column::Spans(bytes, spans),
        }
    }
}

impl Gathering {
    /// Gathers these slots of the layout, of about so many records.
    pub(super) fn new(layout: &Layout, wanted: &[usize], rows: usize) -> Self {
        let columns = wanted.iter().map(|slot| (*slot, Values::of(layout.slots()[*slot].kind(), rows))).collect();
        Self { rows: 0, columns }
    }

    /// Adds the record that `reader` read last; its line starts at `at` in the block's bytes.
    pub(super) fn push(&mut self, reader: &LineReader, at: u32) {
        for (slot, values) in &mut self.columns {
            let span = reader.spans[*slot];
            values.push(reader.values[*slot], Span { start: span.start + at, end: span.end + at });
        }
        self.rows += 1;
    }

    /// How many records there are.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// The records as a block; `bytes` are what the lines stood in.
    pub(super) fn finish(self, bytes: &[u8]) -> Block<'_> {
        let columns = self.columns.into_iter().map(|(slot, values)| (slot, values.finish(bytes))).collect();
        Block::new(self.rows, columns)
    }
}

/// A column of absent values.
pub(super) fn absent(kind: Kind, rows: usize) -> ArrayRef {
    datafusion::arrow::array::new_null_array(&data_type(kind), rows)
}

/// How many records of a mask are kept.
pub(super) fn count_kept(kept: &BooleanArray) -> usize {
    debug_assert_eq!(kept.null_count(), 0, "a mask has no absent marks");
    kept.true_count()
}
