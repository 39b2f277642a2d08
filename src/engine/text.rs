//! Lines of text to blocks of records.
//!
//! Memory is bounded whatever the file holds: text is read a MiB at a time, and a line that does
//! not end within it is passed over. What a line means is the business of `decode`.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::field::Field;

use super::Error;
use super::ahead::Ahead;
use super::decode::{Fault, LINE_LIMIT_BYTES, LineReader, Parsed};
use super::files::{Body, LogFile};
use super::gather::{Gathering, Regular};
use super::index::Index;
use super::look::{BYTE_ORDER_MARK, content, header};
use super::rules::Rules;
use super::scan::{BATCH_ROWS, Halt, Part, Unit, Worker};
use super::storage::{self, Raw};
use super::tally::{Counts, First, lines_before, lock};
use super::word::PADDING_BYTES;

/// Text that is held at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// Lines that are looked at together: few enough to stay in the cache of a core from one column to
/// the next.
const BLOCK_BYTES: usize = 16 << 10;

/// Smaller gzip files are not worth a thread of their own.
const AHEAD_FROM_BYTES: u64 = 1 << 20;

/// Reads a part of a text file.
pub(super) fn read(worker: &Worker<'_>, unit: &Unit, file: &LogFile) -> Result<(), Halt> {
    let Opened { mut text, raw_bytes } = open(file, &unit.part, worker.buffer.take())?;
    let outcome = Lines::new(worker, unit.file, file, text.position).read_all(&mut text, raw_bytes.as_ref());
    worker.buffer.replace(text.buffer);
    outcome
}

/// A part that was opened.
pub(super) struct Opened {
    pub(super) text: Text<Box<dyn Read + Send>>,
    /// Counts the stored bytes, where they are not the text itself.
    raw_bytes: Option<Arc<AtomicU64>>,
}

/// Opens a part of a text file, which is read into `buffer`.
pub(super) fn open(file: &LogFile, part: &Part, buffer: Vec<u8>) -> Result<Opened, Error> {
    let failed = |source| storage::error(&file.name, source);
    let opened = || File::open(&file.path).map_err(failed);
    let whole = |reader, raw_bytes, buffer| Opened { text: Text::new(reader, 0, None, buffer), raw_bytes };
    Ok(match (&file.body, part) {
        (Body::Stream { reader, raw_bytes }, _) => {
            let reader = lock(reader).take();
            let reader = reader.ok_or_else(|| Error::ReadTwice { file: file.name.clone() })?;
            whole(reader, Some(Arc::clone(raw_bytes)), buffer)
        }
        (Body::Gzip { bytes }, _) => {
            let raw = Raw::open(opened()?).map_err(failed)?;
            let counter = Some(raw.counter());
            let reader = raw.decoded();
            let reader = if *bytes < AHEAD_FROM_BYTES { reader } else { Box::new(Ahead::new(reader)) };
            whole(reader, counter, buffer)
        }
        (_, Part::Bytes(range)) => {
            let mut file = opened()?;
            let origin = line_start(&mut file, range.start).map_err(failed)?;
            Opened { text: Text::new(Box::new(file), origin, Some(range.end), buffer), raw_bytes: None }
        }
        _ => whole(Box::new(opened()?), None, buffer),
    })
}

/// Moves to the first line that starts at `at` or behind it; returns where that is.
fn line_start(file: &mut File, at: u64) -> io::Result<u64> {
    let Some(mut position) = at.checked_sub(1) else { return Ok(0) };
    file.seek(SeekFrom::Start(position))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        let line_end = memchr::memchr(b'\n', &buffer[..read]);
        position += line_end.map_or(read, |at| at + 1) as u64;
        if line_end.is_some() || read == 0 {
            return file.seek(SeekFrom::Start(position));
        }
    }
}

/// Whether a line that starts `number` lines behind `origin`, from 1, is a header line. That of the file
/// may come again, as where files were joined; another one may not.
pub(super) fn is_header(file: &LogFile, line: &[u8], origin: u64, number: u64) -> Result<bool, Error> {
    match header(line) {
        None => Ok(false),
        Some(slots) if slots == file.layout.slots() => Ok(true),
        Some(_) => Err(Error::OtherHeader { file: file.name.clone(), line: number + lines_before(&file.path, origin) }),
    }
}

