//! The expiry of flow logs.

use serde::{Deserialize, Serialize};

use super::settings::Settings;
use crate::value::{EpochSeconds, time_utc};

/// The expiry of a flow log, and what happens to its records then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// The first second after its lifetime.
    pub at: EpochSeconds,
    /// Whether its records are deleted with it.
    pub drops_records: bool,
}

impl Expiry {
    /// The expiry of a flow log that is created now.
    pub(super) fn of(settings: &Settings) -> Option<Self> {
        let at = jiff::Timestamp::now().checked_add(settings.lifetime?).unwrap_or(jiff::Timestamp::MAX);
        Some(Self { at: at.as_second(), drops_records: settings.drop_records })
    }

    /// Returns whether it has expired.
    #[must_use]
    pub fn is_past(&self) -> bool {
        self.at <= jiff::Timestamp::now().as_second()
    }

    /// A note on the expiry, for the user.
    pub(super) fn note(&self) -> String {
        let records = if self.drops_records { "with its records" } else { "and leaves its records" };
        format!("it expires at {}: `doctor --fix` then deletes it {records}", time_utc(self.at))
    }
}
