//! Converts stored columns to columns of records.
//!
//! AWS writes numbers as integers and everything else as text; other programs write numbers as text,
//! absent values as `None`, account ids as numbers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayData, ArrayRef, AsArray, DictionaryArray, FixedSizeBinaryBuilder, Int64Builder, StringViewBuilder,
};
use datafusion::arrow::compute::{cast, max, min};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type, TimeUnit};
use datafusion::arrow::error::ArrowError;

use crate::engine::decode::{Parsed, StoredColumn, parse};
use crate::engine::record::{ADDRESS_BYTES, Slot, SlotKind, Status};
use crate::field::Field;
use crate::value::to_seconds;

pub(super) type Arrow<T> = Result<T, ArrowError>;

/// An absent value in a message.
const ABSENT: &str = "-";

/// Digits of an account id.
const ACCOUNT_DIGITS: usize = 12;

fn is_text(data_type: &DataType) -> bool {
    use DataType::{Binary, LargeBinary, LargeUtf8, Utf8, Utf8View};
    matches!(data_type, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary)
}

/// Returns whether stored values of this type can be read as values of the slot's kind.
pub(super) fn can_read(kind: SlotKind, data_type: &DataType) -> bool {
    let is_number = data_type.is_integer() || matches!(data_type, DataType::Float32 | DataType::Float64);
    match kind {
        SlotKind::Number(_) => is_text(data_type) || is_number,
        SlotKind::Time => is_text(data_type) || is_number || matches!(data_type, DataType::Timestamp(..)),
        SlotKind::Address => is_text(data_type),
        SlotKind::Status | SlotKind::Word(_) | SlotKind::Text => {
            is_text(data_type) || data_type.is_integer() || *data_type == DataType::Boolean
        }
    }
}

/// Malformed rows, and the value of each that makes it malformed.
pub(super) type Bad = Vec<(usize, String)>;

/// Converts a column.
pub(super) fn read_column(array: &ArrayRef, slot: &Slot) -> Arrow<(ArrayRef, Bad)> {
    let mut bad = Vec::new();
    let values = match slot.kind() {
        SlotKind::Status => read_statuses(array, &mut bad)?,
        kind @ (SlotKind::Word(_) | SlotKind::Text) => read_text(array, kind, *slot == Slot::Field(Field::Account))?,
        SlotKind::Address => read_addresses(array, &mut bad)?,
        kind => read_numbers(array, kind, &mut bad)?,
    };
    Ok((values, bad))
}

/// A dictionary as stored, and its converted values.
pub(super) struct CachedDictionary {
    stored: ArrayData,
    values: ArrayRef,
    bad: HashMap<usize, String>,
}

/// Converts a dictionary column. The dictionary itself is converted once, since usually all batches of a row group
/// share it.
pub(super) fn read_dictionary(
    array: &DictionaryArray<Int32Type>,
    slot: &Slot,
    known: Entry<'_, usize, CachedDictionary>,
) -> Arrow<(StoredColumn<'static>, Bad)> {
    let stored = array.values().to_data();
    let dictionary = match known {
        Entry::Occupied(known) if known.get().stored.ptr_eq(&stored) => known.into_mut(),
        known => {
            let (values, bad) = read_column(array.values(), slot)?;
            known.insert_entry(CachedDictionary { stored, values, bad: bad.into_iter().collect() }).into_mut()
        }
    };
    let mut bad = Vec::new();
    let absent = (slot.kind() == SlotKind::Status && array.null_count() > 0).then(|| ABSENT.to_string());
    if !dictionary.bad.is_empty() || absent.is_some() {
        for (row, value) in array.keys_iter().enumerate() {
            let reason = value.map_or(absent.as_ref(), |value| dictionary.bad.get(&value));
            bad.extend(reason.map(|value| (row, value.clone())));
        }
    }
    Ok((StoredColumn::Dictionary(Arc::clone(&dictionary.values), Arc::new(array.keys().clone())), bad))
}

/// The column as text.
fn texts(array: &ArrayRef) -> Arrow<ArrayRef> {
    // Text that is not marked as such is stored as bytes.
    let array = match array.data_type() {
        DataType::Binary => cast(array, &DataType::Utf8)?,
        DataType::LargeBinary => cast(array, &DataType::LargeUtf8)?,
        _ => Arc::clone(array),
    };
    cast(&array, &DataType::Utf8View)
}

fn present(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !matches!(*text, "" | "-" | "None"))
}

