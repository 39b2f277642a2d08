//! The state of a check, and the limits of one sentence.

use std::collections::HashSet;

use ipnet::IpNet;

use super::error::CheckError;
use super::results::ResultColumns;
use crate::query::context::Context;

/// The most errors that are reported for one sentence; then the check stops.
pub const MAX_ERRORS: usize = 20;
/// The most bytes of saved filters in one sentence, each counted as often as it is used.
pub(super) const MAX_SAVED_BYTES: usize = 32 * 1024;
/// The most bytes of regular expressions in one sentence; each takes a hundred times its length in memory.
pub(super) const MAX_REGEX_BYTES: usize = 4 * 1024;
/// The most values of parameters in one sentence, each counted as often as it is used.
pub(super) const MAX_PARAMETER_VALUES: usize = 1_000_000;

/// The state of a check: the context for names, and the findings so far.
pub(super) struct Checker<'a> {
    pub(super) context: &'a Context,
    /// The saved filters that are being read, outermost first.
    pub(super) reading: Vec<String>,
    /// The nesting of the current expression, including saved filters.
    pub(super) depth: usize,
    /// The bytes of saved filters that were read.
    pub(super) saved_bytes: usize,
    /// The bytes of regular expressions that were read.
    pub(super) regex_bytes: usize,
    /// The values of parameters that were used.
    pub(super) parameter_values: usize,
    /// Whether an `and` and an `or` meet without parentheses.
    pub(super) is_mixed: bool,
    /// The columns that names mean after an aggregation.
    pub(super) results: Option<ResultColumns>,
    pub(super) errors: Vec<CheckError>,
    pub(super) notes: Vec<String>,
    /// The notes again, to find one quickly among thousands.
    noted: HashSet<String>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        Self {
            context,
            reading: Vec::new(),
            depth: 0,
            saved_bytes: 0,
            regex_bytes: 0,
            parameter_values: 0,
            is_mixed: false,
            results: None,
            errors: Vec::new(),
            notes: Vec::new(),
            noted: HashSet::new(),
        }
    }

    /// Returns whether there are more errors than anybody would read.
    pub(super) const fn is_full(&self) -> bool {
        self.errors.len() >= MAX_ERRORS
    }

    /// Adds an error; returns `None`.
    pub(super) fn fail<T>(&mut self, error: CheckError) -> Option<T> {
        self.errors.push(error);
        None
    }

    /// Returns the value of a result, or adds its error.
    pub(super) fn keep<T>(&mut self, result: Result<T, CheckError>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }

    pub(super) fn note(&mut self, note: String) {
        if self.noted.insert(note.clone()) {
            self.notes.push(note);
        }
    }

    /// Adds a note that a network was typed with bits beyond its prefix.
    pub(super) fn note_masked(&mut self, text: &str, network: IpNet) {
        self.note(format!("`{text}` is read as the network `{network}`"));
    }

    pub(super) fn finish<T>(mut self, checked: Option<T>) -> Result<T, Vec<CheckError>> {
        self.errors.sort_by_key(|error| error.place().start);
        self.errors.truncate(MAX_ERRORS);
        match checked {
            Some(checked) if self.errors.is_empty() => Ok(checked),
            _ => Err(self.errors),
        }
    }
}