/// How many of the first `bytes` of a file are lines that have their end; all of them where the last
/// line is longer than any record, or the file cannot be read, which who reads it will say.
pub(super) fn ended_bytes(path: &Path, bytes: u64) -> u64 {
    let tail = bytes.min(LINE_LIMIT_BYTES as u64);
    let read = || -> io::Result<Option<usize>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(bytes - tail))?;
        let mut text = Vec::new();
        file.take(tail).read_to_end(&mut text)?;
        Ok(memchr::memrchr(b'\n', &text))
    };
    match read() {
        Ok(Some(last)) => bytes - tail + last as u64 + 1,
        _ => bytes,
    }
}

/// Where a block of whole lines that starts at `at` ends: a long line is one by itself.
pub(super) fn block_end(text: &[u8], at: usize, length: usize) -> usize {
    let most = length.min(at + BLOCK_BYTES);
    if most == length {
        return length;
    }
    match memchr::memrchr(b'\n', &text[at..most]) {
        Some(last) => at + last + 1,
        None => memchr::memchr(b'\n', &text[most..length]).map_or(length, |first| most + first + 1),
    }
}

/// The bytes of the mark in front of a text, if there is one.
fn mark_length(text: &[u8]) -> usize {
    if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

/// Text that is read piece by piece, each of whole lines.
pub(super) struct Text<R> {
    reader: R,
    pub(super) buffer: Vec<u8>,
    /// What is read and not yet given out.
    rest: Range<usize>,
    /// Where that starts in the whole text.
    pub(super) position: u64,
    /// Where lines no longer belong to this part.
    end: Option<u64>,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Whole lines, and where they lie in the buffer: behind the mark that a text may begin with.
    Lines(Range<usize>),
    /// A line that is longer than the buffer, passed over.
    TooLong,
}

impl<R: Read> Text<R> {
    /// The text of `reader`; whatever is in `buffer` is written over.
    fn new(reader: R, position: u64, end: Option<u64>, mut buffer: Vec<u8>) -> Self {
        buffer.resize(BUFFER_BYTES + PADDING_BYTES, 0);
        Self { reader, buffer, rest: 0..0, position, end }
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Piece>> {
        if self.end.is_some_and(|end| self.position >= end) {
            return Ok(None);
        }
        let is_end = self.fill()?;
        let held = &self.buffer[self.rest.clone()];
        let whole = match memchr::memrchr(b'\n', held) {
            // The last line needs no line end.
            _ if is_end => held.len(),
            Some(last) => last + 1,
            None => {
                self.skip_line()?;
                return Ok(Some(Piece::TooLong));
            }
        };
        let whole = self.own(whole);
        if whole == 0 {
            return Ok(None);
        }
        let mark = if self.position == 0 { mark_length(&self.buffer[..whole]) } else { 0 };
        self.position += whole as u64;
        self.rest.start = whole;
        Ok(Some(Piece::Lines(mark..whole)))
    }

    /// How many of the first `whole` bytes are lines that start before the end of this part.
    fn own(&self, whole: usize) -> usize {
        let left = self.end.map_or(u64::MAX, |end| end - self.position);
        let Some(left) = usize::try_from(left).ok().filter(|left| *left < whole) else { return whole };
        memchr::memchr(b'\n', &self.buffer[left - 1..whole]).map_or(whole, |at| left + at)
    }

    /// Fills the buffer behind what is left in it; returns whether the text ends there.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.copy_within(self.rest.clone(), 0);
        self.rest = 0..self.rest.len();
        let room = self.buffer.len() - PADDING_BYTES;
        while self.rest.end < room {
            match self.reader.read(&mut self.buffer[self.rest.end..room]) {
                Ok(0) => return Ok(true),
                Ok(read) => self.rest.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Drops what is held, and everything up to the next line end.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            self.position += self.rest.len() as u64;
            self.rest = 0..0;
            let is_end = self.fill()?;
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[self.rest.clone()]) {
                self.position += at as u64 + 1;
                self.rest.start = at + 1;
                return Ok(());
            }
            if is_end {
                self.position += self.rest.len() as u64;
                self.rest = 0..0;
                return Ok(());
            }
        }
    }
}

/// The lines of a part, on their way to records.
struct Lines<'w> {
    worker: &'w Worker<'w>,
    file: &'w LogFile,
    file_index: usize,
    reader: LineReader,
    rules: Rules,
    index: Index,
    wanted: Vec<usize>,
    looked_at: Vec<usize>,
    status: Option<usize>,
    start: Option<usize>,
    is_all_text: bool,
    /// Where in the file the first line starts.
    origin: u64,
    /// The number of the current line, from 1.
    line: u64,
    counts: Counts,
    has_malformed: bool,
}

