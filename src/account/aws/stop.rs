//! Stopping a change half way: a call that is on its way is waited for, so that all that was made is
//! known and can be taken back.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::error::Error;

/// Whether to stop, and whether something is being changed.
#[derive(Default)]
pub(super) struct Stop {
    asked: watch::Sender<bool>,
    changes: AtomicUsize,
}

/// A change that is under way as long as this lives.
pub(super) struct Change<'a>(&'a AtomicUsize);

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Stop {
    /// Says that a change starts.
    pub(super) fn change(&self) -> Change<'_> {
        self.changes.fetch_add(1, Ordering::SeqCst);
        Change(&self.changes)
    }

    /// Asks changes to stop; whether there is one.
    pub(super) fn stop(&self) -> bool {
        self.asked.send_replace(true);
        self.changes.load(Ordering::SeqCst) > 0
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
        let mut asked = self.asked.subscribe();
        // The sender lives as long as this does: waiting ends by what is awaited, or by time.
        let _ = tokio::time::timeout(time, asked.wait_for(|asked| *asked)).await;
        self.check()
    }
}
