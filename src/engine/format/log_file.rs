//! A log file, and the interface of every format.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::Error;
use crate::engine::record::{Halt, Layout, Outlet, Part, Times, Unit};
use crate::engine::store::Stamp;
use crate::query::plan::Limit;

use super::reader::{ReadContext, Reader};

/// A file and its layout.
#[derive(Debug)]
pub(crate) struct LogFile {
    /// The name as given or found.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// The id of the flow log that delivered the file, if its name tells.
    pub(crate) flow_log: Option<Arc<str>>,
    /// The stamp of the file when it was opened; `None` for a pipe.
    pub(crate) stamp: Option<Stamp>,
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
    /// The number of bytes to be read for them, if that is known.
    pub(crate) stored_bytes: Option<u64>,
}

/// The records of a file in one format; `file` is always the file that they belong to.
pub(crate) trait Records: Debug + Send + Sync {
    /// Cuts the file into parts that threads can read at once. Leaves out parts whose metadata shows that the query
    /// needs nothing of them.
    fn parts(&self, file: &LogFile, context: &ReadContext) -> Parts;

    /// Reads a part, and passes on the records that the query keeps.
    fn read(&self, reader: &Reader<'_>, unit: &Unit, file: &LogFile) -> Result<(), Halt>;

    /// The time range of a part; `outlet` tells when it is no longer needed.
    fn times(&self, _file: &LogFile, _part: &Part, _outlet: &dyn Outlet) -> Result<Times, Halt> {
        Ok(Times::UNKNOWN)
    }

    /// Returns whether [`times`](Self::times) reads no records.
    fn stores_times(&self) -> bool {
        false
    }

    /// Returns whether the time ranges of parts can be determined, and are worth it with this limit.
    fn suits_newest_first(&self, _layout: &Layout, _limit: Limit) -> bool {
        false
    }

    /// The length of the file, to detect growth: 0 if it cannot grow, `None` for a pipe.
    fn extent(&self) -> Option<u64> {
        Some(0)
    }

    /// The unit in which records are counted: `line`, `record` or `row`.
    fn unit_name(&self) -> &'static str {
        "line"
    }

    /// Returns whether there are no records, so that their fields are unknown.
    fn is_empty(&self) -> bool {
        false
    }
}
