//! A text file as it stands, cut into parts that several threads read.

use std::fs::File;

use crate::engine::Error;
use crate::engine::record::{Halt, Layout, Outlet, Part, Times, Unit};
use crate::engine::store::{self, ended_bytes, line_start};
use crate::query::plan::Limit;

use super::line_buffer::OpenedText;
use super::log_file::{LogFile, Parts, Records};
use super::reader::{ReadContext, Reader};
use super::{line_times, lines};

/// A file is read in parts of this size, so that several threads can share a big one.
const PART_BYTES: u64 = 4 << 20;

/// Text, of so many bytes.
#[derive(Debug)]
pub(crate) struct Text {
    bytes: u64,
}

impl Text {
    /// A file of this size.
    pub(crate) const fn new(bytes: u64) -> Self {
        Self { bytes }
    }
}

/// Opens a part of a file, which is read into `buffer`.
fn open(file: &LogFile, part: &Part, buffer: Vec<u8>) -> Result<OpenedText, Error> {
    let failed = |source| store::read_error(&file.name, source);
    let mut stored = File::open(&file.path).map_err(failed)?;
    Ok(match part {
        Part::Bytes(range) => {
            let origin = line_start(&mut stored, range.start).map_err(failed)?;
            OpenedText::part(Box::new(stored), origin, range.end, buffer)
        }
        _ => OpenedText::whole(Box::new(stored), None, buffer),
    })
}

impl Records for Text {
    fn parts(&self, file: &LogFile, context: &ReadContext) -> Parts {
        let bytes = if context.visible.is_followed { ended_bytes(&file.path, self.bytes) } else { self.bytes };
        let starts = (0..bytes.div_ceil(PART_BYTES)).map(|part| part * PART_BYTES);
        let parts = starts.map(|start| Part::Bytes(start..(start + PART_BYTES).min(bytes)));
        Parts { parts: parts.collect(), stored_bytes: Some(bytes) }
    }

    fn read(&self, reader: &Reader<'_>, unit: &Unit, file: &LogFile) -> Result<(), Halt> {
        lines::read(reader, unit, file, open(file, &unit.part, reader.buffer.take())?)
    }

    fn times(&self, file: &LogFile, part: &Part, outlet: &dyn Outlet) -> Result<Times, Halt> {
        line_times::times(file, open(file, part, Vec::new())?, outlet)
    }

    fn suits_newest_first(&self, _: &Layout, _: Limit) -> bool {
        true
    }

    fn extent(&self) -> Option<u64> {
        Some(self.bytes)
    }
}
