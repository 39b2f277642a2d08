//! The formats of records: one file each, behind the trait [`Records`].
//!
//! To add a format is to add a file here, and the line of `input::find` that makes its `Records`
//! where heads are looked at. How bytes are stored (as they stand, under gzip, in a pipe) is no format
//! but the business of `store::Storage`, since each format of text comes in all of these.
//!
//! A format knows the file that it reads and what a [`Reader`] has, not the other files, nor who
//! reads what: that is the business of `run`.

mod empty;
mod line_buffer;
mod line_times;
mod lines;
mod log_file;
mod parquet;
mod reader;
mod text;

pub(crate) use empty::Empty;
pub(crate) use log_file::{LogFile, Parts, Records};
pub(crate) use parquet::Parquet;
pub(crate) use reader::{ReadContext, Reader};
pub(crate) use text::Text;
