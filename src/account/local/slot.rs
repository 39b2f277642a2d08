//! Slots: the spans of time, one file each, in which the records of a demo account are made.

use std::path::Path;

use crate::value::EpochSeconds;

/// Seconds in a slot.
pub(super) const SLOT_S: i64 = 600;

/// How the names of files start that hold the records of one slot, whose first second follows.
pub(super) const SLOT_PREFIX: &str = "slot-";

/// The first second of the slot that a file holds, if it is such a file.
pub(super) fn slot_of(file: &Path) -> Option<EpochSeconds> {
    file.file_name()?.to_str()?.strip_prefix(SLOT_PREFIX)?.split('.').next()?.parse().ok()
}
