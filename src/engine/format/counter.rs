//! Counts the records of a part, and notes the first malformed one.

use crate::engine::decode::{Parsed, Span};
use crate::engine::record::{Counts, FirstMalformed, Layout, Status};
use crate::field::Field;

use super::reader::Reader;

/// The count of a part.
pub(super) struct Counter<'r> {
    thread: &'r Reader<'r>,
    file: usize,
    /// The byte offset from which lines are counted.
    pub(super) origin: u64,
    /// The number of the current line or record, from 1.
    pub(super) number: u64,
    pub(super) counts: Counts,
    status: Option<usize>,
    start: Option<usize>,
    has_malformed: bool,
}

impl<'r> Counter<'r> {
    /// The count of a part of the file at index `file`.
    pub(super) fn new(thread: &'r Reader<'r>, file: usize, layout: &Layout, origin: u64) -> Self {
        Self {
            thread,
            file,
            origin,
            number: 0,
            counts: Counts::default(),
            status: layout.place(Field::Status),
            start: layout.place(Field::Start),
            has_malformed: false,
        }
    }

    /// Counts a record, whose values were checked; returns whether the query may see it.
    pub(super) fn is_visible(&mut self, text: &[u8], spans: &[Span], values: &[Parsed]) -> bool {
        self.counts.records += 1;
        let Some(status) = self.status else { return true };
        let start = match self.start.map(|start| values[start]) {
            Some(Parsed::Number(start)) => Some(start),
            _ => None,
        };
        let status = Status::of(spans[status].of(text)).expect("a record's status was checked");
        !self.thread.context.visible.hides(status, start, &mut self.counts)
    }

    /// Counts the current line or record as malformed.
    pub(super) fn malformed(&mut self, reason: impl FnOnce() -> String) {
        self.counts.malformed += 1;
        if !self.has_malformed {
            self.has_malformed = true;
            let (file, origin, line) = (self.file, self.origin, self.number);
            self.thread.context.tally.note_malformed(FirstMalformed { file, origin, line, reason: reason() });
        }
    }

    /// Adds the counts to those of the run.
    pub(super) fn add_up(&mut self) {
        self.thread.context.tally.add(&mut self.counts);
    }
}
