//! The storage of a text: a plain file, a gzip file, or a pipe.
//!
//! Storage is not a format of records: each text format exists in all three.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use crate::engine::Error;
use crate::engine::record::lock;

use super::ahead::Ahead;
use super::local::ended_bytes;
use super::raw::{READ_BYTES, Raw, read_error};

/// Smaller gzip files are not worth a thread of their own.
const AHEAD_FROM_BYTES: u64 = 1 << 20;

/// The storage of a text.
pub(crate) enum Storage {
    /// A plain file of this size.
    Plain { bytes: u64 },
    /// A gzip file of this size.
    Gzip { bytes: u64 },
    /// A pipe, which can be read once; decompressed.
    Pipe { reader: Mutex<Option<Box<dyn Read + Send>>>, raw_bytes: Arc<AtomicU64> },
}

/// A text that was opened.
pub(crate) struct OpenedText {
    pub(crate) reader: Box<dyn Read + Send>,
    /// The counter of the stored bytes read so far.
    pub(crate) raw_bytes: Arc<AtomicU64>,
}

impl OpenedText {
    /// The same text, which ends after `bytes` bytes.
    fn up_to(self, bytes: u64) -> Self {
        Self { reader: Box::new(self.reader.take(bytes)), ..self }
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain { .. } => "Plain",
            Self::Gzip { .. } => "Gzip",
            Self::Pipe { .. } => "Pipe",
        })
    }
}

impl Storage {
    /// The storage of a file of this size that begins with the bytes of `raw`.
    pub(crate) fn of_file(raw: &Raw<File>, bytes: u64) -> Self {
        if raw.is_gzip() { Self::Gzip { bytes } } else { Self::Plain { bytes } }
    }

    /// A pipe; `raw_bytes` counts its stored bytes.
    pub(crate) fn pipe(reader: impl Read + Send + 'static, raw_bytes: Arc<AtomicU64>) -> Self {
        Self::Pipe { reader: Mutex::new(Some(Box::new(reader))), raw_bytes }
    }

    /// The number of stored bytes; `None` for a pipe.
    pub(crate) const fn bytes(&self) -> Option<u64> {
        match self {
            Self::Plain { bytes } | Self::Gzip { bytes } => Some(*bytes),
            Self::Pipe { .. } => None,
        }
    }

    /// Opens the text from its start, without a last line that has no end if the file is still being written; `name` is
    /// for errors.
    pub(crate) fn open_ended(&self, path: &Path, name: &str, is_followed: bool) -> Result<OpenedText, Error> {
        let opened = self.open(path, name)?;
        Ok(match self {
            Self::Plain { bytes } if is_followed => opened.up_to(ended_bytes(path, *bytes)),
            _ => opened,
        })
    }

    /// Opens the text from its start; `name` is for errors.
    pub(crate) fn open(&self, path: &Path, name: &str) -> Result<OpenedText, Error> {
        let failed = |source: io::Error| read_error(name, source);
        Ok(match self {
            Self::Plain { bytes } | Self::Gzip { bytes } => {
                let raw = Raw::open(File::open(path).map_err(failed)?).map_err(failed)?;
                let (raw_bytes, is_gzip) = (raw.counter(), raw.is_gzip());
                let reader = raw.decoded(READ_BYTES).map_err(failed)?;
                let reader = if !is_gzip || *bytes < AHEAD_FROM_BYTES { reader } else { Box::new(Ahead::new(reader)) };
                OpenedText { reader, raw_bytes }
            }
            Self::Pipe { reader, raw_bytes } => {
                let reader = lock(reader).take().ok_or_else(|| Error::ReadTwice { file: name.into() })?;
                OpenedText { reader, raw_bytes: Arc::clone(raw_bytes) }
            }
        })
    }
}
