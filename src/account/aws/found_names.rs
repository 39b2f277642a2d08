//! The field names that the service has discovered in records, remembered while the account is open.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

/// A log group and the formats of the flow logs that deliver to it: records of another format have other names.
pub(super) type Place = (String, BTreeSet<String>);

/// Names by log group and formats.
#[derive(Default)]
pub(super) struct FoundNames(Mutex<HashMap<Place, BTreeSet<String>>>);

impl FoundNames {
    /// The names, if the service was asked before.
    pub(super) fn get(&self, place: &Place) -> Option<BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(place).cloned()
    }

    /// Remembers a response, unless it is empty: the first records may be on their way.
    pub(super) fn add(&self, place: Place, names: &BTreeSet<String>) {
        if !names.is_empty() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(place, names.clone());
        }
    }
}
