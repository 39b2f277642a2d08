//! Text under gzip: read as a whole by one thread, with another that decompresses.

use std::fs::File;

use crate::engine::Error;
use crate::engine::record::{Halt, Layout, Outlet, Part, Times, Unit};
use crate::engine::store::{self, Ahead, Raw};
use crate::query::plan::Limit;

use super::line_buffer::OpenedText;
use super::log_file::{LogFile, Parts, Records};
use super::reader::{ReadContext, Reader};
use super::{line_times, lines};

/// Smaller files are not worth a thread of their own.
const AHEAD_FROM_BYTES: u64 = 1 << 20;

/// Bigger files are not worth being read twice, nor held as a whole.
const NEWEST_FIRST_BYTES: u64 = 4 << 20;

/// Text under gzip, of so many bytes there.
#[derive(Debug)]
pub(crate) struct Gzip {
    bytes: u64,
}

impl Gzip {
    /// A file of `bytes` stored bytes.
    pub(crate) const fn new(bytes: u64) -> Self {
        Self { bytes }
    }

    fn open(&self, file: &LogFile, buffer: Vec<u8>) -> Result<OpenedText, Error> {
        let failed = |source| store::read_error(&file.name, source);
        let raw = Raw::open(File::open(&file.path).map_err(failed)?).map_err(failed)?;
        let counter = Some(raw.counter());
        let reader = raw.decoded();
        let reader = if self.bytes < AHEAD_FROM_BYTES { reader } else { Box::new(Ahead::new(reader)) };
        Ok(OpenedText::whole(reader, counter, buffer))
    }
}

impl Records for Gzip {
    fn parts(&self, _: &LogFile, _: &ReadContext) -> Parts {
        Parts { parts: vec![Part::Whole], stored_bytes: Some(self.bytes) }
    }

    fn read(&self, reader: &Reader<'_>, unit: &Unit, file: &LogFile) -> Result<(), Halt> {
        lines::read(reader, unit, file, self.open(file, reader.buffer.take())?)
    }

    fn times(&self, file: &LogFile, _: &Part, outlet: &dyn Outlet) -> Result<Times, Halt> {
        line_times::times(file, self.open(file, Vec::new())?, outlet)
    }

    /// A few rows are picked while the text is read: to find out its times takes nearly as long.
    fn suits_newest_first(&self, _: &Layout, limit: Limit) -> bool {
        limit == Limit::None && self.bytes <= NEWEST_FIRST_BYTES
    }

    fn extent(&self) -> Option<u64> {
        Some(self.bytes)
    }
}
