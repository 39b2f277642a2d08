//! Ctrl-C, SIGTERM and SIGHUP, as an event for running work.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::signals::Signals;
use crate::account::{Cancellation, Running};

/// The end of a piece of work.
#[derive(Debug)]
pub enum Waited<T> {
    /// It finished.
    Done(T),
    /// It was interrupted. Its outcome, if it rolled back or stopped; `None` if its end was not awaited.
    Stopped(Option<T>),
}

/// A request of the user or the system to stop the running work.
#[derive(Debug, Default)]
pub struct Interrupt {
    raised: AtomicBool,
    terminated: AtomicBool,
    notify: Notify,
}

impl Interrupt {
    /// Listens to Ctrl-C, SIGTERM and SIGHUP (a closed terminal), as long as the process lives.
    ///
    /// # Errors
    ///
    /// I/O errors if the system refuses signal handlers.
    pub fn listen(runtime: &Handle) -> io::Result<Arc<Self>> {
        let _entered = runtime.enter();
        let signals = Signals::listen()?;
        let interrupt = Arc::new(Self::default());
        runtime.spawn(Arc::clone(&interrupt).hear(signals));
        Ok(interrupt)
    }

    async fn hear(self: Arc<Self>, mut signals: Signals) {
        while let Some(ends_process) = signals.next().await {
            self.terminated.fetch_or(ends_process, Ordering::Relaxed);
            self.raise();
        }
    }

    /// Requests the running work to stop.
    pub fn raise(&self) {
        self.raised.store(true, Ordering::Relaxed);
        self.notify.notify_waiters();
    }

    /// Forgets earlier interrupts, before new work begins.
    pub fn clear(&self) {
        self.raised.store(false, Ordering::Relaxed);
    }

    /// Returns whether the running work should stop.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Relaxed)
    }

    /// Returns whether the process should end, not only the running work.
    #[must_use]
    pub fn is_terminated(&self) -> bool {
        self.terminated.load(Ordering::Relaxed)
    }

    /// Waits for work on an account. An interrupt cancels the work: a change rolls back, with a note to the user, and a
    /// query stops. Waits for that too, unless there is a second interrupt.
    pub async fn wait_for<T>(&self, work: impl Future<Output = T>, tell: impl Fn(&str)) -> Waited<T> {
        // Nested work is cancelled together with the outer work.
        let cancellation = Cancellation::current();
        let mut work = pin!(cancellation.scope(work));
        tokio::select! {
            done = &mut work => return Waited::Done(done),
            () = self.raised() => {}
        }
        match cancellation.cancel() {
            Running::Nothing => return Waited::Stopped(None),
            Running::Query => {}
            Running::Change => tell("Interrupted: rolling back. Press Ctrl-C again to quit without rolling back."),
        }
        self.clear();
        tokio::select! {
            // A step that finished before the work noticed the interrupt is not rolled back.
            done = &mut work => Waited::Stopped(Some(done)),
            () = self.raised() => Waited::Stopped(None),
        }
    }

    /// Waits for an interrupt.
    pub async fn raised(&self) {
        self.until(Self::is_raised).await;
    }

    /// Waits until the process should end.
    pub async fn terminated(&self) {
        self.until(Self::is_terminated).await;
    }

    async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        loop {
            // Listens before checking, so that no interrupt is missed in between.
            let notified = self.notify.notified();
            if is_so(self) {
                return;
            }
            notified.await;
        }
    }
}
