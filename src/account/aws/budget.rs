//! The limit on the bytes that the queries of a session scan, over all its places.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the bytes that queries scan, up to a limit.
#[derive(Debug)]
pub struct Budget {
    most_bytes: u64,
    scanned_bytes: AtomicU64,
}

impl Budget {
    /// A budget in US dollars; `None` for no limit.
    #[must_use]
    pub fn of(max_usd: Option<f64>, usd_per_gb: f64) -> Self {
        let most_bytes = max_usd.map_or(u64::MAX, |usd| bytes_of(usd, usd_per_gb));
        Self { most_bytes, scanned_bytes: AtomicU64::new(0) }
    }

    /// Counts bytes that were scanned.
    pub(super) fn spend(&self, bytes: u64) {
        self.scanned_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The bytes that queries have scanned.
    #[must_use]
    pub fn scanned_bytes(&self) -> u64 {
        self.scanned_bytes.load(Ordering::Relaxed)
    }

    /// The bytes that may still be scanned; `None` without a limit.
    pub(super) fn left_bytes(&self) -> Option<u64> {
        let is_limited = self.most_bytes != u64::MAX;
        is_limited.then(|| self.most_bytes.saturating_sub(self.scanned_bytes.load(Ordering::Relaxed)))
    }

    /// Returns whether the limit is exceeded.
    pub(super) fn is_spent(&self) -> bool {
        self.scanned_bytes.load(Ordering::Relaxed) > self.most_bytes
    }
}

/// The bytes that an amount of US dollars pays for.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a limit, which the cast keeps in bounds")]
pub(super) fn bytes_of(usd: f64, usd_per_gb: f64) -> u64 {
    (usd / usd_per_gb * 1e9) as u64
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(None, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_once_more_was_scanned_than_it_pays_for() {
        let budget = Budget::of(Some(0.01), 0.005);
        budget.spend(2_000_000_000);
        assert!(!budget.is_spent());
        budget.spend(1);
        assert!(budget.is_spent());
        assert_eq!(budget.left_bytes(), Some(0));
        let none = Budget::default();
        none.spend(u64::MAX - 1);
        assert!(!none.is_spent());
        assert_eq!(none.left_bytes(), None);
    }
}
