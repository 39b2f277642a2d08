//! Rows to text: table, JSON, NDJSON, CSV, chart.
//!
//! Each output takes rows as they come and writes to whatever it is given. Machine formats stream
//! full, typed, unscaled values; the table is for people and fits their terminal. Nothing here
//! decides where the text goes or whether it is coloured. What people read is escaped, and so is what
//! machines read where a terminal shows it.

mod chart;
mod csv;
mod human;
mod json;
mod plain;
mod table;
mod width;

use std::io::{self, Write};

use jiff::tz::TimeZone;

use crate::escape;
use crate::value::{Column, RowSink, Value, flag_names, time_in};
#[cfg(feature = "local")]
pub(crate) use width::width;

/// A way to print rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Table,
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
    /// A header line, then a line a row.
    Csv,
    /// A line over time, or bars.
    Chart,
}

/// What an output for people looks like.
#[derive(Clone, Debug)]
pub struct Style {
    /// Whether ANSI colours are used.
    pub colour: bool,
    /// The columns of the terminal; `None` where there is none to fit.
    pub width: Option<usize>,
    /// Whether a terminal shows it, which must not be sent hidden characters.
    pub terminal: bool,
    /// The zone of times.
    pub zone: TimeZone,
    /// Whether a table whose rows do not fit has a line a column, rather than fewer columns.
    pub vertical: bool,
    /// Whether a table draws bars behind its last column, where there is room.
    pub bars: bool,
    /// Whether bytes and counts are scaled: `1.5 GB`, `1.2M`.
    pub human: bool,
}

impl Style {
    /// Returns the style that adds nothing: no colours, no bars, a row on its line.
    #[must_use]
    pub const fn plain(width: Option<usize>, zone: TimeZone) -> Self {
        Self { colour: false, width, terminal: false, zone, vertical: false, bars: false, human: false }
    }
}

/// An output that has to be told when the rows end.
pub trait Output: RowSink + Send {
    /// Writes what is left.
    ///
    /// # Errors
    ///
    /// What writing gives; a closed pipe is one.
    fn finish(&mut self) -> io::Result<()>;

    /// Writes what there is so far: more comes after a while.
    ///
    /// # Errors
    ///
    /// What writing gives; a closed pipe is one.
    fn pause(&mut self) -> io::Result<()> {
        self.finish()
    }

    /// What a person should know about what was printed.
    fn remark(&self) -> Option<String> {
        None
    }
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

/// A value as people read it.
fn display(value: &Value, zone: &TimeZone) -> String {
    match value {
        Value::Absent => "-".into(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => decimal(*number),
        Value::Time(seconds) => time_in(*seconds, zone),
        Value::Address(address) => address.to_string(),
        Value::Network(network) => network.to_string(),
        Value::Text(text) => escape::text(text).into_owned(),
        Value::Flags(flags) => flag_names(*flags).collect::<Vec<_>>().join(", "),
    }
}

/// A fraction with two digits at most.
fn decimal(number: f64) -> String {
    let text = format!("{number:.2}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    short.to_string()
}

/// A column as people read it: columns of a file carry any name.
fn shown(column: &Column) -> Column {
    Column { heading: escape::text(&column.heading).into_owned(), ..column.clone() }
}
