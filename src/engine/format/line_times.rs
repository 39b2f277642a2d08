//! The time range of lines: parses only their times.

use std::sync::Arc;

use crate::engine::Error;
use crate::engine::decode::{Index, LineReader, Parsed, content, number};
use crate::engine::record::{Halt, Outlet, Times};
use crate::engine::store;
use crate::field::Field;
use crate::value::to_seconds;

use super::line_buffer::{OpenedLines, Piece};
use super::lines::{chunk_end, is_header};
use super::log_file::LogFile;

/// The time range of a part that was opened.
pub(super) fn times(file: &LogFile, opened: OpenedLines, outlet: &dyn Outlet) -> Result<Times, Halt> {
    let mut text = opened.lines;
    let mut scanner = TimeScanner::new(file, text.position);
    while let Some(piece) = text.next().map_err(|source| store::read_error(&file.name, source))? {
        outlet.check_open()?;
        match piece {
            Piece::Lines(lines) => scanner.scan_lines(&text.buffer[lines.start..], lines.len())?,
            Piece::TooLong => scanner.line += 1,
        }
    }
    Ok(scanner.times)
}

struct TimeScanner<'f> {
    file: &'f LogFile,
    reader: LineReader,
    index: Index,
    /// The number of values of a regular line.
    values: usize,
    /// The place of the time among the values, and among the slots.
    start: Option<(usize, usize)>,
    /// The byte offset of the first line in the file.
    origin: u64,
    /// The number of the last line, from 1.
    line: u64,
    times: Times,
}

impl<'f> TimeScanner<'f> {
    fn new(file: &'f LogFile, origin: u64) -> Self {
        let layout = &file.layout;
        let lead = usize::from(layout.is_export);
        Self {
            file,
            reader: LineReader::new(Arc::clone(layout)),
            index: Index::default(),
            values: layout.slots().len() + lead,
            start: layout.place(Field::Start).map(|slot| (slot + lead, slot)),
            origin,
            line: 0,
            times: Times::NONE,
        }
    }

    /// Scans the first `length` bytes of `text`; the bytes after them are padding.
    fn scan_lines(&mut self, text: &[u8], length: usize) -> Result<(), Error> {
        let mut at = 0;
        while at < length {
            let end = chunk_end(text, at, length);
            if !self.scan_regular(&text[at..], end - at) {
                self.scan_closely(&text[at..end])?;
            }
            at = end;
        }
        Ok(())
    }

    /// Scans a chunk as a whole, if each of its lines plainly has a time; returns whether it did.
    fn scan_regular(&mut self, text: &[u8], length: usize) -> bool {
        let Some((place, _)) = self.start else { return false };
        if !self.index.fill(&text[..length], self.values) {
            return false;
        }
        let mut times = self.times;
        for (start, end) in self.index.values(place) {
            let Some(number) = number(text, start, end) else { return false };
            times.add(Some(to_seconds(number.cast_signed())));
        }
        self.times = times;
        self.line += self.index.rows() as u64;
        true
    }

    fn scan_closely(&mut self, text: &[u8]) -> Result<(), Error> {
        let is_all_text = self.file.layout.is_all_text();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            self.line += 1;
            let Some(line) = content(line.strip_suffix(b"\n").unwrap_or(line)) else { continue };
            let is_record = self.reader.read(line).is_ok();
            if (!is_record || is_all_text) && is_header(self.file, line, self.origin, self.line)? {
                continue;
            }
            if is_record {
                self.times.add(match self.start.map(|(_, slot)| self.reader.values[slot]) {
                    Some(Parsed::Number(time)) => Some(time),
                    _ => None,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::text::Text;
    use super::*;
    use crate::engine::record::{Layout, Part};
    use crate::engine::store::Storage;

    struct Open;

    impl Outlet for Open {
        fn pass(&self, _: datafusion::arrow::array::RecordBatch) -> Result<(), Halt> {
            Ok(())
        }

        fn check_open(&self) -> Result<(), Halt> {
            Ok(())
        }
    }

    /// The times of a part of a file with this format.
    fn times(format: &str, is_export: bool, text: &str, part: &Part) -> Times {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, text).unwrap();
        let layout = Arc::new(Layout::parse_format(format).unwrap().export(is_export));
        let records = Box::new(Text::new(Storage::Plain { bytes: text.len() as u64 }));
        let file = LogFile { name: "log".into(), path, flow_log: None, stamp: None, layout, records };
        file.records.times(&file, part, &Open).unwrap()
    }

    #[test]
    fn every_line_that_is_a_record_counts() {
        let all = |oldest, newest, rows| Times { oldest, newest, rows };
        assert_eq!(times("start bytes", false, "30 1\n10 2\n20 3\n", &Part::Whole), all(10, 30, 3));
        // Milliseconds; long numbers, a header line, two blanks and a comment are scanned line by line.
        assert_eq!(
            times("start bytes", false, "1700000000123 1\n", &Part::Whole),
            all(1_700_000_000, 1_700_000_000, 1)
        );
        let text = "\u{feff}start bytes\r\n40 1\r\n# 99 1\n9000000000000000000 1\n30  1\n";
        assert_eq!(times("start bytes", false, text, &Part::Whole), all(30, 9_000_000_000_000_000, 3));
        assert_eq!(times("start bytes", false, "\u{feff}50 1\n40 1\n", &Part::Whole), all(40, 50, 2));
        // Records without a time, and no records.
        assert_eq!(times("start bytes", false, "30 1\n- 1\n", &Part::Whole), all(i64::MIN, 30, 2));
        assert_eq!(times("bytes dstport", false, "1 22\n2 22\n", &Part::Whole), all(i64::MIN, i64::MIN, 2));
        assert_eq!(times("start bytes", false, "", &Part::Whole), Times::NONE);
        let export = "2026-11-23T08:00:00.000Z 7 1\n2026-11-23T08:00:00.000Z 8 1\n";
        assert_eq!(times("start bytes", true, export, &Part::Whole), all(7, 8, 2));
    }

    #[test]
    fn a_part_has_the_lines_that_start_in_it() {
        let text = "30 1\n10 2\n20 3\n";
        let rows = [0..1, 1..6, 6..15].map(|range| times("start bytes", false, text, &Part::Bytes(range)).newest);
        assert_eq!(rows, [30, 10, 20]);
    }
}
