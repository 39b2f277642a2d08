//! Windows of time, as typed, and the seconds that they mean here and now.

use std::fmt;

use super::clock::Clock;
use super::moment::{Day, Moment, TimeError};
use super::seconds::Seconds;
use crate::value::EpochSeconds;

/// A resolved window: whole seconds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The first second.
    pub from: EpochSeconds,
    /// The last second.
    pub until: EpochSeconds,
}

impl Interval {
    /// The interval of the same length that begins this many seconds earlier. Both ends count, so the hour before the
    /// last hour would share a second with it: that second belongs to the later one.
    #[must_use]
    pub fn before(self, seconds: i64) -> Self {
        let until = self.until.saturating_sub(seconds);
        let until = if until == self.from && until < self.until { until - 1 } else { until };
        Self { from: self.from.saturating_sub(seconds), until }
    }
}

/// A window as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// The last so many seconds.
    Last(i64),
    /// From a point in time until now.
    Since(Moment),
    /// From one to the other, both included.
    Between(Moment, Moment),
    /// This number of seconds to either side.
    Around(Moment, i64),
    /// The calendar day.
    Today,
    /// The calendar day before.
    Yesterday,
}

/// The reason why a window means no seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowError {
    /// The end lies before the start.
    Backward,
    /// The start lies in the future.
    Future,
    /// The start is no single point in time.
    Start(TimeError),
    /// The end is no single point in time.
    End(TimeError),
}

impl Window {
    /// The seconds it means at `clock`; an end in the future is cut to now.
    ///
    /// # Errors
    ///
    /// [`WindowError`], by variant.
    pub fn resolve(&self, clock: &Clock) -> Result<Interval, WindowError> {
        let Interval { from, until } = self.uncut(clock)?;
        if from > until {
            return Err(WindowError::Backward);
        }
        if from > clock.now {
            return Err(WindowError::Future);
        }
        Ok(Interval { from, until: until.min(clock.now) })
    }

    /// Returns whether a named end is in the future, so that it is cut.
    #[must_use]
    pub fn is_cut(&self, clock: &Clock) -> bool {
        *self != Self::Today && self.uncut(clock).is_ok_and(|interval| interval.until > clock.now)
    }

    fn uncut(&self, clock: &Clock) -> Result<Interval, WindowError> {
        let day = |day: Day| Self::Between(Moment::Day(day), Moment::Day(day)).uncut(clock);
        let start = |moment: &Moment| moment.first(clock).map_err(WindowError::Start);
        let out_of_range = || WindowError::Start(TimeError::OutOfRange);
        let (from, until) = match self {
            Self::Last(seconds) => (clock.now.checked_sub(*seconds).ok_or_else(out_of_range)?, clock.now),
            // A window that starts in the future is reported as such, not as one that runs backward.
            Self::Since(moment) => (start(moment)?, clock.now.max(start(moment)?)),
            Self::Between(from, until) => {
                let from = start(from)?;
                (from, until.last(from, clock).map_err(WindowError::End)?)
            }
            Self::Around(moment, seconds) => {
                let middle = start(moment)?;
                let end = |end: Option<i64>| end.ok_or_else(out_of_range);
                (end(middle.checked_sub(*seconds))?, end(middle.checked_add(*seconds))?)
            }
            Self::Today => return day(Day::Today),
            Self::Yesterday => return day(Day::Yesterday),
        };
        Ok(Interval { from, until })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last(seconds) => write!(f, "last {}", Seconds(*seconds)),
            Self::Since(moment) => write!(f, "since {moment}"),
            Self::Between(from, until) => write!(f, "from {from} to {until}"),
            Self::Around(moment, seconds) => write!(f, "around {moment} ±{}", Seconds(*seconds)),
            Self::Today => f.write_str("today"),
            Self::Yesterday => f.write_str("yesterday"),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    /// 2026-11-23T12:00:00Z, which is 13:00 in Berlin.
    const NOON: EpochSeconds = 1_795_435_200;

    fn berlin() -> Clock {
        Clock { now: NOON, zone: TimeZone::get("Europe/Berlin").unwrap() }
    }

    fn resolved(window: &Window, clock: &Clock) -> (String, String) {
        let interval = window.resolve(clock).unwrap();
        (crate::value::time_utc(interval.from), crate::value::time_utc(interval.until))
    }

    #[test]
    fn a_window_includes_both_its_ends() {
        assert_eq!(
            resolved(&Window::Last(1800), &berlin()),
            ("2026-11-23T11:30:00Z".into(), "2026-11-23T12:00:00Z".into())
        );
    }

    #[test]
    fn a_bare_date_as_an_end_means_its_last_second() {
        let day = Moment::parse("2026-11-22").unwrap();
        assert_eq!(
            resolved(&Window::Between(day, day), &berlin()),
            ("2026-11-21T23:00:00Z".into(), "2026-11-22T22:59:59Z".into())
        );
    }

    // The clocks in Berlin go back on 2026-10-25: that day has 25 hours, and 2026-03-29 has 23.
    #[test]
    fn calendar_days_follow_the_zone_and_last_1d_does_not() {
        for (day, hours) in [("2026-10-25", 25), ("2026-03-29", 23)] {
            let day = Moment::parse(day).unwrap();
            let interval = Window::Between(day, day).resolve(&berlin()).unwrap();
            assert_eq!(interval.until - interval.from + 1, hours * 3600);
        }
        let interval = Window::Last(86_400).resolve(&berlin()).unwrap();
        assert_eq!(interval.until - interval.from, 86_400);
    }

    #[test]
    fn an_end_before_its_start_is_no_window() {
        let moment = |text| Moment::parse(text).unwrap();
        let window = Window::Between(moment("2026-11-23"), moment("2026-11-22"));
        assert_eq!(window.resolve(&berlin()), Err(WindowError::Backward));
        for future in [Window::Since(moment("2026-11-24")), Window::Between(moment("2026-11-24"), moment("2026-11-25"))]
        {
            assert_eq!(future.resolve(&berlin()), Err(WindowError::Future));
        }
    }

    #[test]
    fn an_end_in_the_future_is_cut_to_now() {
        let moment = |text| Moment::parse(text).unwrap();
        let night = Window::Between(moment("12:30"), moment("06:00"));
        assert_eq!(resolved(&night, &berlin()), ("2026-11-23T11:30:00Z".into(), "2026-11-23T12:00:00Z".into()));
        assert!(night.is_cut(&berlin()));
        let last_night = Window::Between(moment("22:00"), moment("06:00"));
        assert_eq!(resolved(&last_night, &berlin()), ("2026-11-22T21:00:00Z".into(), "2026-11-23T05:00:00Z".into()));
        assert!(!last_night.is_cut(&berlin()));
        let today = ("2026-11-22T23:00:00Z".into(), "2026-11-23T12:00:00Z".into());
        assert_eq!(resolved(&Window::Today, &berlin()), today);
        assert!(!Window::Today.is_cut(&berlin()));
    }
}
