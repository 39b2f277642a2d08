//! The formats of records: one file per format, behind the trait [`Records`].
//!
//! To add a format, add a file here, and the line of `input::find` that constructs its `Records` where heads are read.
//! The storage of bytes (plain, gzip, a pipe) is not a format but the business of `store::Storage`, since each text
//! format exists in all of these.
//!
//! A format knows the file that it reads and the state of its [`Reader`], but neither the other files nor the threads:
//! those are the business of `run`.

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
