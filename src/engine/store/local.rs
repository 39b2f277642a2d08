//! Local files: where lines start and end, and whether a file is still the one that was opened.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::engine::record::LINE_LIMIT_BYTES;

/// The identity of a file's contents, to notice when the file is replaced or cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    bytes: u64,
    /// The device and the number of the file on it, where there are such numbers.
    identity: Option<(u64, u64)>,
}

impl Stamp {
    /// The stamp of a file.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { bytes: metadata.len(), identity: identity(metadata) }
    }

    /// The change of the file at `path` because of which some of it was not read. A file that grows is read up to its
    /// old end; a deleted one as long as it is open.
    pub(crate) fn change(self, path: &Path) -> Option<&'static str> {
        let now = Self::of(&path.metadata().ok()?);
        if now.identity != self.identity {
            Some("it was replaced by another file while it was read")
        } else if now.bytes < self.bytes {
            Some("it became shorter while it was read")
        } else {
            None
        }
    }
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems have no such numbers")]
pub(crate) fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
pub(crate) fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// Seeks to the first line that starts at `at` or later; returns the position, or one from `end` on if no line starts
/// before `end`.
pub(crate) fn line_start(file: &mut File, at: u64, end: u64) -> io::Result<u64> {
    let Some(mut position) = at.checked_sub(1) else { return Ok(0) };
    file.seek(SeekFrom::Start(position))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        let line_end = memchr::memchr(b'\n', &buffer[..read]);
        position += line_end.map_or(read, |at| at + 1) as u64;
        // A line may be as long as the file: finding its end once is enough.
        if line_end.is_some() || read == 0 || position >= end {
            return file.seek(SeekFrom::Start(position));
        }
    }
}

/// Returns the length of the prefix of a file of `bytes` bytes that ends in a newline.
///
/// Returns `bytes` if the last 64 KiB hold no newline, or if the file cannot be read: its reader
/// reports the error.
pub(crate) fn ended_bytes(path: &Path, bytes: u64) -> u64 {
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

/// Returns the number of lines that end before the byte `origin`; 0 if the file cannot be read any
/// more. Lines are counted only when one has to be named.
pub(crate) fn lines_before(path: &Path, origin: u64) -> u64 {
    if origin == 0 {
        return 0;
    }
    File::open(path).and_then(|file| count_lines(file.take(origin))).unwrap_or(0)
}

fn count_lines(mut reader: impl Read) -> io::Result<u64> {
    let mut buffer = vec![0; 1 << 16];
    let mut lines = 0;
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(lines),
            read => lines += memchr::memchr_iter(b'\n', &buffer[..read]).count() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        // The file has grown since its length was read.
        std::fs::write(&path, "one\ntwo\n").unwrap();
        assert_eq!(ended_bytes(&path, 6), 4);
    }

    #[test]
    fn a_file_that_shrinks_or_is_replaced_is_not_the_one_that_was_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "one\ntwo\n").unwrap();
        let stamp = Stamp::of(&path.metadata().unwrap());
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(stamp.change(&path), None, "growth is no loss");
        std::fs::write(&path, "one\n").unwrap();
        assert_eq!(stamp.change(&path), Some("it became shorter while it was read"));
        std::fs::write(folder.path().join("other"), "one\ntwo\nthree\n").unwrap();
        std::fs::rename(folder.path().join("other"), &path).unwrap();
        #[cfg(unix)]
        assert_eq!(stamp.change(&path), Some("it was replaced by another file while it was read"));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(stamp.change(&path), None, "what is open can be read");
    }

    #[test]
    fn lines_before_a_byte_are_counted_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "a\nb\nc").unwrap();
        assert_eq!([0, 1, 2, 4, 9].map(|origin| lines_before(&path, origin)), [0, 0, 1, 2, 2]);
    }
}
