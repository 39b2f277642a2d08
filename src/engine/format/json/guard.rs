//! Bounds the memory of a JSON parser, and resumes after a syntax error.
//!
//! `serde_json` reads values one after another, but it keeps each text whole, and remembers each level of nesting. This
//! reader looks at the bytes before the parser gets them, and passes them on one at a time, so it knows at every moment
//! which bytes the parser has seen.

use std::io::{self, Read};

use crate::engine::decode::BYTE_ORDER_MARK;

/// The longest text: a subscription message is at most 1 MiB, a Firehose request a few.
const TEXT_BYTES: usize = 16 << 20;

/// The deepest nesting: a Kinesis event has six levels.
const DEPTH: usize = 64;

/// The number of bytes to read at a time.
const BUFFER_BYTES: usize = 64 << 10;

/// The number of bytes that are kept when others are read, so that the beginning of a line can be passed on again.
const KEPT_BYTES: usize = 256;

/// A reader of JSON.
pub(super) struct Guard<R> {
    reader: R,
    buffer: Vec<u8>,
    /// The next byte to be passed on.
    at: usize,
    /// The byte that must not be passed on, with the reason.
    refused: Option<(usize, String)>,
    /// The start of the current value in the buffer, or 0 if it is no longer there.
    value: usize,
    /// The number of line ends of the current value that are no longer in the buffer.
    line_ends: usize,
    nesting: Nesting,
}

/// The place within texts and brackets.
#[derive(Default)]
struct Nesting {
    /// The number of bytes of the current text so far; `None` outside texts.
    text: Option<usize>,
    /// Whether the next byte of the text is escaped.
    is_escaped: bool,
    depth: usize,
}

impl Nesting {
    /// Advances over `bytes`; the error is the place of the byte that exceeds a limit, and the reason.
    fn advance(&mut self, bytes: &[u8]) -> Result<(), (usize, String)> {
        let mut at = 0;
        while at < bytes.len() {
            let Some(length) = self.text else {
                at += match bytes[at] {
                    b'"' => {
                        self.text = Some(0);
                        1
                    }
                    b'{' | b'[' if self.depth == DEPTH => {
                        return Err((at, format!("it is nested more than {DEPTH} levels deep")));
                    }
                    b'{' | b'[' => {
                        self.depth += 1;
                        1
                    }
                    b'}' | b']' => {
                        self.depth = self.depth.saturating_sub(1);
                        1
                    }
                    _ => 1,
                };
                continue;
            };
            if self.is_escaped {
                (self.is_escaped, self.text) = (false, Some(length + 1));
                at += 1;
                continue;
            }
            let rest = &bytes[at..];
            let plain = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
            if length + plain > TEXT_BYTES {
                return Err((at + TEXT_BYTES - length, format!("it has a text of more than {} MiB", TEXT_BYTES >> 20)));
            }
            self.text = Some(length + plain);
            at += plain;
            match bytes.get(at) {
                Some(b'"') => self.text = None,
                Some(_) => self.is_escaped = true,
                None => {}
            }
            at += 1;
        }
        Ok(())
    }
}

impl<R: Read> Guard<R> {
    pub(super) fn new(reader: R) -> Self {
        let (buffer, nesting) = (Vec::new(), Nesting::default());
        Self { reader, buffer, at: 0, refused: None, value: 0, line_ends: 0, nesting }
    }

