//! Bounds what a JSON parser keeps in memory, and finds its way back after a syntax error.
//!
//! `serde_json` reads values one after another, but it keeps each text whole, and remembers each level of nesting. This
//! reader passes on one byte at a time, so it knows at every moment which bytes the parser has seen.

use std::io::{self, BufRead, Read};

use crate::engine::decode::BYTE_ORDER_MARK;

/// The longest text: a subscription message is at most 1 MiB, a Firehose request a few.
const TEXT_BYTES: usize = 16 << 20;

/// The deepest nesting: a Kinesis event has six levels.
const DEPTH: usize = 64;

/// The bytes of a line that are kept, to read them again.
const REPLAYED_BYTES: usize = 64;

/// A reader of JSON.
pub(super) struct Guard<R> {
    reader: R,
    /// The number of bytes of the current text so far; `None` outside texts.
    text: Option<usize>,
    /// Whether the next byte of the text is escaped.
    is_escaped: bool,
    depth: usize,
    /// The number of line ends that were passed on since the current value began.
    line_ends: usize,
    /// The first bytes that were passed on of the current line.
    line: Vec<u8>,
    /// Bytes to be read again, the last one first.
    replayed: Vec<u8>,
}

impl<R: BufRead> Guard<R> {
    pub(super) const fn new(reader: R) -> Self {
        Self { reader, text: None, is_escaped: false, depth: 0, line_ends: 0, line: Vec::new(), replayed: Vec::new() }
    }

    /// Skips a byte order mark.
    pub(super) fn skip_mark(&mut self) -> io::Result<()> {
        if self.reader.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            self.reader.consume(BYTE_ORDER_MARK.len());
        }
        Ok(())
    }

    /// Skips blanks and commas between values; returns whether a value follows.
    pub(super) fn has_next(&mut self) -> io::Result<bool> {
        (self.text, self.is_escaped, self.depth, self.line_ends) = (None, false, 0, 0);
        self.line.clear();
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',') {
                return Ok(true);
            }
            self.take();
        }
        Ok(false)
    }

    /// Goes to the line after the one in which the parser failed; returns whether another value follows.
    ///
    /// The parser may have read on after the error: into the next line, if it passed its line end, or if the line end
    /// itself was the error. That line is read again.
    pub(super) fn skip_line(&mut self, error: &serde_json::Error) -> io::Result<bool> {
        if self.line_ends >= error.line() || error.column() == 0 {
            self.replayed.extend(self.line.drain(..).rev());
        } else {
            while let Some(byte) = self.peek()? {
                self.take();
                if byte == b'\n' {
                    break;
                }
            }
        }
        self.has_next()
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        match self.replayed.last() {
            Some(byte) => Ok(Some(*byte)),
            None => Ok(self.reader.fill_buf()?.first().copied()),
        }
    }

    /// Takes the byte that was peeked at.
    fn take(&mut self) {
        if self.replayed.pop().is_none() {
            self.reader.consume(1);
        }
    }

    fn check(&mut self, byte: u8) -> io::Result<()> {
        if byte == b'\n' {
            self.line_ends += 1;
            self.line.clear();
        } else if self.line.len() < REPLAYED_BYTES {
            self.line.push(byte);
        }
        match (&mut self.text, byte) {
            (Some(_), _) if self.is_escaped => self.is_escaped = false,
            (Some(_), b'\\') => self.is_escaped = true,
            (Some(_), b'"') => self.text = None,
            (Some(length), _) if *length == TEXT_BYTES => {
                return Err(refused(&format!("it has a text of more than {} MiB", TEXT_BYTES >> 20)));
            }
            (Some(length), _) => *length += 1,
            (None, b'"') => self.text = Some(0),
            (None, b'{' | b'[') if self.depth == DEPTH => {
                return Err(refused(&format!("it is nested more than {DEPTH} levels deep")));
            }
            (None, b'{' | b'[') => self.depth += 1,
            (None, b'}' | b']') => self.depth = self.depth.saturating_sub(1),
            (None, _) => {}
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (Some(to), Some(byte)) = (buffer.first_mut(), self.peek()?) else { return Ok(0) };
        self.take();
        *to = byte;
        self.check(byte)?;
        Ok(1)
    }
}

fn refused(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
