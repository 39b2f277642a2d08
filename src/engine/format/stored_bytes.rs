//! The stored bytes that a part was read from.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the stored bytes that were read since the last call of [`take`](Self::take).
pub(super) struct StoredBytes {
    counter: Arc<AtomicU64>,
    taken: Cell<u64>,
}

impl StoredBytes {
    /// Starts from this counter, which grows elsewhere.
    pub(super) fn new(counter: Arc<AtomicU64>) -> Self {
        Self { counter, taken: Cell::new(0) }
    }

    /// The bytes since the last call.
    pub(super) fn take(&self) -> u64 {
        let now = self.counter.load(Ordering::Relaxed);
        now - self.taken.replace(now)
    }
}
