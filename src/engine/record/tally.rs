//! The statistics of a run while its threads read: records, bytes, malformed lines, hidden records.
//!
//! Each thread counts for itself and adds up block by block. The first malformed line is determined by its place in the
//! files, never by which thread found one first; so are the errors that are named.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::engine::Error;
use crate::value::{FileProblem, Progress};

/// The statistics of a run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Records and bytes, which are displayed during the run.
    pub(crate) progress: Arc<Progress>,
    pub(crate) malformed: AtomicU64,
    pub(crate) nodata: AtomicU64,
    pub(crate) skipdata: AtomicU64,
    first: Mutex<Option<FirstMalformed>>,
    /// For a file, the names in its records that its layout does not have.
    unread_names: Mutex<BTreeSet<(usize, String)>>,
    /// For each file that could not be read to its end, the place of the part that failed first, and its error.
    failed_files: Mutex<BTreeMap<usize, (usize, Error)>>,
    /// The error that ends the run, with the place of the failed part in the order of reading.
    failure: Mutex<Option<(usize, Error)>>,
}

/// A malformed line and its place; ordered as the files are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FirstMalformed {
    /// The file, as an index into the list of files.
    pub(crate) file: usize,
    /// The byte offset that lines are counted from.
    pub(crate) origin: u64,
    /// The line, from 1, counted from `origin`; in parquet the row.
    pub(crate) line: u64,
    /// The reason why it is malformed.
    pub(crate) reason: String,
}

/// The statistics of one block.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) records: u64,
    pub(crate) malformed: u64,
    pub(crate) nodata: u64,
    pub(crate) skipdata: u64,
    pub(crate) bytes: u64,
}

impl Tally {
    /// A tally that adds to `progress`.
    pub(crate) fn new(progress: &Arc<Progress>) -> Self {
        Self { progress: Arc::clone(progress), ..Self::default() }
    }

    /// Adds the counts of a block, and resets them.
    pub(crate) fn add(&self, counts: &mut Counts) {
        let Counts { records, malformed, nodata, skipdata, bytes } = std::mem::take(counts);
        self.progress.records.fetch_add(records, Ordering::Relaxed);
        self.progress.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.malformed.fetch_add(malformed, Ordering::Relaxed);
        self.nodata.fetch_add(nodata, Ordering::Relaxed);
        self.skipdata.fetch_add(skipdata, Ordering::Relaxed);
    }

    /// Records a malformed line, unless an earlier one is known.
    pub(crate) fn note_malformed(&self, malformed: FirstMalformed) {
        let mut first = lock(&self.first);
        if first.as_ref().is_none_or(|known| malformed < *known) {
            *first = Some(malformed);
        }
    }

    /// The first malformed line.
    pub(crate) fn first_malformed(&self) -> Option<FirstMalformed> {
        lock(&self.first).clone()
    }

    /// Records that a file has this name, which its layout does not have.
    pub(crate) fn note_name(&self, file: usize, name: &str) {
        /// The largest number of names: nobody reads more, so they are not worth the memory.
        const NAMES: usize = 100;
        let mut names = lock(&self.unread_names);
        if names.len() < NAMES {
            names.insert((file, name.into()));
        }
    }

    /// The names that were not read, each with its file, in order.
    pub(crate) fn unread_names(&self) -> BTreeSet<(usize, String)> {
        std::mem::take(&mut *lock(&self.unread_names))
    }

    /// Records that a file could not be read to its end; `place` is the place of the failed part in the order of
    /// reading.
    pub(crate) fn note_failed(&self, file: usize, place: usize, error: Error) {
        let mut failed = lock(&self.failed_files);
        if failed.get(&file).is_none_or(|(known, _)| place < *known) {
            failed.insert(file, (place, error));
        }
    }

    /// The files that could not be read to their end, in order.
    pub(crate) fn failed_files(&self) -> Vec<FileProblem> {
        lock(&self.failed_files).values().filter_map(|(_, error)| error.file_problem()).collect()
    }

    /// Stores the error that ends the run, unless one of an earlier place is known: the query engine passes on only the
    /// message.
    pub(crate) fn fail(&self, place: usize, error: Error) {
        let mut failure = lock(&self.failure);
        if failure.as_ref().is_none_or(|(known, _)| place < *known) {
            *failure = Some((place, error));
        }
    }

    /// Returns whether an error ends the run.
    pub(crate) fn has_failed(&self) -> bool {
        lock(&self.failure).is_some()
    }

    /// The error that ends the run.
    pub(crate) fn failure(&self) -> Option<Error> {
        lock(&self.failure).take().map(|(_, error)| error)
    }
}

/// Locks a mutex. If a thread panicked, its numbers are still valid.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_malformed_line_is_the_first_in_the_files_whoever_notes_it() {
        let tally = Tally::default();
        for (file, origin, line) in [(1, 0, 1), (0, 99, 1), (0, 7, 5), (0, 7, 9)] {
            tally.note_malformed(FirstMalformed { file, origin, line, reason: String::new() });
        }
        let first = lock(&tally.first).clone().unwrap();
        assert_eq!((first.file, first.origin, first.line), (0, 7, 5));
    }
}
