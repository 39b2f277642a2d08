//! Splits text into pieces of whole lines.
//!
//! Memory is bounded for any file: text is read a MiB at a time, and a longer line is skipped.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::engine::decode::{BYTE_ORDER_MARK, PADDING_BYTES};

/// The number of bytes of text in memory at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// The lines of a part that was opened.
pub(super) struct OpenedLines {
    pub(super) lines: LineBuffer<Box<dyn Read + Send>>,
    /// The counter of the stored bytes, if those differ from the text.
    pub(super) raw_bytes: Option<Arc<AtomicU64>>,
}

/// The length of the byte order mark, if there is one.
fn mark_length(text: &[u8]) -> usize {
    if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

/// Text that is read in pieces of whole lines.
pub(super) struct LineBuffer<R> {
    reader: R,
    pub(super) buffer: Vec<u8>,
    /// The bytes of the buffer that were read but not yet returned.
    rest: Range<usize>,
    /// The offset of `rest` in the whole text.
    pub(super) position: u64,
    /// The offset from which lines belong to the next part.
    end: Option<u64>,
    /// The error to return after the remaining lines.
    error: Option<io::Error>,
}

/// The next piece of the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Whole lines, as a range of the buffer without a byte order mark.
    Lines(Range<usize>),
    /// A line that is longer than the buffer, and was skipped.
    TooLong,
}

impl<R: Read> LineBuffer<R> {
    /// The text of `reader`; the contents of `buffer` are overwritten.
    pub(super) fn new(reader: R, position: u64, end: Option<u64>, mut buffer: Vec<u8>) -> Self {
        buffer.resize(BUFFER_BYTES + PADDING_BYTES, 0);
        Self { reader, buffer, rest: 0..0, position, end, error: None }
    }

    /// The next piece. Whole lines before an error come first.
    pub(super) fn next(&mut self) -> io::Result<Option<Piece>> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if self.end.is_some_and(|end| self.position >= end) {
            return Ok(None);
        }
        let is_end = match self.fill() {
            Ok(is_end) => is_end,
            Err(error) => {
                if memchr::memchr(b'\n', &self.buffer[self.rest.clone()]).is_none() {
                    return Err(error);
                }
                self.error = Some(error);
                false
            }
        };
        let held = &self.buffer[self.rest.clone()];
        let whole = match memchr::memrchr(b'\n', held) {
            // The last line needs no newline.
            _ if is_end => held.len(),
            Some(last) => last + 1,
            None => {
                self.skip_line()?;
                return Ok(Some(Piece::TooLong));
            }
        };
        let whole = self.bytes_of_this_part(whole);
        if whole == 0 {
            return Ok(None);
        }
        let mark = if self.position == 0 { mark_length(&self.buffer[..whole]) } else { 0 };
        self.position += whole as u64;
        self.rest.start = whole;
        Ok(Some(Piece::Lines(mark..whole)))
    }

    /// Returns the length of the prefix of `whole` bytes whose lines start before the end of this part.
    fn bytes_of_this_part(&self, whole: usize) -> usize {
        let left = self.end.map_or(u64::MAX, |end| end - self.position);
        let Some(left) = usize::try_from(left).ok().filter(|left| *left < whole) else { return whole };
        memchr::memchr(b'\n', &self.buffer[left - 1..whole]).map_or(whole, |at| left + at)
    }

    /// Fills the buffer after its remaining bytes; returns whether the text ends there.
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

    /// Drops the buffered text, and skips to the next newline.
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

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::engine::store::line_start;

    /// The lines of a part, each piece as text.
    fn lines(text: &str, position: u64, end: Option<u64>, buffer: usize) -> Vec<String> {
        let mut reader =
            LineBuffer::new(&text.as_bytes()[usize::try_from(position).unwrap()..], position, end, Vec::new());
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
    fn whole_lines_before_an_error_come_first() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::InvalidData.into())
            }
        }
        let mut reader = LineBuffer::new("ab\ncd\nef".as_bytes().chain(Broken), 0, None, Vec::new());
        assert_eq!(reader.next().unwrap(), Some(Piece::Lines(0..6)));
        assert_eq!(reader.next().unwrap_err().kind(), io::ErrorKind::InvalidData);
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
                    let origin =
                        line_start(&mut File::open(&path).unwrap(), start, (start + part).min(length)).unwrap();
                    let end = (start + part).min(length);
                    together.extend(lines(text, origin.min(length), Some(end), buffer));
                }
                assert_eq!(together, text, "parts of {part}, a buffer of {buffer}");
            }
        }
    }
}
