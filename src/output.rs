//! Rows to text: table, JSON, NDJSON, CSV, chart.
//!
//! Each output takes rows as they come and writes to the writer that it is given. Machine formats stream full, typed,
//! unscaled values; the table is for people and fits their terminal. Nothing here decides where the text goes or
//! whether it is coloured. Text for people is escaped; text for machines only if a terminal shows it.

mod chart;
mod csv;
mod human;
mod json;
mod plain;
mod printer;
mod prose;
mod style;
mod table;
mod text;
mod width;

use std::io::Write;

pub use printer::Output;
pub use prose::wrapped;
pub use style::Style;
pub(crate) use width::width;

/// A way to print rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Table,
    /// One array of objects.
    Json,
    /// One object per line.
    Ndjson,
    /// A header line, then a line per row.
    Csv,
    /// A line over time, or bars.
    Chart,
}

/// The output of this format, writing to `to`.
pub fn output<'w>(format: Format, style: Style, to: &'w mut (dyn Write + Send)) -> Box<dyn Output + 'w> {
    match format {
        Format::Table => Box::new(table::Table::new(to, style)),
        Format::Json => Box::new(json::Json::array(to, style.terminal)),
        Format::Ndjson => Box::new(json::Json::lines(to, style.terminal)),
        Format::Csv => Box::new(csv::Csv::new(to, style.terminal)),
        Format::Chart => Box::new(chart::Chart::new(to, style)),
    }
}
