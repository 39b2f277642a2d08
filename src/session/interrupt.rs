//! Ctrl-C, as what goes on sees it.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::Session;
use crate::account::Pending;

/// How a piece of work ended.
#[derive(Debug)]
pub enum Waited<T> {
    /// Nobody stopped it.
    Done(T),
    /// Somebody stopped it: what it came to where it put back what it did, nothing where it was left.
    Stopped(Option<T>),
}

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

    /// Waits for work on an account. When it is time to stop, a change that is under way puts back what
    /// it did, which is told and waited for, and a query stops, which is waited for, unless it is time
    /// to stop again.
    pub async fn wait_for<T>(
        &self,
        session: &Session,
        work: impl Future<Output = T>,
        tell: impl Fn(&str),
    ) -> Waited<T> {
        let mut work = pin!(work);
        tokio::select! {
            done = &mut work => return Waited::Done(done),
            () = self.raised() => {}
        }
        match session.interrupt() {
            Pending::Nothing => return Waited::Stopped(None),
            Pending::Query => {}
            Pending::Change => tell("interrupted: what was begun is put back; once more leaves it as it is"),
        }
        self.clear();
        tokio::select! {
            // What it finished before it noticed is done.
            done = &mut work => Waited::Stopped(Some(done)),
            () = self.raised() => Waited::Stopped(None),
        }
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
