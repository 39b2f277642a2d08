//! JSON: one array, or one object per line.
//!
//! Numbers are numbers, times RFC 3339 in UTC, flags a list of names, absent values null; keys are
//! the result names, in the order of the columns.

use std::io::{self, Write};

use super::plain::Plain;
use super::printer::Output;
use crate::escape;
use crate::value::{Column, Row, RowSink, Value, flag_names};

pub(super) struct Json<'w> {
    to: &'w mut (dyn Write + Send),
    is_array: bool,
    /// Each column's key, quoted, with its colon.
    keys: Vec<String>,
    has_rows: bool,
    plain: Plain,
    /// Text that is not yet written.
    text: Vec<u8>,
    /// Whether a terminal shows it.
    terminal: bool,
}

/// The number of bytes that are written at a time.
const TEXT_BYTES: usize = 64 << 10;

impl<'w> Json<'w> {
    pub(super) fn array(to: &'w mut (dyn Write + Send), terminal: bool) -> Self {
        Self {
            to,
            is_array: true,
            keys: Vec::new(),
            has_rows: false,
            plain: Plain::default(),
            text: Vec::new(),
            terminal,
        }
    }

    pub(super) fn lines(to: &'w mut (dyn Write + Send), terminal: bool) -> Self {
        Self { is_array: false, ..Self::array(to, terminal) }
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        if self.is_array {
            self.text.extend_from_slice(if self.has_rows { b",\n" } else { b"[\n" });
        }
        self.has_rows = true;
        self.text.push(b'{');
        for (place, (key, value)) in self.keys.iter().zip(row).enumerate() {
            if place > 0 {
                self.text.push(b',');
            }
            self.text.extend_from_slice(key.as_bytes());
            push(&mut self.text, &mut self.plain, value)?;
        }
        self.text.extend_from_slice(if self.is_array { b"}" } else { b"}\n" });
        if self.text.len() < TEXT_BYTES { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> io::Result<()> {
        if self.terminal {
            self.to.write_all(escape::json(&String::from_utf8_lossy(&self.text)).as_bytes())?;
        } else {
            self.to.write_all(&self.text)?;
        }
        self.text.clear();
        Ok(())
    }
}

fn push(to: &mut Vec<u8>, plain: &mut Plain, value: &Value) -> io::Result<()> {
    match value {
        Value::Absent => to.extend_from_slice(b"null"),
        Value::Int(_) => plain.push(to, value),
        Value::Float(number) => serde_json::to_writer(to, number)?,
        Value::Text(text) => serde_json::to_writer(to, text.as_str())?,
        Value::Flags(flags) => {
            to.push(b'[');
            for (place, name) in flag_names(*flags).enumerate() {
                to.extend_from_slice(if place > 0 { b",\"" } else { b"\"" });
                to.extend_from_slice(name.as_bytes());
                to.push(b'"');
            }
            to.push(b']');
        }
        Value::Time(_) | Value::Address(_) | Value::Network(_) => {
            to.push(b'"');
            plain.push(to, value);
            to.push(b'"');
        }
    }
    Ok(())
}

impl RowSink for Json<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.keys =
            columns.iter().map(|column| format!("{}:", serde_json::Value::from(column.name.as_str()))).collect();
        Ok(())
    }

    fn rows(&mut self, rows: Vec<Row>) -> io::Result<()> {
        rows.iter().try_for_each(|row| self.row(row))?;
        self.write()
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
