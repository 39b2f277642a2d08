//! Stored bytes: local files, gzip, and reading ahead. The meaning of the bytes is not known here.

mod ahead;
mod local;
mod members;
mod raw;
mod storage;

pub(crate) use local::{Stamp, ended_bytes, identity, line_start, lines_before};
pub(crate) use raw::{READ_BYTES, Raw, read_error};
pub(crate) use storage::Storage;
