//! A file, and what every format can do.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::Error;
use crate::engine::record::{Halt, Layout, Outlet, Part, Times, Unit};
use crate::query::plan::Limit;

use super::reader::{ReadContext, Reader};

/// A file, and what stands where in it.
#[derive(Debug)]
pub(crate) struct LogFile {
    /// As it was named, or found.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) layout: Arc<Layout>,
    pub(crate) records: Box<dyn Records>,
}

impl LogFile {
    /// An error of the file's format.
    pub(super) fn damaged(&self, reason: &impl ToString) -> Error {
        Error::Damaged { file: self.name.clone(), reason: reason.to_string() }
    }
}

/// The parts of a file that have to be read.
#[derive(Debug)]
pub(crate) struct Parts {
    /// The parts, in the order of the file.
    pub(crate) parts: Vec<Part>,
    /// How many bytes will be read for them, if that is known.
    pub(crate) stored_bytes: Option<u64>,
}

/// The records of a file in one format; `file` is always the file that they belong to.
pub(crate) trait Records: Debug + Send + Sync {
    /// Cuts the file into parts that threads can read at once. Parts that hold nothing for the query
    /// by their own account are left out.
    fn parts(&self, file: &LogFile, context: &ReadContext) -> Parts;

    /// Reads a part: passes on what the query keeps of it.
    fn read(&self, reader: &Reader<'_>, unit: &Unit, file: &LogFile) -> Result<(), Halt>;

    /// The time range of a part; `outlet` says when nobody wants it any more.
    fn times(&self, file: &LogFile, part: &Part, outlet: &dyn Outlet) -> Result<Times, Halt>;

    /// Whether [`times`](Self::times) reads no records.
    fn stores_times(&self) -> bool {
        false
    }

    /// Whether the time ranges of parts can be found out, and are worth it with this limit.
    fn suits_newest_first(&self, layout: &Layout, limit: Limit) -> bool;

    /// How long the file is, for whoever waits for it to grow: 0 where it cannot, `None` for a pipe.
    fn extent(&self) -> Option<u64> {
        Some(0)
    }

    /// Whether there are none, so that nothing says what they would look like.
    fn is_empty(&self) -> bool {
        false
    }
}
