//! JSON: one array, or one object a line.
//!
//! Numbers are numbers, times RFC 3339 in UTC, flags a list of names, absent values null; keys are
//! the result names, in the order of the columns.

use std::io::{self, Write};

use super::Output;
use crate::value::{Column, Row, RowSink, Value, flag_names, time_utc};

pub(super) struct Json<'w> {
    to: &'w mut (dyn Write + Send),
    is_array: bool,
    /// Each column's key, quoted, with its colon.
    keys: Vec<String>,
    has_rows: bool,
}

impl<'w> Json<'w> {
    pub(super) fn array(to: &'w mut (dyn Write + Send)) -> Self {
        Self { to, is_array: true, keys: Vec::new(), has_rows: false }
    }

    pub(super) fn lines(to: &'w mut (dyn Write + Send)) -> Self {
        Self { is_array: false, ..Self::array(to) }
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        if self.is_array {
            self.to.write_all(if self.has_rows { b",\n" } else { b"[\n" })?;
        }
        self.has_rows = true;
        self.to.write_all(b"{")?;
        for (place, (key, value)) in self.keys.iter().zip(row).enumerate() {
            if place > 0 {
                self.to.write_all(b",")?;
            }
            self.to.write_all(key.as_bytes())?;
            write_value(self.to, value)?;
        }
        self.to.write_all(if self.is_array { b"}" } else { b"}\n" })
    }
}

fn write_value(to: &mut dyn Write, value: &Value) -> io::Result<()> {
    match value {
        Value::Absent => to.write_all(b"null"),
        Value::Int(number) => write!(to, "{number}"),
        Value::Float(number) => Ok(serde_json::to_writer(to, number)?),
        Value::Time(seconds) => write!(to, "\"{}\"", time_utc(*seconds)),
        Value::Address(address) => write!(to, "\"{address}\""),
        Value::Network(network) => write!(to, "\"{network}\""),
        Value::Text(text) => Ok(serde_json::to_writer(to, text.as_ref())?),
        Value::Flags(flags) => Ok(serde_json::to_writer(to, &flag_names(*flags).collect::<Vec<_>>())?),
    }
}

impl RowSink for Json<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.keys =
            columns.iter().map(|column| format!("{}:", serde_json::Value::from(column.name.as_str()))).collect();
        Ok(())
    }

    fn rows(&mut self, rows: Vec<Row>) -> io::Result<()> {
        rows.iter().try_for_each(|row| self.row(row))
    }
}

impl Output for Json<'_> {
    fn pause(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.is_array {
            self.to.write_all(if self.has_rows { b"\n]\n" } else { b"[]\n" })?;
        }
        self.to.flush()
    }
}
