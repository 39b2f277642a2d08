//! Reads records from bytes, without files and threads, for the fuzzer.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;

use super::format::{ReadContext, Reader};
use super::input::open_bytes;
use super::plan::{Select, TableColumn};
use super::record::{Halt, Outlet, Part, Unit, Visible};
use crate::query::plan::Statuses;

/// Drops records.
struct Nowhere;

impl Outlet for Nowhere {
    fn pass(&self, _: RecordBatch) -> Result<(), Halt> {
        Ok(())
    }

    fn check_open(&self) -> Result<(), Halt> {
        Ok(())
    }
}

/// Reads bytes as a file, every column of every record.
pub fn read(bytes: &[u8]) {
    let Some(file) = open_bytes(bytes.to_vec()) else { return };
    let output: Vec<TableColumn> = file.layout.slots().iter().cloned().map(TableColumn::Slot).collect();
    let schema = Arc::new(Schema::new(output.iter().map(TableColumn::arrow_field).collect::<Vec<_>>()));
    let context = ReadContext {
        select: Select { output, schema, filters: Vec::new() },
        visible: Visible { statuses: Statuses::Any, interval: None, is_followed: false },
        tally: Arc::default(),
        goes_on: false,
        interfaces: None,
    };
    let unit = Unit { file: 0, place: 0, part: Part::Whole, bytes: 0 };
    // Bytes that cannot be read are an error, never a crash.
    let _ = file.records.read(&Reader::new(&context, &Nowhere), &unit, &file);
}
