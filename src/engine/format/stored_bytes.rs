//! The stored bytes that a part was read from.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells how many stored bytes were read since it was last asked.
pub(super) struct StoredBytes {
    counter: Arc<AtomicU64>,
    taken: Cell<u64>,
}

impl StoredBytes {
    /// The bytes that this counter counts.
    pub(super) fn new(counter: Arc<AtomicU64>) -> Self {
        Self { counter, taken: Cell::new(0) }
    }

    /// The bytes since the last call.
    pub(super) fn take(&self) -> u64 {
        let now = self.counter.load(Ordering::Relaxed);
        now - self.taken.replace(now)
    }
}
