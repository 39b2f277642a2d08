//! The quotas of calls and queries, which apply per account and Region.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>.

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

use super::policy::Action;

/// The time between calls of one operation. The quota is ten calls per second; this stays slightly below it.
const PACE: Duration = Duration::from_millis(110);
/// The calls that may come at once after a pause.
const BURST: u32 = 5;
/// The concurrent queries of this process; the account may have 100 in total.
const MOST_QUERIES: usize = 30;

/// The calls in flight at once.
const MOST_CALLS: usize = 10;

/// The limits of the calls and queries of one session.
pub(super) struct Quota {
    starts: Pace,
    results: Pace,
    calls: Semaphore,
    pub(super) queries: Semaphore,
}

impl Quota {
    /// Waits until a call may start; it counts as in flight while the returned value lives.
    pub(super) async fn turn(&self, action: Action) -> Option<SemaphorePermit<'_>> {
        match action {
            Action::StartQuery => self.starts.turn().await,
            Action::GetQueryResults => self.results.turn().await,
            _ => {}
        }
        // The semaphore is never closed.
        self.calls.acquire().await.ok()
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            starts: Pace::default(),
            results: Pace::default(),
            calls: Semaphore::new(MOST_CALLS),
            queries: Semaphore::new(MOST_QUERIES),
        }
    }
}

/// Spaces calls out.
#[derive(Default)]
struct Pace(Mutex<Option<Instant>>);

impl Pace {
    /// Waits until the next call may start.
    async fn turn(&self) {
        let turn = {
            let mut next = self.0.lock().await;
            let now = Instant::now();
            // Unused time accumulates, up to a burst.
            let earliest = now.checked_sub(PACE * BURST).unwrap_or(now);
            let turn = next.map_or(earliest, |next| next.max(earliest));
            *next = Some(turn + PACE);
            turn
        };
        sleep_until(turn).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_go_at_the_pace_of_the_quota_after_a_burst() {
        let pace = Pace::default();
        let started = Instant::now();
        for _ in 0..=BURST {
            pace.turn().await;
        }
        assert!(started.elapsed() < PACE, "{:?}", started.elapsed());
        for _ in 0..3 {
            pace.turn().await;
        }
        assert!(started.elapsed() >= PACE * 3, "{:?}", started.elapsed());
    }
}
