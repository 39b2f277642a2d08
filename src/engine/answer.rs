//! Batches of an answer to rows of values.

use std::borrow::Cow;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};

use crate::query::kind::Kind;
use crate::value::{Row, Value, address_from_bits};

use super::scalar;

/// The rows of a batch, in order.
pub(super) fn rows(batch: &RecordBatch, kinds: &[Kind]) -> Vec<Row> {
    let mut rows: Vec<Row> = (0..batch.num_rows()).map(|_| Row::with_capacity(kinds.len())).collect();
    for (array, kind) in batch.columns().iter().zip(kinds) {
        for (at, row) in rows.iter_mut().enumerate() {
            row.push(if array.is_null(at) { Value::Absent } else { value(array, *kind, at) });
        }
    }
    rows
}

fn value(array: &ArrayRef, kind: Kind, at: usize) -> Value {
    match kind {
        Kind::Number => number(array, at),
        Kind::Address => Value::Address(address_from_bits(bits(array, at))),
        Kind::Network(length) => Value::Network(scalar::network(address_from_bits(bits(array, at)), length)),
        Kind::Time | Kind::Code(_) | Kind::Flags => kind.of_integer(integer(array, at)),
        Kind::Text => Value::Text(Cow::Owned(array.as_string_view().value(at).to_string())),
    }
}

fn integer(array: &ArrayRef, at: usize) -> i64 {
    array.as_primitive::<Int64Type>().value(at)
}

fn bits(array: &ArrayRef, at: usize) -> u128 {
    array.as_fixed_size_binary().value(at).iter().fold(0, |bits, byte| bits << 8 | u128::from(*byte))
}

fn number(array: &ArrayRef, at: usize) -> Value {
    match array.data_type() {
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(at)),
        DataType::Decimal128(..) => {
            let sum = array.as_primitive::<Decimal128Type>().value(at);
            #[allow(clippy::cast_precision_loss, reason = "a sum that no 64-bit number holds is shown as about that")]
            i64::try_from(sum).map_or(Value::Float(sum as f64), Value::Int)
        }
        _ => Value::Int(integer(array, at)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::Decimal128Array;

    use super::*;

    #[test]
    fn a_sum_over_all_bounds_is_shown_as_about_that() {
        let sums = Decimal128Array::from(vec![i128::from(i64::MAX), i128::from(i64::MAX) + 1]);
        let array: ArrayRef = Arc::new(sums.with_precision_and_scale(29, 0).unwrap());
        assert_eq!(value(&array, Kind::Number, 0), Value::Int(i64::MAX));
        assert_eq!(value(&array, Kind::Number, 1), Value::Float(9_223_372_036_854_775_808.0));
    }
}
