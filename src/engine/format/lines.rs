//! Converts lines of text to blocks of records. The meaning of a line is the business of `decode`.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::Error;
use crate::engine::decode::{Fault, Gathering, Index, LineReader, Parsed, RegularLines, Rules, content, header};
use crate::engine::record::{BATCH_ROWS, Counts, FirstMalformed, Halt, Unit};
use crate::engine::store::{self, lines_before};
use crate::field::Field;

use super::line_buffer::{LineBuffer, OpenedLines, Piece};
use super::log_file::LogFile;
use super::reader::Reader;

/// The size of a chunk of lines that are decoded together: small enough to stay in a core's cache from one column to
/// the next.
const CHUNK_BYTES: usize = 16 << 10;

/// Reads the lines of a part that was opened.
pub(super) fn read(reader: &Reader<'_>, unit: &Unit, file: &LogFile, opened: OpenedLines) -> Result<(), Halt> {
    let OpenedLines { lines: mut text, raw_bytes } = opened;
    let outcome = Lines::new(reader, unit.file, file, text.position).read_all(&mut text, raw_bytes.as_ref());
    reader.buffer.replace(text.buffer);
    outcome
}

/// Returns whether a line, the `number`th from the byte `origin` on, is a header line. The file's own header may be
/// repeated, as in concatenated files; another one is an error.
pub(super) fn is_header(file: &LogFile, line: &[u8], origin: u64, number: u64) -> Result<bool, Error> {
    match header(line) {
        None => Ok(false),
        Some(slots) if slots == file.layout.slots() => Ok(true),
        Some(_) => Err(Error::OtherHeader { file: file.name.clone(), line: number + lines_before(&file.path, origin) }),
    }
}

/// Returns the end of a chunk of whole lines that starts at `at`; a long line is a chunk by itself.
pub(super) fn chunk_end(text: &[u8], at: usize, length: usize) -> usize {
    let most = length.min(at + CHUNK_BYTES);
    if most == length {
        return length;
    }
    match memchr::memrchr(b'\n', &text[at..most]) {
        Some(last) => at + last + 1,
        None => memchr::memchr(b'\n', &text[most..length]).map_or(length, |first| most + first + 1),
    }
}

/// The lines of a part, on their way to records.
struct Lines<'r> {
    thread: &'r Reader<'r>,
    file: &'r LogFile,
    file_index: usize,
    reader: LineReader,
    rules: Rules,
    index: Index,
    needed: Vec<usize>,
    eager: Vec<usize>,
    status: Option<usize>,
    start: Option<usize>,
    is_all_text: bool,
    /// The byte offset of the first line in the file.
    origin: u64,
    /// The number of the current line, from 1.
    line: u64,
    counts: Counts,
    has_malformed: bool,
}

impl<'r> Lines<'r> {
    fn new(thread: &'r Reader<'r>, file_index: usize, file: &'r LogFile, origin: u64) -> Self {
        let layout = &file.layout;
        Self {
            thread,
            file,
            file_index,
            reader: LineReader::new(Arc::clone(layout)),
            rules: Rules::of(layout),
            index: Index::default(),
            needed: thread.context.select.needed_slots(layout),
            eager: thread.context.select.eager_slots(layout),
            status: layout.place(Field::Status),
            start: layout.place(Field::Start),
            is_all_text: layout.is_all_text(),
            origin,
            line: 0,
            counts: Counts::default(),
            has_malformed: false,
        }
    }

    /// Reads all of the text; `raw_bytes` counts the stored bytes if those differ from the text.
    fn read_all(&mut self, text: &mut LineBuffer<impl Read>, raw_bytes: Option<&Arc<AtomicU64>>) -> Result<(), Halt> {
        let stored = |position| raw_bytes.map_or(position, |raw| raw.load(Ordering::Relaxed));
        let mut stored_before = if raw_bytes.is_some() { 0 } else { text.position };
        while let Some(piece) = text.next().map_err(|source| store::read_error(&self.file.name, source))? {
            self.thread.outlet.check_open()?;
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
            self.thread.context.tally.add(&mut self.counts);
        }
        Ok(())
    }

    /// Reads the first `length` bytes of `text`; the bytes after them are padding.
    fn read_lines(&mut self, text: &[u8], length: usize) -> Result<(), Halt> {
        let mut gathering = self.gathering();
        let mut at = 0;
        while at < length {
            let end = chunk_end(text, at, length);
            if !self.read_regular(&text[at..], end - at, at, &mut gathering) {
                self.read_closely(&text[..end], at, &mut gathering)?;
            }
            if gathering.rows() >= BATCH_ROWS {
                let full = std::mem::replace(&mut gathering, self.gathering());
                self.thread.emit(&self.file.layout, &full.finish(&text[..length]))?;
            }
            at = end;
        }
        if gathering.rows() > 0 {
            self.thread.emit(&self.file.layout, &gathering.finish(&text[..length]))?;
        }
        Ok(())
    }

    fn gathering(&self) -> Gathering {
        Gathering::new(&self.file.layout, &self.needed, &self.eager)
    }

    /// Reads a chunk as a whole, if all its lines are plainly records; returns whether it did.
    #[allow(clippy::cast_possible_truncation, reason = "a buffer is smaller than 4 GiB")]
    fn read_regular(&mut self, text: &[u8], length: usize, at: usize, gathering: &mut Gathering) -> bool {
        let layout = &self.file.layout;
        let values = layout.slots().len() + usize::from(layout.is_export);
        if self.is_all_text || length > CHUNK_BYTES || !self.index.fill(&text[..length], values) {
            return false;
        }
        let visible = self.thread.context.visible;
        let lines = RegularLines { layout, rules: &self.rules, index: &self.index, text };
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

    /// Reads a line; returns whether it is a record that the query may see.
    fn is_visible_record(&mut self, line: &[u8]) -> Result<bool, Halt> {
        let outcome = self.reader.read(line);
        // Field names are neither numbers nor addresses: a header line can pass for a record only if a record has
        // neither.
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
        self.thread.context.visible.hides(status, start, &mut self.counts)
    }

    fn note_malformed(&mut self, fault: Fault, line: &[u8]) {
        self.counts.malformed += 1;
        if !self.has_malformed {
            self.has_malformed = true;
            self.thread.context.tally.note_malformed(FirstMalformed {
                file: self.file_index,
                origin: self.origin,
                line: self.line,
                reason: self.reader.reason(fault, line),
            });
        }
    }
}
