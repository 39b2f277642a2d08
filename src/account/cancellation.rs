//! Cancels work. A change waits for the call in flight, so that everything it created is known and can be rolled back;
//! a query is stopped, and its rows so far are kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::running::Running;

tokio::task_local! {
    static CURRENT: Cancellation;
}

/// The work was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Cancelled;

/// Cancels one piece of work, and tracks which changes and queries of it are running. Each piece of work has its own
/// cancellation, so that cancelling one does not affect the next.
#[derive(Clone, Debug, Default)]
pub struct Cancellation {
    token: CancellationToken,
    changes: Arc<AtomicUsize>,
    queries: Arc<AtomicUsize>,
}

/// A change or a query, which counts as running while this value lives.
#[derive(Debug)]
pub struct Started(Arc<AtomicUsize>);

impl Started {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Cancellation {
    /// Returns the cancellation of the calling task's work, or one that is never cancelled.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.try_with(Self::clone).unwrap_or_default()
    }

    /// Makes this the [current](Self::current) cancellation of `work`.
    pub async fn scope<T>(&self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self.clone(), work).await
    }

    /// Cancels the work, and returns the running part that the caller has to wait for: a change rolls back; a query
    /// stops and keeps its rows so far.
    #[must_use]
    pub fn cancel(&self) -> Running {
        self.token.cancel();
        match (self.changes.load(Ordering::SeqCst), self.queries.load(Ordering::SeqCst)) {
            (0, 0) => Running::Nothing,
            (0, _) => Running::Query,
            _ => Running::Change,
        }
    }

    /// Marks a change as running until the returned value is dropped.
    #[must_use]
    pub fn change(&self) -> Started {
        Started::new(&self.changes)
    }

    /// Marks a query as running until the returned value is dropped.
    #[must_use]
    pub fn query(&self) -> Started {
        Started::new(&self.queries)
    }

    /// Fails once the work is cancelled.
    ///
    /// # Errors
    ///
    /// [`Cancelled`].
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.token.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// Waits; fails at once when the work is cancelled.
    ///
    /// # Errors
    ///
    /// [`Cancelled`].
    pub async fn sleep(&self, time: Duration) -> Result<(), Cancelled> {
        let _ = tokio::time::timeout(time, self.cancelled()).await;
        self.check()
    }

    /// Waits until the work is cancelled.
    pub async fn cancelled(&self) {
        self.token.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_cancelled_by_its_own_and_by_no_other() {
        let (first, second) = (Cancellation::default(), Cancellation::default());
        assert_eq!(first.cancel(), Running::Nothing);
        assert_eq!(first.scope(async { Cancellation::current().check() }).await, Err(Cancelled));
        assert_eq!(second.scope(async { Cancellation::current().check() }).await, Ok(()));
        assert_eq!(Cancellation::current().check(), Ok(()));
    }

    #[test]
    fn a_change_is_waited_for_before_a_query() {
        let work = Cancellation::default();
        let query = work.query();
        let change = work.change();
        assert_eq!(work.cancel(), Running::Change);
        drop(change);
        assert_eq!(work.cancel(), Running::Query);
        drop(query);
        assert_eq!(work.cancel(), Running::Nothing);
    }
}
