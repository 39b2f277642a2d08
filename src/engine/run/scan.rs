//! The reading threads: each takes a part of a file and has it read, until no parts are left.
//!
//! Parts come from one queue, so that one big file does not leave threads idle. Reading a part is the business of its
//! `format`, filtering its records that of `plan::select`.
//!
//! A file that fails does not end the run if there are others: its records up to there count, and it is named. Any
//! other error ends the run. Parts are taken in the order of the files, and each part that was taken is read to its
//! end, so that the reported error is that of the first part, whichever thread failed first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use datafusion::error::DataFusionError;

use crate::engine::Error;
use crate::engine::format::{LogFile, Parts, ReadContext, Reader};
use crate::engine::record::{Halt, Outlet, Unit, lock};

/// The parts of all files, in order, and the number of bytes to be read; 0 if that is not known.
pub(super) fn units(files: &[Arc<LogFile>], context: &ReadContext) -> (VecDeque<Unit>, u64) {
    let mut units = VecDeque::new();
    let mut total_bytes = Some(0);
    for (index, file) in files.iter().enumerate() {
        let Parts { parts, stored_bytes } = file.records.parts(file, context);
        total_bytes = total_bytes.zip(stored_bytes).map(|(total, bytes): (u64, u64)| total.saturating_add(bytes));
        let bytes = stored_bytes.unwrap_or_default() / parts.len().max(1) as u64;
        for part in parts {
            units.push_back(Unit { file: index, place: units.len(), part, bytes });
        }
    }
    (units, total_bytes.unwrap_or(0))
}

/// The state that all threads of a run share.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) files: Vec<Arc<LogFile>>,
    pub(super) context: ReadContext,
    pub(super) queue: Mutex<VecDeque<Unit>>,
}

impl Scan {
    /// Reads parts until none are left, or no more records are needed.
    pub(super) fn read_all(&self, outlet: &dyn Outlet) -> Result<(), DataFusionError> {
        let reader = Reader::new(&self.context, outlet);
        while !self.context.tally.has_failed()
            && let Some(unit) = self.next()
        {
            if let Err(halt) = self.read(&reader, &unit) {
                return self.halted(halt, unit.place);
            }
        }
        Ok(())
    }

    /// Reads a part. If its file fails and there are others, the failure is noted.
    pub(super) fn read(&self, reader: &Reader<'_>, unit: &Unit) -> Result<(), Halt> {
        let file = &self.files[unit.file];
        let read = file.records.read(reader, unit, file).and_then(|()| self.check_unchanged(file));
        match read {
            Err(Halt::Failed(error)) if self.context.goes_on && error.file_problem().is_some() => {
                self.context.tally.note_failed(unit.file, unit.place, error);
                Ok(())
            }
            read => read,
        }
    }

    /// Returns an error if the file changed so that some of it was not read.
    fn check_unchanged(&self, file: &LogFile) -> Result<(), Halt> {
        // A file that is followed is expected to change.
        let stamp = file.stamp.filter(|_| !self.context.visible.is_followed);
        match stamp.and_then(|stamp| stamp.change(&file.path)) {
            Some(reason) => Err(Error::Damaged { file: file.name.clone(), reason: reason.into() }.into()),
            None => Ok(()),
        }
    }

    fn next(&self) -> Option<Unit> {
        lock(&self.queue).pop_front()
    }

    /// Converts the outcome of a thread for DataFusion. An error that ends the run goes to the tally, where the
    /// consumer of the rows finds it: DataFusion would keep only its message.
    pub(super) fn halted(&self, halt: Halt, place: usize) -> Result<(), DataFusionError> {
        match halt {
            Halt::Closed => Ok(()),
            Halt::Engine(error) => Err(error),
            Halt::Failed(error) => {
                self.context.tally.fail(place, error);
                Ok(())
            }
        }
    }
}
