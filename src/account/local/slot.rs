//! Slots: time spans of a demo account, each with its records in one file.

use std::path::Path;

use crate::value::EpochSeconds;

/// Seconds in a slot.
pub(super) const SLOT_S: i64 = 600;

/// The prefix of the file names of slots, followed by the first second of the slot.
pub(super) const SLOT_PREFIX: &str = "slot-";

/// The first second of the slot in a file; `None` if the file is not a slot.
pub(super) fn slot_of(file: &Path) -> Option<EpochSeconds> {
    file.file_name()?.to_str()?.strip_prefix(SLOT_PREFIX)?.split('.').next()?.parse().ok()
}
