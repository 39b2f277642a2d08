//! Waits while the service throttles a call.
//!
//! The SDK tries a call three times within about a second. That is not enough where many calls of one operation come at
//! once, or where another program uses the account's quota.

use std::time::{Duration, Instant};

use super::connection::Aws;
use super::error::Error;
use crate::account::cancellation::Cancellation;

/// The longest pause before the first retry, and of all.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The time after which a call is given up.
const PATIENCE: Duration = Duration::from_mins(10);

impl Aws {
    /// Makes a call, and makes it again while the service throttles it; says so once.
    ///
    /// # Errors
    ///
    /// The errors of the call, and [`Error::Interrupted`] after Ctrl-C.
    pub(super) async fn patiently<T, F>(&self, cancellation: &Cancellation, call: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>> + Send,
    {
        let began = Instant::now();
        let mut longest = FIRST_PAUSE;
        loop {
            match call().await {
                Err(error) if error.is_too_many() && began.elapsed() < PATIENCE => {
                    if longest == FIRST_PAUSE {
                        self.tell(&format!("waiting: {}", error.message()));
                    }
                    cancellation.sleep(jittered(longest)).await?;
                    longest = (longest * 2).min(LONGEST_PAUSE);
                }
                outcome => return outcome,
            }
        }
    }
}

/// A pause of random length, so that callers that were throttled together do not come back together (full jitter).
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
