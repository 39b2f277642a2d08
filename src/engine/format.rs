//! The formats of records: one file per format, behind the trait [`Records`].
//!
//! To add a format, add a file here, its detection to `input::sniff`, and the line of `input::open` that constructs its
//! `Records`.
//! The storage of bytes (plain, gzip, a pipe) is not a format but the business of `store::Storage`, since each text
//! format exists in all of these.
//!
//! A format knows the file that it reads and the state of its [`Reader`], but neither the other files nor the threads:
//! those are the business of `run`.

mod counter;
mod csv;
mod empty;
mod fields;
mod json;
mod line_buffer;
mod line_times;
mod lines;
mod log_file;
mod parquet;
mod reader;
mod stored_bytes;
mod text;

pub(crate) use csv::{Csv, CsvContent, CsvRows, CsvShape};
pub(crate) use empty::Empty;
pub(crate) use json::{Broken, Item, Json, JsonShape, Pair, walk};
pub(crate) use log_file::{LogFile, Parts, Records};
pub(crate) use parquet::Parquet;
pub(crate) use reader::{ReadContext, Reader};
pub(crate) use text::Text;
