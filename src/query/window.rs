//! Windows of time: what was said, and the seconds that it means now and here.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, ZonedDateTime};

use super::plan::Interval;
use crate::value::EpochSeconds;

/// What time it is, and where.
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

    fn zoned(&self) -> ZonedDateTime {
        // Only a clock millennia off can fail; the epoch is as good as any answer then.
        Timestamp::from_second(self.now).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned_datetime(self.zone.clone())
    }
}

/// A window as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// The last so many seconds.
    Last(i64),
    /// From then until now.
    Since(Moment),
    /// From one to the other, both included.
    Between(Moment, Moment),
    /// So many seconds to either side.
    Around(Moment, i64),
    /// The calendar day.
    Today,
    /// The calendar day before.
    Yesterday,
}

/// A point in time as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A time with a zone.
    Instant(EpochSeconds),
    /// A date and a time without a zone: local time.
    Local(DateTime),
    /// A day: its first second, or as an end its last.
    Day(Date),
    /// A time of day: the latest past one.
    Clock(Time),
    /// So many seconds before now.
    Ago(i64),
}

impl Window {
    /// The seconds it means at `clock`; `None` where the end lies before the start, or where a
    /// time cannot be represented.
    #[must_use]
    pub fn resolve(&self, clock: &Clock) -> Option<Interval> {
        let (from, until) = match self {
            Self::Last(seconds) => (clock.now.checked_sub(*seconds)?, clock.now),
            Self::Since(moment) => (moment.first(clock)?, clock.now),
            Self::Between(from, until) => (from.first(clock)?, until.last(clock)?),
            Self::Around(moment, seconds) => {
                let middle = moment.first(clock)?;
                (middle.checked_sub(*seconds)?, middle.checked_add(*seconds)?)
            }
            Self::Today => {
                let day = Moment::Day(clock.zoned().date());
                (day.first(clock)?, day.last(clock)?)
            }
            Self::Yesterday => {
                let day = Moment::Day(clock.zoned().date().checked_sub(1.day()).ok()?);
                (day.first(clock)?, day.last(clock)?)
            }
        };
        (from <= until).then_some(Interval { from, until })
    }
}

impl Moment {
    /// The second that it means as a start.
    #[must_use]
    pub fn first(&self, clock: &Clock) -> Option<EpochSeconds> {
        match self {
            Self::Instant(seconds) => Some(*seconds),
            Self::Local(local) => Some(local.to_zoned_datetime(clock.zone.clone()).ok()?.timestamp().as_second()),
            Self::Day(day) => Some(day.to_zoned_datetime(clock.zone.clone()).ok()?.timestamp().as_second()),
            Self::Ago(seconds) => clock.now.checked_sub(*seconds),
            Self::Clock(time) => {
                let now = clock.zoned();
                let at = |day: Date| day.to_datetime(*time).to_zoned_datetime(clock.zone.clone());
                let today = at(now.date()).ok()?;
                let latest = if today > now { at(now.date().checked_sub(1.day()).ok()?).ok()? } else { today };
                Some(latest.timestamp().as_second())
            }
        }
    }

    /// The second that it means as an end: of a day its last.
    #[must_use]
    pub fn last(&self, clock: &Clock) -> Option<EpochSeconds> {
        match self {
            Self::Day(day) => Some(Self::Day(day.checked_add(1.day()).ok()?).first(clock)? - 1),
            moment => moment.first(clock),
        }
    }

    /// Reads a time: RFC 3339, a date and time without zone, a date, or `HH:MM[:SS]`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Some(Self::Instant(instant.as_second()));
        }
        if let Ok(day) = text.parse::<Date>()
            && text.len() <= "2026-11-23".len()
        {
            return Some(Self::Day(day));
        }
        if let Ok(local) = text.parse::<DateTime>() {
            return Some(Self::Local(local));
        }
        let is_clock = text.len() >= 4 && text.as_bytes().iter().all(|b| b.is_ascii_digit() || *b == b':');
        let padded = if text.find(':') == Some(1) { format!("0{text}") } else { text.to_string() };
        padded.parse::<Time>().ok().filter(|_| is_clock && text.contains(':')).map(Self::Clock)
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

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant(seconds) => f.write_str(&crate::value::time_utc(*seconds)),
            Self::Local(local) => write!(f, "{local}"),
            Self::Day(day) => write!(f, "{day}"),
            Self::Clock(time) => write!(f, "{time}"),
            Self::Ago(seconds) => write!(f, "{} ago", Seconds(*seconds)),
        }
    }
}

/// Seconds, printed in the units that durations are typed in: `1h30m`.
#[derive(Clone, Copy, Debug)]
pub struct Seconds(pub i64);

/// The units of durations, longest first, with their seconds; a day is 24 hours.
pub const UNITS: [(&str, i64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        // Weeks are left out: people say 14d, and 8d is not 1w1d.
        let mut rest = self.0;
        for (unit, seconds) in &UNITS[1..] {
            if rest >= *seconds {
                write!(f, "{}{unit}", rest / seconds)?;
                rest %= seconds;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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
    fn a_time_without_a_zone_is_local_and_a_time_of_day_is_the_latest_past_one() {
        let clock = berlin();
        let first = |text: &str| crate::value::time_utc(Moment::parse(text).unwrap().first(&clock).unwrap());
        assert_eq!(first("2026-11-23T08:00"), "2026-11-23T07:00:00Z");
        assert_eq!(first("2026-11-23T08:00Z"), "2026-11-23T08:00:00Z");
        assert_eq!(first("2026-11-23T08:00:00+05:30"), "2026-11-23T02:30:00Z");
        assert_eq!(first("12:59"), "2026-11-23T11:59:00Z");
        assert_eq!(first("13:01"), "2026-11-22T12:01:00Z");
        assert_eq!(first("9:05"), "2026-11-23T08:05:00Z");
    }

    #[test]
    fn a_bare_date_as_an_end_means_its_last_second() {
        let day = Moment::parse("2026-11-22").unwrap();
        assert_eq!(
            resolved(&Window::Between(day.clone(), day), &berlin()),
            ("2026-11-21T23:00:00Z".into(), "2026-11-22T22:59:59Z".into())
        );
    }

    // The clocks in Berlin go back on 2026-10-25: that day has 25 hours, and 2026-03-29 has 23.
    #[test]
    fn calendar_days_follow_the_zone_and_last_1d_does_not() {
        for (day, hours) in [("2026-10-25", 25), ("2026-03-29", 23)] {
            let day = Moment::parse(day).unwrap();
            let interval = Window::Between(day.clone(), day).resolve(&berlin()).unwrap();
            assert_eq!(interval.until - interval.from + 1, hours * 3600);
        }
        let interval = Window::Last(86_400).resolve(&berlin()).unwrap();
        assert_eq!(interval.until - interval.from, 86_400);
    }

    #[test]
    fn an_end_before_its_start_is_no_window() {
        let moment = |text| Moment::parse(text).unwrap();
        assert_eq!(Window::Between(moment("2026-11-23"), moment("2026-11-22")).resolve(&berlin()), None);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "8", "0800", "25:00", "2026-13-01", "yesterday", "12:60", "1:2:3:4"] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_printed_in_the_units_they_are_typed_in() {
        for (seconds, text) in [(0, "0s"), (90, "1m30s"), (5400, "1h30m"), (86_400, "1d"), (1_209_600, "14d")] {
            assert_eq!(Seconds(seconds).to_string(), text);
        }
    }
}
