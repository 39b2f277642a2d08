//! Stopping half way. A change waits for the call that is on its way, so that all that was made is known
//! and can be taken back; a query is stopped, and what it found is kept.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::error::Error;
use crate::account::running::Running;

/// Whether to stop, and what goes on.
#[derive(Default)]
pub(super) struct Stop {
    asked: watch::Sender<bool>,
    changes: AtomicUsize,
    queries: AtomicUsize,
}

/// A change or a query that is under way as long as this lives.
pub(super) struct Started<'a>(&'a AtomicUsize);

impl Drop for Started<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Stop {
    /// Says that a change starts.
    pub(super) fn change(&self) -> Started<'_> {
        self.changes.fetch_add(1, Ordering::SeqCst);
        Started(&self.changes)
    }

    /// Says that a query starts.
    pub(super) fn query(&self) -> Started<'_> {
        self.queries.fetch_add(1, Ordering::SeqCst);
        Started(&self.queries)
    }

    /// Asks what goes on to stop; what that is.
    pub(super) fn stop(&self) -> Running {
        self.asked.send_replace(true);
        match (self.changes.load(Ordering::SeqCst), self.queries.load(Ordering::SeqCst)) {
            (0, 0) => Running::Nothing,
            (0, _) => Running::Query,
            _ => Running::Change,
        }
    }

    /// Forgets what it was asked before.
    pub(super) fn forget(&self) {
        self.asked.send_replace(false);
    }

    /// An error once it was asked to stop.
    pub(super) fn check(&self) -> Result<(), Error> {
        if *self.asked.borrow() { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Waits; less long if it is asked to stop.
    pub(super) async fn sleep(&self, time: Duration) -> Result<(), Error> {
        let _ = tokio::time::timeout(time, self.asked()).await;
        self.check()
    }

    /// Waits until it is asked to stop.
    pub(super) async fn asked(&self) {
        let mut asked = self.asked.subscribe();
        // The sender lives as long as this does: waiting ends by what is awaited.
        let _ = asked.wait_for(|asked| *asked).await;
    }
}
