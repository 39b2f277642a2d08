//! A block: some records of one layout, column by column, on their way from a file to the query.
//!
//! Columns that no filter needs are decoded after filtering, only for the rows that are kept (late
//! materialisation).

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringViewBuilder};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::{filter, prep_null_mask_filter, take};
use datafusion::arrow::error::ArrowError;
use fearless_simd::{Level, dispatch};

use crate::engine::record::SlotKind;

use super::line::Span;
use super::values::Values;

/// One column of a block.
pub(crate) enum StoredColumn<'b> {
    /// Decoded values.
    Array(ArrayRef),
    /// A dictionary, and the index into it of each row.
    Dictionary(ArrayRef, ArrayRef),
    /// The byte ranges of values, which were checked to be of this kind or absent.
    Spans(Rc<BlockText<'b>>, SlotKind, Vec<Span>),
}

impl StoredColumn<'_> {
    /// The values of the kept records (`kept` has no nulls), or of all.
    pub(crate) fn array(&self, kept: Option<&BooleanArray>) -> Result<ArrayRef, ArrowError> {
        match (self, kept) {
            (Self::Array(array), None) => Ok(Arc::clone(array)),
            (Self::Array(array), Some(kept)) => filter(array, kept),
            (Self::Dictionary(values, places), None) => take(values, places, None),
            (Self::Dictionary(values, places), Some(kept)) => take(values, &filter(places, kept)?, None),
            (Self::Spans(text, kind, spans), None) => Ok(text.array(*kind, spans.len(), spans.iter())),
            (Self::Spans(text, kind, spans), Some(kept)) => {
                let spans = kept.values().set_indices().map(|row| &spans[row]);
                Ok(text.array(*kind, count_kept(kept), spans))
            }
        }
    }

    /// The rows for which a test holds; a dictionary is tested once instead of each row.
    pub(crate) fn test(
        &self,
        test: impl Fn(&ArrayRef) -> Result<BooleanArray, ArrowError>,
    ) -> Result<BooleanArray, ArrowError> {
        match self {
            Self::Dictionary(values, places) => Ok(take(&test(values)?, places, None)?.as_boolean().clone()),
            _ => test(&self.array(None)?),
        }
    }
}

/// The text that spans point into.
pub(crate) struct BlockText<'b> {
    bytes: &'b [u8],
    /// The same as UTF-8, checked once; `None` if malformed lines make it invalid.
    utf8: OnceCell<Option<&'b str>>,
}

impl<'b> BlockText<'b> {
    /// The text of these bytes.
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, utf8: OnceCell::new() }
    }

    fn whole(&self) -> Option<&'b str> {
        *self.utf8.get_or_init(|| std::str::from_utf8(self.bytes).ok())
    }

    fn array<'s>(&self, kind: SlotKind, rows: usize, spans: impl Iterator<Item = &'s Span>) -> ArrayRef {
        let Some(mut values) = Values::of(kind, rows) else { return self.texts(kind, rows, spans) };
        let places = spans.map(|span| (span.start as usize, span.end as usize));
        let is_good = dispatch!(Level::new(), simd => values.extend(simd, self.bytes, places));
        debug_assert!(is_good, "lines were checked before");
        values.finish()
    }

    fn texts<'s>(&self, kind: SlotKind, rows: usize, spans: impl Iterator<Item = &'s Span>) -> ArrayRef {
        /// The number of bytes of text that are checked as a whole in the time of checking one value.
        const BYTES_PER_VALUE: usize = 256;
        let whole = if rows > self.bytes.len() / BYTES_PER_VALUE { self.whole() } else { None };
        let mut builder = StringViewBuilder::with_capacity(rows);
        for span in spans {
            let text = match whole {
                Some(whole) => whole.get(span.start as usize..span.end as usize),
                None => std::str::from_utf8(span.of(self.bytes)).ok(),
            };
            match text {
                Some("-") | None => builder.append_null(),
                Some(text) => builder.append_value(kind.canonical(text)),
            }
        }
        Arc::new(builder.finish())
    }
}

/// Some records, column by column; only the columns that are needed.
pub(crate) struct Block<'b> {
    /// The number of records.
    pub(crate) rows: usize,
    /// The records that the query may see; `None` for all.
    pub(crate) visible: Option<BooleanBuffer>,
    columns: Vec<(usize, StoredColumn<'b>)>,
}

impl<'b> Block<'b> {
    /// The block of these columns, each with its slot.
    pub(crate) fn new(rows: usize, visible: Option<BooleanBuffer>, columns: Vec<(usize, StoredColumn<'b>)>) -> Self {
        Self { rows, visible, columns }
    }

    /// The values of the slot, for the kept records (`kept` has no nulls) or for all.
    pub(crate) fn column(&self, slot: usize, kept: Option<&BooleanArray>) -> Result<ArrayRef, ArrowError> {
        let column = self.columns.iter().find(|(of, _)| *of == slot);
        column.expect("every slot that is asked for was needed").1.array(kept)
    }
}

/// The number of rows that a mask keeps.
pub(crate) fn count_kept(kept: &BooleanArray) -> usize {
    debug_assert_eq!(kept.null_count(), 0, "a mask has no absent marks");
    kept.true_count()
}

/// A mask without nulls: unknown counts as false.
pub(crate) fn nulls_to_false(mask: BooleanArray) -> BooleanArray {
    if mask.null_count() > 0 { prep_null_mask_filter(&mask) } else { mask }
}
