//! Lines of text, one record per line.
//!
//! An uncompressed file is cut into parts, which several threads read.

use std::fs::File;

use crate::engine::Error;
use crate::engine::record::{Halt, Layout, Outlet, Part, Times, Unit};
use crate::engine::store::{Storage, ended_bytes, line_start, read_error};
use crate::query::plan::Limit;

use super::line_buffer::{LineBuffer, OpenedLines};
use super::log_file::{LogFile, Parts, Records};
use super::reader::{ReadContext, Reader};
use super::{line_times, lines};

/// The size of the parts that a file is read in, so that several threads can share a big one.
const PART_BYTES: u64 = 4 << 20;

/// Larger gzip files are not worth reading twice, nor keeping in memory as a whole.
const TWICE_GZIP_BYTES: u64 = 4 << 20;

/// Text, wherever it is stored.
#[derive(Debug)]
pub(crate) struct Text {
    storage: Storage,
}

impl Text {
    /// The text of this storage.
    pub(crate) const fn new(storage: Storage) -> Self {
        Self { storage }
    }

    /// Opens a part of a file, which is read into `buffer`.
    fn open(&self, file: &LogFile, part: &Part, buffer: Vec<u8>) -> Result<OpenedLines, Error> {
        let failed = |source| read_error(&file.name, source);
        if let Part::Bytes(range) = part {
            let mut stored = File::open(&file.path).map_err(failed)?;
            let origin = line_start(&mut stored, range.start, range.end).map_err(failed)?;
            let lines = LineBuffer::new(Box::new(stored) as _, origin, Some(range.end), buffer);
            return Ok(OpenedLines { lines, raw_bytes: None });
        }
        let opened = self.storage.open(&file.path, &file.name)?;
        Ok(OpenedLines { lines: LineBuffer::new(opened.reader, 0, None, buffer), raw_bytes: Some(opened.raw_bytes) })
    }
}

impl Records for Text {
    fn parts(&self, file: &LogFile, context: &ReadContext) -> Parts {
        let Storage::Plain { bytes } = self.storage else {
            return Parts { parts: vec![Part::Whole], stored_bytes: self.storage.bytes() };
        };
        let bytes = if context.visible.is_followed { ended_bytes(&file.path, bytes) } else { bytes };
        let starts = (0..bytes.div_ceil(PART_BYTES)).map(|part| part * PART_BYTES);
        let parts = starts.map(|start| Part::Bytes(start..(start + PART_BYTES).min(bytes)));
        Parts { parts: parts.collect(), stored_bytes: Some(bytes) }
    }

    fn read(&self, reader: &Reader<'_>, unit: &Unit, file: &LogFile) -> Result<(), Halt> {
        lines::read(reader, unit, file, self.open(file, &unit.part, reader.buffer.take())?)
    }

    fn times(&self, file: &LogFile, part: &Part, outlet: &dyn Outlet) -> Result<Times, Halt> {
        line_times::times(file, self.open(file, part, Vec::new())?, outlet)
    }

    /// With a limit, compressed text is simply read to the end: finding its times takes nearly as long.
    fn suits_newest_first(&self, _: &Layout, limit: Limit) -> bool {
        match self.storage {
            Storage::Plain { .. } => true,
            Storage::Gzip { bytes } => limit == Limit::None && bytes <= TWICE_GZIP_BYTES,
            Storage::Pipe { .. } => false,
        }
    }

    fn extent(&self) -> Option<u64> {
        self.storage.bytes()
    }
}
