//! Converts lines of text to blocks of records. The meaning of a line is the business of `decode`.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::Error;
use crate::engine::decode::{Fault, Gathering, Index, LineReader, PADDING_BYTES, RegularLines, Rules, content, header};
use crate::engine::record::{BATCH_ROWS, Counts, Halt, Unit};
use crate::engine::store::{self, lines_before};

use super::counter::Counter;
use super::line_buffer::{LineBuffer, OpenedLines, Piece};
use super::log_file::LogFile;
use super::reader::Reader;
use super::stored_bytes::StoredBytes;

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
/// repeated, as in concatenated files; another one is an error. A single field name is a header line only if a record
/// has a single value: otherwise it is a malformed line.
pub(super) fn is_header(file: &LogFile, line: &[u8], origin: u64, number: u64) -> Result<bool, Error> {
    match header(line) {
        None => Ok(false),
        Some(slots) if slots == file.layout.slots() => Ok(true),
        Some(slots) if slots.len() == 1 && file.layout.slots().len() > 1 => Ok(false),
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
    reader: LineReader,
    rules: Rules,
    index: Index,
    needed: Vec<usize>,
    eager: Vec<usize>,
    is_all_text: bool,
    counter: Counter<'r>,
}

impl<'r> Lines<'r> {
    fn new(thread: &'r Reader<'r>, file_index: usize, file: &'r LogFile, origin: u64) -> Self {
        let layout = &file.layout;
        Self {
            thread,
            file,
            reader: LineReader::new(Arc::clone(layout)),
            rules: Rules::of(layout),
            index: Index::default(),
            needed: thread.context.needed_slots(layout),
            eager: thread.context.select.eager_slots(layout),
            is_all_text: layout.is_all_text(),
            counter: Counter::new(thread, file_index, layout, origin),
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
                    self.counter.number += 1;
                    self.counter.malformed(|| self.reader.reason(Fault::TooLong, b""));
                }
            }
            let stored_now = stored(text.position);
            self.counter.counts.bytes += stored_now - stored_before;
            stored_before = stored_now;
            self.counter.add_up();
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
                self.thread.emit(&self.file.layout, self.file.flow_log.as_ref(), &full.finish(&text[..length]))?;
            }
            at = end;
        }
        if gathering.rows() > 0 {
            self.thread.emit(&self.file.layout, self.file.flow_log.as_ref(), &gathering.finish(&text[..length]))?;
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
        let mut counts = Counts::default();
        let added = gathering.extend(&lines, at as u32, |status, start| !visible.hides(status, start, &mut counts));
        let Some(rows) = added else { return false };
        self.counter.counts.nodata += counts.nodata;
        self.counter.counts.skipdata += counts.skipdata;
        self.counter.counts.records += rows as u64;
        self.counter.number += rows as u64;
        true
    }

    /// Reads lines from `at` on, one by one.
    fn read_closely(&mut self, text: &[u8], mut at: usize, gathering: &mut Gathering) -> Result<(), Halt> {
        while at < text.len() {
            let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
            self.counter.number += 1;
            if let Some(line) = content(&text[at..end])
                && self.is_visible_record(line)?
            {
                let at = u32::try_from(at).expect("a buffer is smaller than 4 GiB");
                gathering.push(&self.reader.spans, &self.reader.values, at);
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
        if (outcome.is_err() || self.is_all_text)
            && is_header(self.file, line, self.counter.origin, self.counter.number)?
        {
            return Ok(false);
        }
        match outcome {
            Ok(()) => Ok(self.counter.is_visible(line, &self.reader.spans, &self.reader.values)),
            Err(fault) => {
                self.counter.malformed(|| self.reader.reason(fault, line));
                Ok(false)
            }
        }
    }
}

/// The lines of log messages that come one by one, on their way to records.
pub(super) struct Messages<'r> {
    lines: Lines<'r>,
    /// Whole lines that are not yet read.
    text: Vec<u8>,
}

impl<'r> Messages<'r> {
    /// The messages of a file; `before` lines came before the first.
    pub(super) fn new(thread: &'r Reader<'r>, unit: &Unit, file: &'r LogFile, before: u64) -> Self {
        let mut lines = Lines::new(thread, unit.file, file, 0);
        lines.counter.number = before;
        Self { lines, text: Vec::new() }
    }

    /// Adds a message: a line, with or without its line end.
    pub(super) fn push(&mut self, message: &[u8], stored_bytes: &StoredBytes) -> Result<(), Halt> {
        /// The number of bytes that are collected before they are read.
        const MANY_BYTES: usize = 256 << 10;
        self.text.extend_from_slice(message.strip_suffix(b"\n").unwrap_or(message));
        self.text.push(b'\n');
        if self.text.len() >= MANY_BYTES { self.read(stored_bytes) } else { Ok(()) }
    }

    /// Counts something that is not a message.
    pub(super) fn push_malformed(&mut self, reason: String, stored_bytes: &StoredBytes) -> Result<(), Halt> {
        self.read(stored_bytes)?;
        self.lines.counter.number += 1;
        self.lines.counter.malformed(|| reason);
        Ok(())
    }

    /// Reads the collected lines.
    pub(super) fn read(&mut self, stored_bytes: &StoredBytes) -> Result<(), Halt> {
        self.lines.thread.outlet.check_open()?;
        let length = self.text.len();
        self.text.resize(length + PADDING_BYTES, 0);
        let outcome = self.lines.read_lines(&self.text, length);
        self.text.clear();
        self.lines.counter.counts.bytes += stored_bytes.take();
        self.lines.counter.add_up();
        outcome
    }
}
