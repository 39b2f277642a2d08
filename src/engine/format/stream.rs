//! Text from a pipe, which is there once.

use std::fmt;
use std::io::Read;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use crate::engine::Error;
use crate::engine::record::{Halt, Layout, Outlet, Part, Times, Unit, lock};
use crate::query::plan::Limit;

use super::line_buffer::OpenedText;
use super::log_file::{LogFile, Parts, Records};
use super::reader::{ReadContext, Reader};
use super::{line_times, lines};

/// Text from a pipe, decompressed.
pub(crate) struct Stream {
    /// Taken by who reads it.
    reader: Mutex<Option<Box<dyn Read + Send>>>,
    /// Counts the stored bytes that have been read.
    raw_bytes: Arc<AtomicU64>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}

impl Stream {
    /// What `reader` has; `raw_bytes` counts what is read of it in storage.
    pub(crate) fn new(reader: Box<dyn Read + Send>, raw_bytes: Arc<AtomicU64>) -> Self {
        Self { reader: Mutex::new(Some(reader)), raw_bytes }
    }

    fn open(&self, file: &LogFile, buffer: Vec<u8>) -> Result<OpenedText, Error> {
        let reader = lock(&self.reader).take();
        let reader = reader.ok_or_else(|| Error::ReadTwice { file: file.name.clone() })?;
        Ok(OpenedText::whole(reader, Some(Arc::clone(&self.raw_bytes)), buffer))
    }
}

impl Records for Stream {
    fn parts(&self, _: &LogFile, _: &ReadContext) -> Parts {
        Parts { parts: vec![Part::Whole], stored_bytes: None }
    }

    fn read(&self, reader: &Reader<'_>, unit: &Unit, file: &LogFile) -> Result<(), Halt> {
        lines::read(reader, unit, file, self.open(file, reader.buffer.take())?)
    }

    fn times(&self, file: &LogFile, _: &Part, outlet: &dyn Outlet) -> Result<Times, Halt> {
        line_times::times(file, self.open(file, Vec::new())?, outlet)
    }

    fn suits_newest_first(&self, _: &Layout, _: Limit) -> bool {
        false
    }

    fn extent(&self) -> Option<u64> {
        None
    }
}
