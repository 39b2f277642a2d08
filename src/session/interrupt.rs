//! Ctrl-C, as what goes on sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use tokio::sync::Notify;

/// Whether somebody wants what goes on to stop.
#[derive(Debug, Default)]
pub struct Interrupt {
    raised: AtomicBool,
    notify: Notify,
}

impl Interrupt {
    /// Raised by each Ctrl-C from now on, for as long as the process lives.
    #[must_use]
    pub fn listen(runtime: &Handle) -> Arc<Self> {
        let interrupt = Arc::new(Self::default());
        let raised = Arc::clone(&interrupt);
        runtime.spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                raised.raise();
            }
        });
        interrupt
    }

    /// Asks what goes on to stop.
    pub fn raise(&self) {
        self.raised.store(true, Ordering::Relaxed);
        self.notify.notify_waiters();
    }

    /// Forgets what was asked before: something new begins.
    pub fn clear(&self) {
        self.raised.store(false, Ordering::Relaxed);
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Relaxed)
    }

    /// Waits until it is time to stop.
    pub async fn raised(&self) {
        loop {
            // Listening starts before the look, so that nothing falls in between.
            let notified = self.notify.notified();
            if self.is_raised() {
                return;
            }
            notified.await;
        }
    }
}
