//! CSV: a header line of result names, then a line a row; absent values are empty, flags joined by `|`.
//!
//! Source: RFC 4180, <https://www.rfc-editor.org/rfc/rfc4180>; lines end in a line feed.

use std::io::{self, Write};

use super::Output;
use super::plain::Plain;
use crate::value::{Column, Row, RowSink};

pub(super) struct Csv<'w> {
    writer: csv::Writer<&'w mut (dyn Write + Send)>,
    plain: Plain,
    /// One value.
    value: Vec<u8>,
}

impl<'w> Csv<'w> {
    pub(super) fn new(to: &'w mut (dyn Write + Send)) -> Self {
        Self { writer: csv::Writer::from_writer(to), plain: Plain::default(), value: Vec::new() }
    }
}

/// The error under `csv`'s own: what writing gave.
fn written(result: Result<(), csv::Error>) -> io::Result<()> {
    result.map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    })
}

impl RowSink for Csv<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        written(self.writer.write_record(columns.iter().map(|column| &column.name)))
    }

    fn rows(&mut self, rows: Vec<Row>) -> io::Result<()> {
        for row in rows {
            for value in &row {
                self.value.clear();
                self.plain.push(&mut self.value, value);
                written(self.writer.write_field(&self.value))?;
            }
            written(self.writer.write_record(None::<&[u8]>))?;
        }
        Ok(())
    }
}

impl Output for Csv<'_> {
    fn finish(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
