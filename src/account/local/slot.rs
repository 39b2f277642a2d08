//! Slots: time spans of a demo account, whose records are in one file each.

use std::path::Path;

use crate::value::EpochSeconds;

/// Seconds in a slot.
pub(super) const SLOT_S: i64 = 600;

/// The prefix of the file names of slots; the first second of the slot follows.
pub(super) const SLOT_PREFIX: &str = "slot-";

/// The first second of the slot in a file; `None` if the file is not a slot.
pub(super) fn slot_of(file: &Path) -> Option<EpochSeconds> {
    file.file_name()?.to_str()?.strip_prefix(SLOT_PREFIX)?.split('.').next()?.parse().ok()
}