    /// Skips a byte order mark at the beginning.
    pub(super) fn skip_mark(&mut self) -> io::Result<()> {
        if self.fill()? && self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.at = BYTE_ORDER_MARK.len();
        }
        Ok(())
    }

    /// Skips blanks and commas between values; returns whether a value follows.
    pub(super) fn has_next(&mut self) -> io::Result<bool> {
        loop {
            let rest = &self.buffer[self.at..];
            let between = rest.iter().take_while(|byte| matches!(**byte, b' ' | b'\t' | b'\r' | b'\n' | b',')).count();
            self.at += between;
            (self.value, self.line_ends) = (self.at, 0);
            if self.at < self.buffer.len() {
                return Ok(true);
            }
            if !self.fill()? {
                return Ok(false);
            }
        }
    }

    /// Goes to the line after the one in which the parser failed; returns whether another value follows.
    ///
    /// The parser may have read on after the error: into the next line, if it passed its line end, or if the line end
    /// itself was the error. That line is passed on again.
    pub(super) fn skip_line(&mut self, error: &serde_json::Error) -> io::Result<bool> {
        let seen = &self.buffer[self.value..self.at];
        let line_ends = self.line_ends + memchr::memchr_iter(b'\n', seen).count();
        if line_ends >= error.line() || error.column() == 0 {
            let line = memchr::memrchr(b'\n', seen).map_or(self.value, |end| self.value + end + 1);
            self.at = line;
        } else {
            while self.at < self.buffer.len() || self.fill()? {
                let end = memchr::memchr(b'\n', &self.buffer[self.at..]);
                self.at = end.map_or(self.buffer.len(), |end| self.at + end + 1);
                if end.is_some() {
                    break;
                }
            }
        }
        self.nesting = Nesting::default();
        self.look_ahead(self.at);
        self.has_next()
    }

    /// Reads more bytes, keeping the last ones; returns whether there were any.
    fn fill(&mut self) -> io::Result<bool> {
        let dropped = self.buffer.len().saturating_sub(KEPT_BYTES);
        self.line_ends += memchr::memchr_iter(b'\n', &self.buffer[self.value.min(dropped)..dropped]).count();
        self.buffer.drain(..dropped);
        self.value = self.value.saturating_sub(dropped);
        let kept = self.buffer.len();
        self.at = kept;
        self.buffer.resize(kept + BUFFER_BYTES, 0);
        let read = loop {
            match self.reader.read(&mut self.buffer[kept..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(kept + read.as_ref().map_or(0, |read| *read));
        let read = read?;
        self.look_ahead(kept);
        Ok(read > 0)
    }

    fn look_ahead(&mut self, from: usize) {
        self.refused = self.nesting.advance(&self.buffer[from..]).err().map(|(at, reason)| (from + at, reason));
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(to) = buffer.first_mut() else { return Ok(0) };
        if self.at == self.buffer.len() && !self.fill()? {
            return Ok(0);
        }
        match &self.refused {
            Some((refused, reason)) if self.at >= *refused => {
                Err(io::Error::new(io::ErrorKind::InvalidData, reason.as_str()))
            }
            _ => {
                *to = self.buffer[self.at];
                self.at += 1;
                Ok(1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &[u8]) -> Option<String> {
        let mut guard = Guard::new(json);
        guard.skip_mark().unwrap();
        guard.read_to_end(&mut Vec::new()).err().map(|error| error.to_string())
    }

    #[test]
    fn long_texts_and_deep_nesting_are_refused_and_escapes_do_not_hide_their_ends() {
        let text = |length: usize| [b"[\"", &vec![b'x'; length][..], b"\"]"].concat();
        assert_eq!(refusal(&text(TEXT_BYTES)), None);
        assert_eq!(refusal(&text(TEXT_BYTES + 1)).unwrap(), "it has a text of more than 16 MiB");
        assert_eq!(
            refusal(&[b"\"\\\"", &vec![b'x'; TEXT_BYTES][..], b"\""].concat()).unwrap(),
            "it has a text of more than 16 MiB"
        );
        assert_eq!(refusal(&[b'['; DEPTH]), None);
        assert_eq!(refusal(&[b'['; DEPTH + 1]).unwrap(), "it is nested more than 64 levels deep");
        assert_eq!(refusal(&b"[]".repeat(DEPTH + 1)), None);
        assert_eq!(refusal(&[b"\"".to_vec(), vec![b'['; DEPTH + 1], b"\"".to_vec()].concat()), None);
    }

    #[test]
    fn after_an_error_the_next_line_is_passed_on_wherever_the_buffer_ends() {
        for before in [0, 1, BUFFER_BYTES - 30, BUFFER_BYTES - 3, BUFFER_BYTES - 1, BUFFER_BYTES + KEPT_BYTES] {
            for bad in ["{\"a\": \"x\n", "{\"a\": nul}\n", "{\"a\": 1 \"b\"}\n", "{\"a\": [1, tru\n", "{\"a\" 5 [[[\n"]
            {
                let json = format!("{}{bad}{{\"good\": 1}}\n", " ".repeat(before));
                let mut guard = Guard::new(json.as_bytes());
                assert!(guard.has_next().unwrap());
                let error = serde_json::Deserializer::from_reader(&mut guard).into_iter::<serde_json::Value>().next();
                let error = error.unwrap().unwrap_err();
                assert!(guard.skip_line(&error).unwrap(), "{before} {bad}");
                let mut rest = String::new();
                guard.read_to_string(&mut rest).unwrap();
                assert_eq!(rest, "{\"good\": 1}\n", "{before} {bad}");
            }
        }
    }
}
