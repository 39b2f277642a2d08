//! CSV with a header row: downloads of the CloudWatch console and of Logs Insights, results of Athena.
//!
//! `csv-core` splits rows into a buffer of fixed size, so that a quote that is never closed takes no more memory than
//! any other row.

use std::io::{self, BufRead, BufReader};

use csv_core::ReadRecordResult;

use crate::engine::record::{Halt, LINE_LIMIT_BYTES, Part, Unit};
use crate::engine::store::{READ_BYTES, Storage, read_error};

use super::fields::FieldRecords;
use super::lines::Messages;
use super::log_file::{LogFile, Parts, Records};
use super::reader::{ReadContext, Reader};
use super::stored_bytes::StoredBytes;

/// The largest number of values in a row.
const COLUMNS: usize = 256;

/// The shape of a CSV file's rows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CsvShape {
    /// The number of columns.
    pub(crate) columns: usize,
    pub(crate) content: CsvContent,
}

/// The columns that matter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CsvContent {
    /// Log messages in this column.
    Messages(usize),
    /// Records, with the column of each slot.
    Records(Vec<usize>),
}

/// CSV, wherever it is stored.
#[derive(Debug)]
pub(crate) struct Csv {
    storage: Storage,
    shape: CsvShape,
}

impl Csv {
    /// The CSV of this storage.
    pub(crate) const fn new(storage: Storage, shape: CsvShape) -> Self {
        Self { storage, shape }
    }

    /// The values of a row; the error is the reason why it is malformed.
    fn values<'r>(&self, row: Row<'r>) -> Result<Vec<&'r str>, String> {
        let values = row.values()?;
        let (found, columns) = (values.len(), self.shape.columns);
        if found == columns { Ok(values) } else { Err(format!("{found} values where the header row has {columns}")) }
    }

    /// Passes on the values of each row, or the reason why it is malformed.
    fn each<R: BufRead>(
        &self,
        rows: &mut CsvRows<R>,
        file: &LogFile,
        mut with: impl FnMut(Result<Vec<&str>, String>) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        while let Some(row) = rows.next().map_err(|error| read_error(&file.name, error))? {
            with(self.values(row))?;
        }
        Ok(())
    }
}

impl Records for Csv {
    fn parts(&self, _: &LogFile, _: &ReadContext) -> Parts {
        Parts { parts: vec![Part::Whole], stored_bytes: self.storage.bytes() }
    }

    fn read(&self, reader: &Reader<'_>, unit: &Unit, file: &LogFile) -> Result<(), Halt> {
        let opened = self.storage.open_ended(&file.path, &file.name, reader.context.visible.is_followed)?;
        let stored_bytes = StoredBytes::new(opened.raw_bytes);
        let mut rows = CsvRows::new(BufReader::with_capacity(READ_BYTES, opened.reader));
        // The header row.
        rows.next().map_err(|error| read_error(&file.name, error))?;
        match &self.shape.content {
            CsvContent::Messages(column) => {
                let mut messages = Messages::new(reader, unit, file, 1);
                let outcome = self.each(&mut rows, file, |values| match values {
                    Ok(values) => messages.push(values[*column].as_bytes(), &stored_bytes),
                    Err(reason) => messages.push_malformed(reason, &stored_bytes),
                });
                messages.read(&stored_bytes)?;
                outcome
            }
            CsvContent::Records(columns) => {
                let mut records = FieldRecords::new(reader, unit, file, 1);
                let outcome = self.each(&mut rows, file, |values| match values {
                    Ok(values) => records.push(|slot| Some(values[columns[slot]]), &stored_bytes),
                    Err(reason) => records.push_malformed(reason),
                });
                records.emit(&stored_bytes)?;
                outcome
            }
        }
    }

    fn extent(&self) -> Option<u64> {
        self.storage.bytes()
    }

    fn unit_name(&self) -> &'static str {
        "row"
    }
}

/// The rows of a CSV text.
pub(crate) struct CsvRows<R> {
    reader: R,
    parser: csv_core::Reader,
    /// The values of a row, one after another; then the offset at which each ends.
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// A row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'r> {
    text: &'r [u8],
    ends: &'r [usize],
    is_too_long: bool,
}

impl<'r> Row<'r> {
    /// The values; the error is the reason why there are none.
    pub(crate) fn values(self) -> Result<Vec<&'r str>, String> {
        if self.is_too_long {
            return Err(format!("longer than {} KiB, or more than {COLUMNS} values", LINE_LIMIT_BYTES >> 10));
        }
        let starts = std::iter::once(&0).chain(self.ends);
        let values = starts.zip(self.ends).map(|(start, end)| std::str::from_utf8(&self.text[*start..*end]));
        values.collect::<Result<_, _>>().map_err(|_| "not UTF-8 text".into())
    }
}

impl<R: BufRead> CsvRows<R> {
    /// The rows of `reader`.
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, parser: csv_core::Reader::new(), text: vec![0; LINE_LIMIT_BYTES], ends: vec![0; COLUMNS] }
    }

    /// The next row, the header row first.
    pub(crate) fn next(&mut self) -> io::Result<Option<Row<'_>>> {
        let (mut length, mut values, mut is_too_long) = (0, 0, false);
        loop {
            let input = self.reader.fill_buf()?;
            let (text, ends) = (&mut self.text[length..], &mut self.ends[values..]);
            let (result, read, written, ended) = self.parser.read_record(input, text, ends);
            self.reader.consume(read);
            length += written;
            values += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    (length, values, is_too_long) = (0, 0, true);
                }
                ReadRecordResult::Record => {
                    return Ok(Some(Row { text: &self.text[..length], ends: &self.ends[..values], is_too_long }));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }
}