fn read_text(array: &ArrayRef, kind: SlotKind, is_account: bool) -> Arrow<ArrayRef> {
    // A number has lost its leading zeros.
    let is_padded = is_account && array.data_type().is_integer();
    let texts = texts(array)?;
    // Copied, since views would keep whole pages of the file in memory.
    let mut builder = StringViewBuilder::with_capacity(texts.len());
    for text in texts.as_string_view() {
        match present(text) {
            Some(text) if is_padded => builder.append_value(format!("{text:0>ACCOUNT_DIGITS$}")),
            text => builder.append_option(text.map(|text| kind.canonical(text))),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn read_statuses(array: &ArrayRef, bad: &mut Bad) -> Arrow<ArrayRef> {
    let statuses = read_text(array, SlotKind::Status, false)?;
    for (row, status) in statuses.as_string_view().iter().enumerate() {
        let status = status.unwrap_or(ABSENT);
        if Status::of(status.as_bytes()).is_none() {
            bad.push((row, status.to_string()));
        }
    }
    Ok(statuses)
}

fn read_addresses(array: &ArrayRef, bad: &mut Vec<(usize, String)>) -> Arrow<ArrayRef> {
    let texts = texts(array)?;
    let mut builder = FixedSizeBinaryBuilder::with_capacity(texts.len(), ADDRESS_BYTES);
    for (row, text) in texts.as_string_view().iter().enumerate() {
        match present(text).map(|text| (text, parse(SlotKind::Address, text.as_bytes()))) {
            Some((_, Some(Parsed::Address(address)))) => builder.append_value(address.to_be_bytes())?,
            Some((text, None)) => {
                bad.push((row, text.to_string()));
                builder.append_null();
            }
            _ => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn read_numbers(array: &ArrayRef, kind: SlotKind, bad: &mut Vec<(usize, String)>) -> Arrow<ArrayRef> {
    let mut builder = Int64Builder::with_capacity(array.len());
    let mut push = |row: usize, number: Option<Result<i64, String>>| {
        let number = number.map(|number| number.and_then(|number| in_range(kind, number)));
        match number {
            None => builder.append_null(),
            Some(Ok(number)) => builder.append_value(number),
            Some(Err(value)) => {
                bad.push((row, value));
                builder.append_null();
            }
        }
    };
    match array.data_type() {
        data_type if is_text(data_type) => {
            for (row, text) in texts(array)?.as_string_view().iter().enumerate() {
                push(row, present(text).map(|text| from_text(kind, text)));
            }
        }
        DataType::Float32 | DataType::Float64 => {
            let floats = cast(array, &DataType::Float64)?;
            for (row, float) in floats.as_primitive::<Float64Type>().iter().enumerate() {
                push(row, float.filter(|float| !float.is_nan()).map(from_float));
            }
        }
        data_type => {
            let per_second = match data_type {
                DataType::Timestamp(TimeUnit::Nanosecond, _) => 1_000_000_000,
                DataType::Timestamp(TimeUnit::Microsecond, _) => 1_000_000,
                DataType::Timestamp(TimeUnit::Millisecond, _) => 1000,
                _ => 1,
            };
            let numbers = cast(array, &DataType::Int64)?;
            if per_second == 1 && numbers.null_count() == array.null_count() && are_in_range(kind, &numbers) {
                return Ok(numbers);
            }
            for (row, number) in numbers.as_primitive::<Int64Type>().iter().enumerate() {
                // The cast has made values beyond `i64` absent.
                let is_lost = number.is_none() && array.is_valid(row);
                let number = number.map(|number| Ok(number.div_euclid(per_second)));
                push(row, if is_lost { Some(Err("a number over 2^63".into())) } else { number });
            }
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn from_text(kind: SlotKind, text: &str) -> Result<i64, String> {
    match parse(kind, text.as_bytes()) {
        Some(Parsed::Number(number)) => Ok(number),
        _ => Err(text.to_string()),
    }
}

/// Converts floats, which some programs write for numbers when a value is absent.
fn from_float(float: f64) -> Result<i64, String> {
    /// Up to this limit, floats represent every whole number.
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "whole and within the limit")]
    if float.fract() == 0.0 && float.abs() <= LIMIT { Ok(float as i64) } else { Err(float.to_string()) }
}

fn in_range(kind: SlotKind, number: i64) -> Result<i64, String> {
    let max = match kind {
        SlotKind::Number(max) => max,
        _ => i64::MAX,
    };
    if !(0..=max).contains(&number) {
        return Err(number.to_string());
    }
    Ok(if kind == SlotKind::Time { to_seconds(number) } else { number })
}

/// Returns whether the numbers are valid for the slot without conversion.
fn are_in_range(kind: SlotKind, numbers: &ArrayRef) -> bool {
    let numbers = numbers.as_primitive::<Int64Type>();
    [min(numbers), max(numbers)].into_iter().flatten().all(|number| in_range(kind, number) == Ok(number))
}
