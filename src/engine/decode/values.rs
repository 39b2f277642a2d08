//! Parses numbers, times and addresses from text, one column at a time.

use std::iter;
use std::net::Ipv4Addr;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, FixedSizeBinaryArray, Int64Array, StringViewArray};
use datafusion::arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};
use fearless_simd::Simd;

use crate::engine::record::{ADDRESS_BYTES, SlotKind};
use crate::value::{address_bits, to_seconds};

use super::ipv4::ipv4;
use super::line::{Parsed, parse};
use super::word;

/// The values of a column, with flags for those that are present.
pub(crate) struct Values {
    kind: SlotKind,
    typed: Typed,
    present: Vec<bool>,
}

enum Typed {
    Numbers(Vec<i64>),
    Addresses(Vec<[u8; ADDRESS_BYTES as usize]>),
}

impl Values {
    /// An empty column with room for `rows` values; `None` for text, which is not parsed value by value.
    pub(crate) fn of(kind: SlotKind, rows: usize) -> Option<Self> {
        let typed = match kind {
            SlotKind::Number(_) | SlotKind::Time => Typed::Numbers(Vec::with_capacity(rows)),
            SlotKind::Address => Typed::Addresses(Vec::with_capacity(rows)),
            SlotKind::Status | SlotKind::Word(_) | SlotKind::Text => return None,
        };
        Some(Self { kind, typed, present: Vec::with_capacity(rows) })
    }

    /// Adds a value of this kind.
    pub(crate) fn push(&mut self, value: Parsed) {
        let present = &mut self.present;
        match (&mut self.typed, value) {
            (Typed::Numbers(numbers), Parsed::Number(number)) => add(Some(number), numbers, present),
            (Typed::Numbers(numbers), _) => add(None, numbers, present),
            (Typed::Addresses(addresses), Parsed::Address(bits)) => add(Some(bits.to_be_bytes()), addresses, present),
            (Typed::Addresses(addresses), _) => add(None, addresses, present),
        }
    }

    /// Adds the values at these places of the text; returns whether all are of this kind or absent. Numbers of up to 16
    /// digits have to be in range already.
    #[inline(always)]
    pub(crate) fn extend<S: Simd>(
        &mut self,
        simd: S,
        text: &[u8],
        places: impl Iterator<Item = (usize, usize)>,
    ) -> bool {
        let present = &mut self.present;
        match &mut self.typed {
            Typed::Numbers(numbers) => {
                let is_time = self.kind == SlotKind::Time;
                for (start, end) in places {
                    let number = match word::number(text, start, end).map(u64::cast_signed) {
                        Some(number) if is_time => Some(to_seconds(number)),
                        Some(number) => Some(number),
                        None => match parse(self.kind, &text[start..end]) {
                            Some(Parsed::Number(number)) => Some(number),
                            Some(_) => None,
                            None => return false,
                        },
                    };
                    add(number, numbers, present);
                }
            }
            Typed::Addresses(addresses) => {
                for (start, end) in places {
                    let bits = match ipv4(simd, text, start, end) {
                        Some(bits) => Some(address_bits(Ipv4Addr::from_bits(bits).into())),
                        None => match parse(self.kind, &text[start..end]) {
                            Some(Parsed::Address(bits)) => Some(bits),
                            Some(_) => None,
                            None => return false,
                        },
                    };
                    add(bits.map(u128::to_be_bytes), addresses, present);
                }
            }
        }
        true
    }

    /// Keeps the first `rows` values.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.present.truncate(rows);
        match &mut self.typed {
            Typed::Numbers(numbers) => numbers.truncate(rows),
            Typed::Addresses(addresses) => addresses.truncate(rows),
        }
    }

    /// Returns the column as an array.
    pub(crate) fn finish(self) -> ArrayRef {
        let nulls = self.present.contains(&false).then(|| NullBuffer::from(self.present));
        match self.typed {
            Typed::Numbers(numbers) => Arc::new(Int64Array::new(ScalarBuffer::from(numbers), nulls)),
            Typed::Addresses(addresses) => {
                let bytes = Buffer::from_vec(addresses.into_flattened());
                Arc::new(FixedSizeBinaryArray::new(ADDRESS_BYTES, bytes, nulls))
            }
        }
    }
}

/// A column of one value, of which there are `rows`; `None` if it is not a value of this kind.
pub(crate) fn repeated(kind: SlotKind, value: &str, rows: usize) -> Option<ArrayRef> {
    let parsed = parse(kind, value.as_bytes())?;
    let Some(mut values) = Values::of(kind, rows) else {
        let text = kind.canonical(value);
        return Some(Arc::new(StringViewArray::from_iter_values(iter::repeat_n(text, rows))));
    };
    (0..rows).for_each(|_| values.push(parsed));
    Some(values.finish())
}

fn add<T: Default>(value: Option<T>, values: &mut Vec<T>, present: &mut Vec<bool>) {
    present.push(value.is_some());
    values.push(value.unwrap_or_default());
}
