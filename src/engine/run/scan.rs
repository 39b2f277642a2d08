//! The reading threads: each takes a part of a file and has it read, until no parts are left.
//!
//! Parts come from one queue, so that one big file does not leave threads idle. Reading a part is the business of its
//! `format`, filtering its records that of `plan::select`.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use datafusion::error::DataFusionError;

use crate::engine::format::{LogFile, Parts, ReadContext, Reader};
use crate::engine::record::{Halt, Outlet, Unit, lock};

/// The number of threads that can run at once.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The parts of all files, in order, and the number of bytes to be read; 0 if that is not known.
pub(super) fn units(files: &[Arc<LogFile>], context: &ReadContext) -> (Vec<Unit>, u64) {
    let mut units = Vec::new();
    let mut total_bytes = Some(0);
    for (index, file) in files.iter().enumerate() {
        let Parts { parts, stored_bytes } = file.records.parts(file, context);
        total_bytes = total_bytes.zip(stored_bytes).map(|(total, bytes)| total + bytes);
        units.extend(parts.into_iter().map(|part| Unit { file: index, part }));
    }
    (units, total_bytes.unwrap_or(0))
}

/// The state that all threads of a run share.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) files: Vec<Arc<LogFile>>,
    pub(super) context: ReadContext,
    pub(super) queue: Mutex<Vec<Unit>>,
}

impl Scan {
    /// Reads parts until none are left, or no more records are needed.
    pub(super) fn read_all(&self, outlet: &dyn Outlet) -> Result<(), DataFusionError> {
        let reader = Reader::new(&self.context, outlet);
        while let Some(unit) = self.next() {
            if let Err(halt) = self.read(&reader, &unit) {
                return self.halted(halt);
            }
        }
        Ok(())
    }

    /// Reads a part.
    pub(super) fn read(&self, reader: &Reader<'_>, unit: &Unit) -> Result<(), Halt> {
        let file = &self.files[unit.file];
        file.records.read(reader, unit, file)
    }

    /// The next part, the last ones first: files and their lines are mostly in order of time, so a query for the newest
    /// records soon knows that the other parts are too old.
    fn next(&self) -> Option<Unit> {
        lock(&self.queue).pop()
    }

    /// Converts the outcome of a thread for DataFusion, which keeps only the message; the tally keeps the
    /// typed error.
    pub(super) fn halted(&self, halt: Halt) -> Result<(), DataFusionError> {
        match halt {
            Halt::Closed => Ok(()),
            Halt::Engine(error) => Err(error),
            Halt::Failed(error) => {
                let message = error.to_string();
                self.context.tally.fail(error);
                Err(DataFusionError::Execution(message))
            }
        }
    }
}
