//! What a run counts while its threads read: records, bytes, malformed lines, hidden records.
//!
//! Each thread counts for itself and adds up block by block. Which malformed line is the first is
//! decided by its place in the files, never by which thread came first.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::value::{Malformed, Progress};

use super::Error;
use super::files::LogFile;

/// The numbers of a run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Records and bytes, which are watched while the run goes on.
    pub(super) progress: Arc<Progress>,
    pub(super) malformed: AtomicU64,
    pub(super) nodata: AtomicU64,
    pub(super) skipdata: AtomicU64,
    first: Mutex<Option<First>>,
    failure: Mutex<Option<Error>>,
}

/// Where a malformed line stands; ordered as the files are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct First {
    /// The file, by its place among the files.
    pub(super) file: usize,
    /// The byte that the lines are counted from.
    pub(super) origin: u64,
    /// The line, from 1, counted from there; in parquet the row.
    pub(super) line: u64,
    /// What is wrong with it.
    pub(super) reason: String,
}

/// What one block adds.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) records: u64,
    pub(super) malformed: u64,
    pub(super) nodata: u64,
    pub(super) skipdata: u64,
    pub(super) bytes: u64,
}

impl Tally {
    /// A tally that adds to `progress`.
    pub(super) fn new(progress: &Arc<Progress>) -> Self {
        Self { progress: Arc::clone(progress), ..Self::default() }
    }

    /// Adds what a block had, and starts anew.
    pub(super) fn add(&self, counts: &mut Counts) {
        let Counts { records, malformed, nodata, skipdata, bytes } = std::mem::take(counts);
        self.progress.records.fetch_add(records, Ordering::Relaxed);
        self.progress.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.malformed.fetch_add(malformed, Ordering::Relaxed);
        self.nodata.fetch_add(nodata, Ordering::Relaxed);
        self.skipdata.fetch_add(skipdata, Ordering::Relaxed);
    }

    /// Keeps a malformed line, if none before it is known.
    pub(super) fn note_malformed(&self, malformed: First) {
        let mut first = lock(&self.first);
        if first.as_ref().is_none_or(|known| malformed < *known) {
            *first = Some(malformed);
        }
    }

    /// The first malformed line.
    pub(super) fn first_malformed(&self, files: &[Arc<LogFile>]) -> Option<Malformed> {
        let First { file, origin, line, reason } = lock(&self.first).clone()?;
        let file = &files[file];
        let line = line + lines_before(&file.path, origin);
        Some(Malformed { file: file.name.clone(), line, reason })
    }

    /// Keeps why reading failed: the query engine passes on only that it did.
    pub(super) fn fail(&self, error: Error) {
        lock(&self.failure).get_or_insert(error);
    }

    /// Why reading failed.
    pub(super) fn failure(&self) -> Option<Error> {
        lock(&self.failure).take()
    }
}

/// Lines are counted only when one has to be named: how many end before the byte `origin`.
///
/// 0 where the file cannot be read any more, which only makes the number too small.
pub(super) fn lines_before(path: &Path, origin: u64) -> u64 {
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

/// A thread that panicked leaves numbers that are still good.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_malformed_line_is_the_first_in_the_files_whoever_notes_it() {
        let tally = Tally::default();
        for (file, origin, line) in [(1, 0, 1), (0, 99, 1), (0, 7, 5), (0, 7, 9)] {
            tally.note_malformed(First { file, origin, line, reason: String::new() });
        }
        let first = lock(&tally.first).clone().unwrap();
        assert_eq!((first.file, first.origin, first.line), (0, 7, 5));
    }

    #[test]
    fn lines_before_a_byte_are_counted_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "a\nb\nc").unwrap();
        assert_eq!([0, 1, 2, 4, 9].map(|origin| lines_before(&path, origin)), [0, 0, 1, 2, 2]);
    }
}
