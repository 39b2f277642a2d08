//! Converts stored bytes to text: detects gzip and parquet by their first bytes, decompresses gzip, counts the bytes
//! that were read.
//!
//! Magic numbers: <https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1>,
//! <https://parquet.apache.org/docs/file-format/>.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::Error;

use super::members::{MAGIC, Members};

const PARQUET_MAGIC: &[u8] = b"PAR1";

/// The number of compressed bytes to read at a time.
pub(crate) const READ_BYTES: usize = 256 * 1024;

/// The largest number of times that a file may be compressed: forwarders compress files that are compressed already.
const GZIP_LAYERS: usize = 3;

/// Stored bytes whose first ones were read already.
pub(crate) struct Raw<R> {
    first: Vec<u8>,
    rest: R,
    counter: Arc<AtomicU64>,
}

impl<R: Read + Send + 'static> Raw<R> {
    /// Reads the first bytes.
    pub(crate) fn open(mut reader: R) -> io::Result<Self> {
        let mut first = Vec::new();
        reader.by_ref().take(PARQUET_MAGIC.len() as u64).read_to_end(&mut first)?;
        Ok(Self { first, rest: reader, counter: Arc::default() })
    }

    /// Returns whether the bytes are a parquet file.
    pub(crate) fn is_parquet(&self) -> bool {
        self.first == PARQUET_MAGIC
    }

    /// Returns whether the bytes are gzip.
    pub(crate) fn is_gzip(&self) -> bool {
        self.first.starts_with(MAGIC)
    }

    /// The counter of the stored bytes read so far.
    pub(crate) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.counter)
    }

    /// The text, decompressed; stored bytes are read `read_bytes` at a time.
    pub(crate) fn decoded(self, read_bytes: usize) -> io::Result<Box<dyn Read + Send>> {
        let is_gzip = self.is_gzip();
        let stored = Counting { reader: Cursor::new(self.first).chain(self.rest), counter: self.counter };
        if is_gzip { inflated(Box::new(stored), read_bytes, GZIP_LAYERS) } else { Ok(Box::new(stored)) }
    }
}

/// Decompresses gzip, and gzip inside it.
fn inflated(stored: Box<dyn Read + Send>, read_bytes: usize, layers: usize) -> io::Result<Box<dyn Read + Send>> {
    if layers == 0 {
        let reason = format!("it is gzip inside gzip, more than {GZIP_LAYERS} times");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    let mut text = Members::new(BufReader::with_capacity(read_bytes, stored));
    let mut first = Vec::new();
    text.by_ref().take(MAGIC.len() as u64).read_to_end(&mut first)?;
    let is_gzip = first == MAGIC;
    let text = Box::new(Cursor::new(first).chain(text));
    if is_gzip { inflated(text, read_bytes, layers - 1) } else { Ok(text) }
}

/// Counts bytes as they pass.
struct Counting<R> {
    reader: R,
    counter: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.counter.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Converts an error of reading `file`.
pub(crate) fn read_error(file: &str, source: io::Error) -> Error {
    let file = file.to_string();
    match source.kind() {
        io::ErrorKind::UnexpectedEof => Error::Truncated { file },
        // The decompressor's errors for a wrong checksum or code.
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Error::Damaged { file, reason: source.to_string() },
        _ => Error::Read { file, source },
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: impl AsRef<[u8]>) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_ref()).unwrap();
        encoder.finish().unwrap()
    }

    fn decode(stored: Vec<u8>) -> Result<String, Error> {
        let mut text = String::new();
        let failed = |source| read_error("log.gz", source);
        let mut reader = Raw::open(Cursor::new(stored)).unwrap().decoded(READ_BYTES).map_err(failed)?;
        reader.read_to_string(&mut text).map_err(failed)?;
        Ok(text)
    }

    #[test]
    fn text_and_gzip_of_several_members_are_read_alike() {
        assert_eq!(decode(b"one\ntwo\n".to_vec()).unwrap(), "one\ntwo\n");
        assert_eq!(decode([gzip("one\n"), gzip(""), gzip("two\n")].concat()).unwrap(), "one\ntwo\n");
        assert_eq!(decode(Vec::new()).unwrap(), "");
        assert_eq!(decode(b"2".to_vec()).unwrap(), "2");
    }

    #[test]
    fn zeros_after_the_last_member_are_padding_and_anything_else_is_damage() {
        let padded = [gzip("one\n"), vec![0; 600_000]].concat();
        assert_eq!(decode(padded.clone()).unwrap(), "one\n");
        for rubbish in [b"rubbish".to_vec(), b"\x1e\x8b".to_vec()] {
            for before in [gzip("one\n"), padded.clone()] {
                let outcome = decode([before, rubbish.clone()].concat());
                let Err(Error::Damaged { reason, .. }) = outcome else { panic!("{outcome:?}") };
                assert_eq!(reason, "the bytes after its last gzip member are not gzip");
            }
        }
        let behind_padding = decode([padded, gzip("two\n")].concat());
        assert!(matches!(behind_padding, Err(Error::Damaged { .. })), "a member after padding was lost in between");
    }

    #[test]
    fn gzip_inside_gzip_is_read_up_to_a_depth() {
        let mut stored = gzip("one\n");
        for layer in 2..=GZIP_LAYERS {
            stored = gzip(stored);
            assert_eq!(decode(stored.clone()).unwrap(), "one\n", "{layer}");
        }
        let outcome = decode(gzip(stored));
        assert!(
            matches!(&outcome, Err(Error::Damaged { reason, .. }) if reason.contains("gzip inside gzip")),
            "{outcome:?}"
        );
    }

    #[test]
    fn gzip_that_is_cut_off_anywhere_is_truncated() {
        let whole = [gzip("one\n"), gzip("two\n")].concat();
        let member = gzip("one\n").len();
        for length in 2..whole.len() {
            let outcome = decode(whole[..length].to_vec());
            if length == member {
                assert_eq!(outcome.unwrap(), "one\n");
            } else {
                assert!(matches!(outcome, Err(Error::Truncated { .. })), "{length}: {outcome:?}");
            }
        }
    }

    #[test]
    fn a_wrong_checksum_is_damage() {
        let mut stored = gzip("one\n");
        let checksum = stored.len() - 8;
        stored[checksum] ^= 1;
        assert!(matches!(decode(stored), Err(Error::Damaged { .. })));
    }

    #[test]
    fn stored_bytes_are_counted() {
        let stored = gzip("one\n");
        let raw = Raw::open(Cursor::new(stored.clone())).unwrap();
        let counter = raw.counter();
        raw.decoded(READ_BYTES).unwrap().read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(counter.load(Ordering::Relaxed), stored.len() as u64);
    }
}
