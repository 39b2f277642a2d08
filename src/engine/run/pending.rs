//! Records that were read and wait for others.

use std::cmp::Reverse;
use std::mem;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, Datum, Int64Array, RecordBatch};
use datafusion::arrow::compute::kernels::cmp::{gt, gt_eq};
use datafusion::arrow::compute::{concat_batches, filter_record_batch, not};
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::arrow::error::ArrowError;

use crate::engine::decode::nulls_to_false;
use crate::engine::plan::{Select, TableColumn};

/// Records that wait until no newer ones can arrive.
pub(super) struct Pending {
    batches: Vec<RecordBatch>,
    schema: SchemaRef,
    /// The index of the time column.
    time: usize,
}

impl Pending {
    /// An empty buffer for the output of `select`.
    pub(super) fn new(select: &Select) -> Self {
        let time = select.output.iter().position(|column| *column == TableColumn::TIME);
        let time = time.expect("records in order of time have one");
        Self { batches: Vec::new(), schema: Arc::clone(&select.schema), time }
    }

    /// Adds records.
    pub(super) fn add(&mut self, batches: Vec<RecordBatch>) {
        self.batches.extend(batches);
    }

    fn times<'b>(&self, batch: &'b RecordBatch) -> &'b Int64Array {
        batch.column(self.time).as_primitive::<Int64Type>()
    }

    /// The number of records.
    pub(super) fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The memory that the records take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.batches.iter().map(RecordBatch::get_array_memory_size).sum()
    }

    /// Takes the records newer than `newest`, the newest time of any unread part, if they are at least
    /// `worth_rows`; takes all if no part is unread.
    pub(super) fn release(
        &mut self,
        newest: Option<i64>,
        worth_rows: usize,
    ) -> Result<Option<RecordBatch>, ArrowError> {
        let Some(newest) = newest else {
            let batches = mem::take(&mut self.batches);
            return if batches.is_empty() { Ok(None) } else { concat_batches(&self.schema, &batches).map(Some) };
        };
        let is_newer = |batch| gt(self.times(batch), &Int64Array::new_scalar(newest) as &dyn Datum).map(nulls_to_false);
        let masks = self.batches.iter().map(is_newer).collect::<Result<Vec<BooleanArray>, ArrowError>>()?;
        if masks.iter().map(BooleanArray::true_count).sum::<usize>() < worth_rows {
            return Ok(None);
        }
        let mut newer = Vec::new();
        let mut older = Vec::new();
        for (batch, mask) in mem::take(&mut self.batches).into_iter().zip(masks) {
            match mask.true_count() {
                0 => older.push(batch),
                all if all == batch.num_rows() => newer.push(batch),
                _ => {
                    newer.push(filter_record_batch(&batch, &mask)?);
                    older.push(filter_record_batch(&batch, &not(&mask)?)?);
                }
            }
        }
        self.batches = older;
        concat_batches(&self.schema, &newer).map(Some)
    }

    /// Keeps the newest `rows` records, ties of the last included (top-k).
    pub(super) fn keep_newest(&mut self, rows: usize) -> Result<(), ArrowError> {
        if rows == 0 {
            self.batches.clear();
        }
        let mut times: Vec<i64> = self.batches.iter().flat_map(|batch| self.times(batch).iter().flatten()).collect();
        if rows == 0 || times.len() <= rows {
            return Ok(());
        }
        let (_, oldest, _) = times.select_nth_unstable_by_key(rows - 1, |time| Reverse(*time));
        let oldest = Int64Array::new_scalar(*oldest);
        let mut kept = Vec::new();
        for batch in mem::take(&mut self.batches) {
            let mask = nulls_to_false(gt_eq(self.times(&batch), &oldest as &dyn Datum)?);
            match mask.true_count() {
                0 => {}
                all if all == batch.num_rows() => kept.push(batch),
                _ => kept.push(compact(&filter_record_batch(&batch, &mask)?)?),
            }
        }
        self.batches = kept;
        Ok(())
    }
}

/// Copies the text of the records, so that the text of dropped records can be freed.
fn compact(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let column = |column: &ArrayRef| match column.as_string_view_opt() {
        Some(text) => Arc::new(text.gc()) as ArrayRef,
        None => Arc::clone(column),
    };
    RecordBatch::try_new(batch.schema(), batch.columns().iter().map(column).collect())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::StringViewArray;

    use super::*;

    #[test]
    fn of_the_pending_records_as_many_are_left_as_may_be_among_enough() {
        let text = "a name that is too long to lie in a view";
        let batch = |times: &[Option<i64>]| {
            let names = StringViewArray::from(vec![text; times.len()]);
            let columns: [(&str, ArrayRef); 2] =
                [("time", Arc::new(Int64Array::from(times.to_vec()))), ("name", Arc::new(names))];
            RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
        };
        let batches = vec![batch(&[Some(5), None, Some(9)]), batch(&[Some(3)]), batch(&[Some(7), Some(7), Some(8)])];
        let mut pending = Pending { schema: batches[0].schema(), batches, time: 0 };
        let left = |pending: &Pending| -> Vec<i64> {
            pending
                .batches
                .iter()
                .flat_map(|batch| pending.times(batch).iter().map(Option::unwrap_or_default))
                .collect()
        };
        pending.keep_newest(6).unwrap();
        assert_eq!(left(&pending), [5, 0, 9, 3, 7, 7, 8], "those without a time may be needed");
        // The third is as old as the fourth, so that either may be the right one.
        pending.keep_newest(3).unwrap();
        assert_eq!(left(&pending), [9, 7, 7, 8]);
        assert_eq!(pending.batches[0].column(1).as_string_view().total_buffer_bytes_used(), text.len());
        assert_eq!(pending.release(Some(8), 2).unwrap(), None, "one is not worth it");
        assert_eq!(pending.release(Some(7), 2).unwrap().unwrap().num_rows(), 2);
        assert_eq!(left(&pending), [7, 7]);
        pending.keep_newest(0).unwrap();
        assert_eq!(pending.rows(), 0);
    }
}
