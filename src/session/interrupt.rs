//! Ctrl-C, SIGTERM and SIGHUP, as what goes on sees them.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::signals::Signals;
use crate::account::{Cancellation, Running};

/// How a piece of work ended.
#[derive(Debug)]
pub enum Waited<T> {
    /// It ended by itself.
    Done(T),
    /// It was interrupted: its outcome where it rolled back or stopped, nothing where it was not waited for.
    Stopped(Option<T>),
}

/// Whether the user or the system asked what is running to stop.
#[derive(Debug, Default)]
pub struct Interrupt {
    raised: AtomicBool,
    terminated: AtomicBool,
    notify: Notify,
}

impl Interrupt {
    /// Raised by each Ctrl-C, SIGTERM and SIGHUP (a terminal that is closed) from now on, for as long as the process lives.
    ///
    /// # Errors
    ///
    /// Where the system lets nobody listen.
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

    /// Asks what goes on to stop.
    pub fn raise(&self) {
        self.raised.store(true, Ordering::Relaxed);
        self.notify.notify_waiters();
    }

    /// Forgets earlier interrupts: something new begins.
    pub fn clear(&self) {
        self.raised.store(false, Ordering::Relaxed);
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Relaxed)
    }

    /// Whether the process is to end, not only what goes on.
    #[must_use]
    pub fn is_terminated(&self) -> bool {
        self.terminated.load(Ordering::Relaxed)
    }

    /// Waits for work on an account. On an interrupt the work is cancelled: a change rolls back, which is told and
    /// waited for, and a query stops, which is waited for; a second interrupt ends the waiting.
    pub async fn wait_for<T>(&self, work: impl Future<Output = T>, tell: impl Fn(&str)) -> Waited<T> {
        // Work that is a part of other work is cancelled together with it.
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
            // A step that it finished before it noticed stays done.
            done = &mut work => Waited::Stopped(Some(done)),
            () = self.raised() => Waited::Stopped(None),
        }
    }

    /// Waits until it is time to stop.
    pub async fn raised(&self) {
        self.until(Self::is_raised).await;
    }

    /// Waits until the process is to end.
    pub async fn terminated(&self) {
        self.until(Self::is_terminated).await;
    }

    async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        loop {
            // Listening starts before the look, so that nothing falls in between.
            let notified = self.notify.notified();
            if is_so(self) {
                return;
            }
            notified.await;
        }
    }
}
