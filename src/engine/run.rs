//! A run: DataFusion reads the files as a table, with threads that share the parts.

mod answer;
mod newest;
mod pending;
mod scan;
mod table;

pub(crate) use answer::rows;
pub(crate) use newest::{is_overlap, suits};
pub(crate) use table::LogTable;
