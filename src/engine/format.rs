//! How records are stored: one file a format, each behind [`Records`].
//!
//! To add a format is to add a file here and the line in `input::find` that tells it by its head.
//! Formats that are text share `line_buffer` (bytes to whole lines), `lines` (lines to blocks of
//! records) and `line_times` (lines to their time range).
//!
//! A format knows the file that it reads and what a [`Reader`] has, not the other files, nor who
//! reads what: that is the business of `run`.

mod empty;
mod gzip;
mod line_buffer;
mod line_times;
mod lines;
mod log_file;
mod parquet;
mod reader;
mod stream;
mod text;

pub(crate) use empty::Empty;
pub(crate) use gzip::Gzip;
pub(crate) use log_file::{LogFile, Parts, Records};
pub(crate) use parquet::Parquet;
pub(crate) use reader::{ReadContext, Reader};
pub(crate) use stream::Stream;
pub(crate) use text::Text;
