//! The current time, and the zone of times that name none.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use crate::value::EpochSeconds;

/// The current time, and the zone.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Now, in whole seconds.
    pub now: EpochSeconds,
    /// The zone of times that name none.
    pub zone: TimeZone,
}

impl Clock {
    /// The system's time, in `zone`.
    #[must_use]
    pub fn system(zone: TimeZone) -> Self {
        Self { now: Timestamp::now().as_second(), zone }
    }

    /// The local date and time.
    #[must_use]
    pub fn zoned(&self) -> ZonedDateTime {
        // Only a clock that is millennia off can fail; then the epoch is as good as any answer.
        Timestamp::from_second(self.now).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned_datetime(self.zone.clone())
    }
}