impl<'w> Lines<'w> {
    fn new(worker: &'w Worker<'w>, file_index: usize, file: &'w LogFile, origin: u64) -> Self {
        let layout = &file.layout;
        Self {
            worker,
            file,
            file_index,
            reader: LineReader::new(Arc::clone(layout)),
            rules: Rules::of(layout),
            index: Index::default(),
            wanted: worker.scan.select.wanted(layout),
            looked_at: worker.scan.select.looked_at(layout),
            status: layout.place(Field::Status),
            start: layout.place(Field::Start),
            is_all_text: layout.is_all_text(),
            origin,
            line: 0,
            counts: Counts::default(),
            has_malformed: false,
        }
    }

    /// Reads all of the text; `raw_bytes` counts the stored bytes where they are not the text itself.
    fn read_all(&mut self, text: &mut Text<impl Read>, raw_bytes: Option<&Arc<AtomicU64>>) -> Result<(), Halt> {
        let stored = |position| raw_bytes.map_or(position, |raw| raw.load(Ordering::Relaxed));
        let mut stored_before = if raw_bytes.is_some() { 0 } else { text.position };
        while let Some(piece) = text.next().map_err(|source| storage::error(&self.file.name, source))? {
            self.worker.outlet.check_open()?;
            match piece {
                Piece::Lines(lines) => self.read_lines(&text.buffer[lines.start..], lines.len())?,
                Piece::TooLong => {
                    self.line += 1;
                    self.note_malformed(Fault::TooLong, b"");
                }
            }
            let stored_now = stored(text.position);
            self.counts.bytes += stored_now - stored_before;
            stored_before = stored_now;
            self.worker.scan.tally.add(&mut self.counts);
        }
        Ok(())
    }

    /// Reads the first `length` bytes of `text`; what stands behind them is no matter.
    fn read_lines(&mut self, text: &[u8], length: usize) -> Result<(), Halt> {
        let mut gathering = self.gathering();
        let mut at = 0;
        while at < length {
            let end = block_end(text, at, length);
            if !self.read_regular(&text[at..], end - at, at, &mut gathering) {
                self.read_closely(&text[..end], at, &mut gathering)?;
            }
            if gathering.rows() >= BATCH_ROWS {
                let full = std::mem::replace(&mut gathering, self.gathering());
                self.worker.emit(&self.file.layout, &full.finish(&text[..length]))?;
            }
            at = end;
        }
        if gathering.rows() > 0 {
            self.worker.emit(&self.file.layout, &gathering.finish(&text[..length]))?;
        }
        Ok(())
    }

    fn gathering(&self) -> Gathering {
        Gathering::new(&self.file.layout, &self.wanted, &self.looked_at)
    }

    /// Reads a block at `at` as a whole, if all of it is plainly records.
    #[allow(clippy::cast_possible_truncation, reason = "a buffer is smaller than 4 GiB")]
    fn read_regular(&mut self, text: &[u8], length: usize, at: usize, gathering: &mut Gathering) -> bool {
        let layout = &self.file.layout;
        let values = layout.slots().len() + usize::from(layout.is_export);
        if self.is_all_text || length > BLOCK_BYTES || !self.index.fill(&text[..length], values) {
            return false;
        }
        let visible = self.worker.scan.visible;
        let lines = Regular { layout, rules: &self.rules, index: &self.index, text };
        let added =
            gathering.extend(&lines, at as u32, |status, start| !visible.hides(status, start, &mut self.counts));
        let Some(rows) = added else { return false };
        self.counts.records += rows as u64;
        self.line += rows as u64;
        true
    }

    /// Reads lines from `at` on, one by one.
    fn read_closely(&mut self, text: &[u8], mut at: usize, gathering: &mut Gathering) -> Result<(), Halt> {
        while at < text.len() {
            let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
            self.line += 1;
            if let Some(line) = content(&text[at..end])
                && self.is_visible_record(line)?
            {
                gathering.push(&self.reader, u32::try_from(at).expect("a buffer is smaller than 4 GiB"));
            }
            at = end + 1;
        }
        Ok(())
    }

