//! CSV: a header line of result names, then a line a row; absent values are empty, flags joined by `|`.
//!
//! Source: RFC 4180, <https://www.rfc-editor.org/rfc/rfc4180>; lines end in a line feed.

use std::io::{self, Write};

use super::{Output, plain};
use crate::value::{Column, Row, RowSink};

pub(super) struct Csv<'w> {
    writer: csv::Writer<&'w mut (dyn Write + Send)>,
}

impl<'w> Csv<'w> {
    pub(super) fn new(to: &'w mut (dyn Write + Send)) -> Self {
        Self { writer: csv::Writer::from_writer(to) }
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
            written(self.writer.write_record(row.iter().map(plain)))?;
        }
        Ok(())
    }
}

impl Output for Csv<'_> {
    fn finish(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
