//! Translates a plan for the query engine: its expressions, its columns, and the records that it keeps.

mod geo;
mod lower;
mod names;
mod network_set;
pub(crate) mod scalar;
mod select;
mod shape;
mod table_column;

pub use geo::Geo;
pub(crate) use lower::Looked;
pub use names::{Found, Names};
pub(crate) use select::{RowFilter, Select};
pub(crate) use shape::{ColumnOrder, Shaped, fetch, shape};
pub(crate) use table_column::TableColumn;