    /// Reads a line; whether it is a record that the query may see.
    fn is_visible_record(&mut self, line: &[u8]) -> Result<bool, Halt> {
        let outcome = self.reader.read(line);
        // Names of fields are no numbers and no addresses: only where a record has none of these
        // can a header line pass for one.
        if (outcome.is_err() || self.is_all_text) && is_header(self.file, line, self.origin, self.line)? {
            return Ok(false);
        }
        match outcome {
            Ok(()) => {
                self.counts.records += 1;
                Ok(!self.is_hidden(line))
            }
            Err(fault) => {
                self.note_malformed(fault, line);
                Ok(false)
            }
        }
    }

    fn is_hidden(&mut self, line: &[u8]) -> bool {
        let Some(status) = self.status else { return false };
        let start = match self.start.map(|start| self.reader.values[start]) {
            Some(Parsed::Number(start)) => Some(start),
            _ => None,
        };
        let status = match self.reader.values[status] {
            Parsed::Absent => &[],
            _ => self.reader.spans[status].of(line),
        };
        self.worker.scan.visible.hides(status, start, &mut self.counts)
    }

    fn note_malformed(&mut self, fault: Fault, line: &[u8]) {
        self.counts.malformed += 1;
        if !self.has_malformed {
            self.has_malformed = true;
            self.worker.scan.tally.note_malformed(First {
                file: self.file_index,
                origin: self.origin,
                line: self.line,
                reason: self.reader.reason(fault, line),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a part, each piece as text.
    fn lines(text: &str, position: u64, end: Option<u64>, buffer: usize) -> Vec<String> {
        let mut reader = Text::new(&text.as_bytes()[usize::try_from(position).unwrap()..], position, end, Vec::new());
        reader.buffer = vec![0; buffer + PADDING_BYTES];
        let mut pieces = Vec::new();
        while let Some(piece) = reader.next().unwrap() {
            match piece {
                Piece::Lines(lines) => pieces.push(String::from_utf8(reader.buffer[lines].to_vec()).unwrap()),
                Piece::TooLong => pieces.push("...".into()),
            }
        }
        pieces
    }

    #[test]
    fn pieces_are_whole_lines_and_too_long_ones_are_passed_over() {
        assert_eq!(lines("ab\ncd\nef", 0, None, 7), ["ab\ncd\n", "ef"]);
        assert_eq!(lines("abcdefgh\nij\n", 0, None, 4), ["...", "ij\n"]);
        assert_eq!(lines("abcdefgh", 0, None, 4), ["..."]);
        assert_eq!(lines("", 0, None, 4), Vec::<String>::new());
        assert_eq!(lines("\n\nabc", 0, None, 4), ["\n\n", "abc"]);
    }

    #[test]
    fn a_line_that_has_no_end_yet_is_told_from_those_that_have() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let long = "x".repeat(LINE_LIMIT_BYTES);
        for (text, ended) in
            [("one\ntwo\n", 8), ("one\ntw", 4), ("\n", 1), ("", 0), (&format!("a\n{long}"), 2 + long.len())]
        {
            std::fs::write(&path, text).unwrap();
            assert_eq!(ended_bytes(&path, text.len() as u64), ended as u64, "{text:.9}");
        }
        // What came since the file was looked at is not asked for.
        std::fs::write(&path, "one\ntwo\n").unwrap();
        assert_eq!(ended_bytes(&path, 6), 4);
    }

    #[test]
    fn parts_of_any_size_have_each_line_once_and_in_order() {
        let text = "one\n\nthree is longer\n4\nfive";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, text).unwrap();
        let length = text.len() as u64;
        for part in 1..=length {
            for buffer in [17, 64] {
                let mut together = String::new();
                for start in (0..length).step_by(usize::try_from(part).unwrap()) {
                    let origin = line_start(&mut File::open(&path).unwrap(), start).unwrap();
                    let end = (start + part).min(length);
                    together.extend(lines(text, origin.min(length), Some(end), buffer));
                }
                assert_eq!(together, text, "parts of {part}, a buffer of {buffer}");
            }
        }
    }
}
