//! Stored bytes: local files, gzip, and reading ahead. The meaning of the bytes is not known here.

mod ahead;
mod local;
mod raw;
mod storage;

pub(crate) use local::{ended_bytes, line_start, lines_before};
pub(crate) use raw::{Raw, read_error};
pub(crate) use storage::Storage;
