//! Converts batches of an answer to rows of values.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::{SortColumn, SortOptions, lexsort_to_indices, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::stream::{self, Stream, StreamExt};

use crate::engine::plan::{ColumnOrder, scalar};
use crate::engine::record::BATCH_ROWS;
use crate::query::kind::Kind;
use crate::value::{Row, Value, address_from_bits};

/// The number of pieces of an answer that are converted ahead of the consumer.
const READY_PIECES: usize = 8;

type Result<T> = std::result::Result<T, DataFusionError>;

/// The rows of an answer, in pieces, converted by other threads; if there is an `order`, the rows of each batch are
/// sorted first.
pub(crate) fn rows(
    batches: SendableRecordBatchStream,
    order: Vec<ColumnOrder>,
    kinds: Vec<Kind>,
) -> impl Stream<Item = Result<Vec<Row>>> {
    let (order, kinds) = (Arc::new(order), Arc::new(kinds));
    let pieces = batches.map(move |batch| {
        let order = Arc::clone(&order);
        elsewhere(move || pieces(batch?, &order))
    });
    // While the pieces of one batch are consumed, the next batch is sorted.
    let pieces = pieces.buffered(2).flat_map(|pieces| match pieces {
        Ok(pieces) => stream::iter(pieces.into_iter().map(Ok).collect::<Vec<_>>()),
        Err(error) => stream::iter(vec![Err(error)]),
    });
    let rows = pieces.map(move |piece| {
        let kinds = Arc::clone(&kinds);
        elsewhere(move || Ok(batch_rows(&piece?, &kinds)))
    });
    rows.buffered(READY_PIECES)
}

/// Runs `work` in a thread that may block.
async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = SpawnedTask::spawn_blocking(work).join_unwind().await;
    done.map_err(|error| DataFusionError::ExecutionJoin(Box::new(error)))?
}

/// A batch in order, cut into pieces that are converted to rows one at a time.
fn pieces(batch: RecordBatch, order: &[ColumnOrder]) -> Result<Vec<RecordBatch>> {
    let batch = if order.is_empty() { batch } else { sorted(&batch, order)? };
    let starts = (0..batch.num_rows()).step_by(BATCH_ROWS);
    Ok(starts.map(|start| batch.slice(start, BATCH_ROWS.min(batch.num_rows() - start))).collect())
}

fn sorted(batch: &RecordBatch, order: &[ColumnOrder]) -> Result<RecordBatch> {
    let schema = batch.schema_ref();
    let columns = order.iter().map(|ColumnOrder { column, descending }| {
        let values = Arc::clone(batch.column(schema.index_of(column)?));
        let options = Some(SortOptions { descending: *descending, nulls_first: false });
        Ok(SortColumn { values, options })
    });
    let indices = lexsort_to_indices(&columns.collect::<Result<Vec<_>>>()?, None)?;
    Ok(take_record_batch(batch, &indices)?)
}

/// The rows of a batch, in order.
fn batch_rows(batch: &RecordBatch, kinds: &[Kind]) -> Vec<Row> {
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
        Kind::Text => Value::Text(array.as_string_view().value(at).into()),
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
