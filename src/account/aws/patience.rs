//! Makes every call to AWS: waits for its turn, and retries while the service throttles it.
//!
//! The SDK tries a call three times within about a second. That is not enough if many calls of one operation come at
//! once, or if another program uses up the account's quota.

use std::time::{Duration, Instant};

use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};

use super::client::Clients;
use super::error::Error;
use super::options::News;
use super::policy::Action;
use crate::account::cancellation::Cancellation;

/// The longest pause before the first retry, and before any retry.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The time after which a throttled call is given up.
const PATIENCE: Duration = Duration::from_mins(10);
/// The time after which a call is given up that conflicts with another change.
const PATIENCE_WITH_CONFLICTS: Duration = Duration::from_secs(20);

impl Clients {
    /// Makes a call, and retries it while the service throttles it, with one note to the user, or, for a shorter time,
    /// while it conflicts with another change of the same resource.
    ///
    /// # Errors
    ///
    /// The errors of the call, and [`Error::Interrupted`] after Ctrl-C during a pause.
    pub(super) async fn call<T, E, F>(&self, action: Action, doing: &str, send: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let began = Instant::now();
        let mut longest = FIRST_PAUSE;
        loop {
            let outcome = {
                let _turn = self.quota.turn(action).await;
                // The SDK's futures are large, and several are alive at once.
                Box::pin(send()).await
            };
            match outcome.map_err(|error| self.failed(&error, action, doing)) {
                Err(error) if may_pass(&error, action, began.elapsed()) => {
                    if longest == FIRST_PAUSE && error.is_throttled(action) {
                        self.tell(News::Note(&format!("waiting: {}", error.message())));
                    }
                    Cancellation::current().sleep(jittered(longest)).await?;
                    longest = (longest * 2).min(LONGEST_PAUSE);
                }
                outcome => return outcome,
            }
        }
    }

    /// Reads every page of a list; `parts` splits a page into its items and the token of the next page. Each page is
    /// retried by itself, so that a long list completes in spite of throttling.
    ///
    /// # Errors
    ///
    /// The errors of [`Self::call`].
    pub(super) async fn pages<T, P, E, F>(
        &self,
        action: Action,
        doing: &str,
        send: impl Fn(Option<String>) -> F,
        parts: impl Fn(P) -> (Option<Vec<T>>, Option<String>),
    ) -> Result<Vec<T>, Error>
    where
        F: Future<Output = Result<P, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let mut all = Vec::new();
        let mut token = None;
        loop {
            let page = self.call(action, doing, || send(token.clone())).await?;
            let (items, next) = parts(page);
            all.extend(items.unwrap_or_default());
            let next = next.filter(|next| !next.is_empty());
            // A service that returns the same token again would never come to an end.
            if next.is_none() || next == token {
                return Ok(all);
            }
            token = next;
        }
    }
}

/// Returns whether a failed call may succeed if it is retried.
fn may_pass(error: &Error, action: Action, waited: Duration) -> bool {
    (error.is_throttled(action) && waited < PATIENCE) || (error.is_conflict(action) && waited < PATIENCE_WITH_CONFLICTS)
}

/// A random pause, so that callers that were throttled together do not retry together (full jitter).
///
/// See <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.
fn jittered(longest: Duration) -> Duration {
    // Without random numbers, the longest pause is as good as any.
    let random = getrandom::u32().unwrap_or(u32::MAX);
    longest.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_differ_and_are_no_longer_than_asked() {
        let pauses: Vec<Duration> = (0..20).map(|_| jittered(LONGEST_PAUSE)).collect();
        assert!(pauses.iter().all(|pause| *pause <= LONGEST_PAUSE));
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
