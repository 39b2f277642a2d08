//! Points in time, as typed, and the second that each means here and now.
//!
//! A local time with a date may exist twice, where clocks are turned back, or not at all, where they are turned
//! forward: both are errors that show times with an offset. A time of day without a date and the first second of a day
//! are never ambiguous, so that daily jobs do not fail.

use std::fmt;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::AmbiguousOffset;
use jiff::{Timestamp, ToSpan};

use super::clock::Clock;
use super::seconds::Seconds;
use crate::value::{EpochSeconds, time_utc};

/// A point in time as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A time with a zone.
    Instant(EpochSeconds),
    /// A day and a time without a zone: local time.
    Local(Day, Time),
    /// A day: its first second, or as an end its last.
    Day(Day),
    /// A time of day: the latest past one, or as an end the first one after the start.
    Clock(Time),
    /// This number of seconds before now.
    Ago(i64),
    /// Now.
    Now,
}

/// A day as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// A date.
    Date(Date),
    /// The current day.
    Today,
    /// The day before.
    Yesterday,
    /// The latest day of this name, today included.
    Weekday(Weekday),
}

/// The reason why a local time is no single point in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeError {
    /// Clocks are turned back: both points in time, with their offsets.
    Twice {
        /// The earlier one.
        first: String,
        /// The later one.
        second: String,
    },
    /// Clocks are turned forward: the nearest times that exist, with their offsets.
    Missing {
        /// The last second before.
        before: String,
        /// The first second after.
        after: String,
    },
    /// It lies outside the years that can be written (-9999..=9999).
    OutOfRange,
}

impl Moment {
    /// The second that it means as a start.
    ///
    /// # Errors
    ///
    /// [`TimeError`], by variant.
    pub fn first(&self, clock: &Clock) -> Result<EpochSeconds, TimeError> {
        match self {
            Self::Instant(seconds) => Ok(*seconds),
            Self::Local(day, time) => clock.instant(day.date(clock)?.to_datetime(*time)),
            Self::Day(day) => clock.start_of(day.date(clock)?),
            Self::Clock(time) => clock.latest(*time),
            Self::Ago(seconds) => clock.now.checked_sub(*seconds).ok_or(TimeError::OutOfRange),
            Self::Now => Ok(clock.now),
        }
    }

    /// The second that it means as an end after `start`: of a day its last, of a time of day the first such time after
    /// `start`.
    ///
    /// # Errors
    ///
    /// [`TimeError`], by variant.
    pub fn last(&self, start: EpochSeconds, clock: &Clock) -> Result<EpochSeconds, TimeError> {
        match self {
            Self::Day(day) => Ok(clock.start_of(day.date(clock)?.tomorrow().map_err(out_of_range)?)? - 1),
            Self::Clock(time) => clock.first_after(start, *time),
            moment => moment.first(clock),
        }
    }

    /// Reads a time: RFC 3339; a date, a weekday, `today` or `yesterday`, alone or followed by a time of day;
    /// `HH:MM[:SS]`, `9am`, `9:30pm`, `noon`, `midnight`; `now`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Some(Self::Instant(instant.as_second()));
        }
        if let Some(date) = parse_date(text) {
            return Some(Self::Day(Day::Date(date)));
        }
        if let Ok(local) = text.parse::<DateTime>() {
            return Some(Self::Local(Day::Date(local.date()), local.time()));
        }
        match text.split_whitespace().collect::<Vec<_>>().as_slice() {
            [word] if word.eq_ignore_ascii_case("now") => Some(Self::Now),
            [word] => Day::named(word).map(Self::Day).or_else(|| parse_clock(word).map(Self::Clock)),
            [day, time] => {
                let day = parse_date(day).map(Day::Date).or_else(|| Day::named(day))?;
                Some(Self::Local(day, parse_clock(time)?))
            }
            _ => None,
        }
    }
}

impl Day {
    const WEEKDAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];

    /// The words that name a day.
    pub fn words() -> impl Iterator<Item = &'static str> {
        Self::WEEKDAYS.into_iter().map(|(word, _)| word).chain(["today", "yesterday"])
    }

    fn named(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "today" => Some(Self::Today),
            "yesterday" => Some(Self::Yesterday),
            word => Self::WEEKDAYS.iter().find(|(name, _)| *name == word).map(|(_, weekday)| Self::Weekday(*weekday)),
        }
    }

    fn date(self, clock: &Clock) -> Result<Date, TimeError> {
        let today = clock.zoned().date();
        match self {
            Self::Date(date) => Ok(date),
            Self::Today => Ok(today),
            Self::Yesterday => today.yesterday().map_err(out_of_range),
            Self::Weekday(weekday) => today.checked_sub(weekday.until(today.weekday()).days()).map_err(out_of_range),
        }
    }
}

/// The dates that a date with slashes may mean, whichever of the first two numbers is the month:
/// `01/03/2018`, `2018/03/01`. Empty where it is no such date.
#[must_use]
pub fn dates_with_slashes(text: &str) -> Vec<Date> {
    let date_part = text.split_whitespace().next().unwrap_or_default();
    let numbers: Option<Vec<i16>> = date_part.split('/').map(|part| part.parse().ok()).collect();
    let date = |year: i16, month: i16, day: i16| {
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().filter(|_| year >= 1000)
    };
    let dates = match numbers.as_deref() {
        Some(&[first, second, year]) if year >= 1000 => [date(year, second, first), date(year, first, second)],
        Some(&[year, month, day]) => [date(year, month, day), None],
        _ => [None, None],
    };
    let mut dates: Vec<Date> = dates.into_iter().flatten().collect();
    dates.dedup();
    dates
}

fn parse_date(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|_| text.len() <= "2026-11-23".len())
}

/// Reads a time of day: `8:00`, `08:00:30`, `9am`, `9:30pm`, `noon`, `midnight`.
fn parse_clock(text: &str) -> Option<Time> {
    let text = text.to_ascii_lowercase();
    match text.as_str() {
        "noon" => return Some(Time::constant(12, 0, 0, 0)),
        "midnight" => return Some(Time::midnight()),
        _ => {}
    }
    if let Some((time, is_afternoon)) =
        text.strip_suffix("am").map(|time| (time, false)).or_else(|| text.strip_suffix("pm").map(|time| (time, true)))
    {
        let (hour, minute) = time.split_once(':').unwrap_or((time, "00"));
        let hour: i8 = hour.parse().ok().filter(|hour| (1..=12).contains(hour))?;
        let minute: i8 = minute.parse().ok().filter(|_| minute.len() == 2)?;
        return Time::new(hour % 12 + if is_afternoon { 12 } else { 0 }, minute, 0, 0).ok();
    }
    let is_clock = text.len() >= 4 && text.contains(':') && text.bytes().all(|b| b.is_ascii_digit() || b == b':');
    let padded = if text.find(':') == Some(1) { format!("0{text}") } else { text };
    padded.parse::<Time>().ok().filter(|_| is_clock)
}

#[allow(clippy::needless_pass_by_value, reason = "it stands where errors are mapped")]
fn out_of_range(_: jiff::Error) -> TimeError {
    TimeError::OutOfRange
}

/// The points in time at which local clocks show one time.
enum Shown {
    Once(Timestamp),
    Twice(Timestamp, Timestamp),
    /// Clocks are turned forward over it, at this point.
    Never(Timestamp),
}

impl Clock {
    fn shown(&self, local: DateTime) -> Result<Shown, TimeError> {
        let offset = self.zone.to_ambiguous_timestamp(local).offset();
        Ok(match offset {
            AmbiguousOffset::Unambiguous { offset } => Shown::Once(offset.to_timestamp(local).map_err(out_of_range)?),
            AmbiguousOffset::Fold { before, after } => Shown::Twice(
                before.to_timestamp(local).map_err(out_of_range)?,
                after.to_timestamp(local).map_err(out_of_range)?,
            ),
            AmbiguousOffset::Gap { after, .. } => {
                // By the later offset it lies before the gap, so that the gap is the next change.
                let before = after.to_timestamp(local).map_err(out_of_range)?;
                let change = self.zone.following(before).next().ok_or(TimeError::OutOfRange)?;
                Shown::Never(change.timestamp())
            }
        })
    }

    fn instant(&self, local: DateTime) -> Result<EpochSeconds, TimeError> {
        match self.shown(local)? {
            Shown::Once(instant) => Ok(instant.as_second()),
            Shown::Twice(first, second) => {
                Err(TimeError::Twice { first: self.with_offset(first), second: self.with_offset(second) })
            }
            Shown::Never(change) => {
                let before = change.checked_sub(1.second()).map_err(out_of_range)?;
                Err(TimeError::Missing { before: self.with_offset(before), after: self.with_offset(change) })
            }
        }
    }

    /// The first second of a day that exists.
    fn start_of(&self, day: Date) -> Result<EpochSeconds, TimeError> {
        Ok(match self.shown(day.to_datetime(Time::midnight()))? {
            Shown::Once(first) | Shown::Twice(first, _) | Shown::Never(first) => first.as_second(),
        })
    }

    /// The latest second up to now at which clocks show `time`.
    fn latest(&self, time: Time) -> Result<EpochSeconds, TimeError> {
        let today = self.zoned().date();
        let past = self.seconds_at(time, today.checked_sub(2.days()).map_err(out_of_range)?)?;
        past.into_iter().filter(|second| *second <= self.now).max().ok_or(TimeError::OutOfRange)
    }

    /// The first second after `start` at which clocks show `time`.
    fn first_after(&self, start: EpochSeconds, time: Time) -> Result<EpochSeconds, TimeError> {
        let day = Timestamp::from_second(start).map_err(out_of_range)?.to_zoned_datetime(self.zone.clone()).date();
        self.seconds_at(time, day)?.into_iter().filter(|second| *second > start).min().ok_or(TimeError::OutOfRange)
    }

    /// The seconds at which clocks show `time` on `day` and the two days after it. A day may lack the
    /// time or have it twice.
    fn seconds_at(&self, time: Time, day: Date) -> Result<Vec<EpochSeconds>, TimeError> {
        let mut seconds = Vec::new();
        for days in 0..3 {
            match self.shown(day.checked_add(days.days()).map_err(out_of_range)?.to_datetime(time))? {
                Shown::Once(one) => seconds.push(one.as_second()),
                Shown::Twice(first, second) => seconds.extend([first.as_second(), second.as_second()]),
                Shown::Never(_) => {}
            }
        }
        Ok(seconds)
    }

    fn with_offset(&self, instant: Timestamp) -> String {
        instant.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant(seconds) => f.write_str(&time_utc(*seconds)),
            Self::Local(Day::Date(date), time) => write!(f, "{date}T{time}"),
            Self::Local(day, time) => write!(f, "{day} {time}"),
            Self::Day(day) => write!(f, "{day}"),
            Self::Clock(time) => write!(f, "{time}"),
            Self::Ago(seconds) => write!(f, "{} ago", Seconds(*seconds)),
            Self::Now => f.write_str("now"),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => write!(f, "{date}"),
            Self::Today => f.write_str("today"),
            Self::Yesterday => f.write_str("yesterday"),
            Self::Weekday(weekday) => {
                let name = Self::WEEKDAYS.iter().find(|(_, known)| known == weekday).map(|(name, _)| *name);
                f.write_str(name.unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    /// Monday, 2026-11-23T12:00:00Z, which is 13:00 in Berlin.
    const NOON: EpochSeconds = 1_795_435_200;

    fn clock(zone: &str, now: &str) -> Clock {
        Clock { now: now.parse::<Timestamp>().unwrap().as_second(), zone: TimeZone::get(zone).unwrap() }
    }

    fn berlin() -> Clock {
        clock("Europe/Berlin", "2026-11-23T12:00:00Z")
    }

    fn first(text: &str, clock: &Clock) -> String {
        time_utc(Moment::parse(text).unwrap().first(clock).unwrap())
    }

    fn last(text: &str, start: &str, clock: &Clock) -> String {
        let start = start.parse::<Timestamp>().unwrap().as_second();
        time_utc(Moment::parse(text).unwrap().last(start, clock).unwrap())
    }

    #[test]
    fn a_time_without_a_zone_is_local_and_a_time_of_day_is_the_latest_past_one() {
        let clock = berlin();
        assert_eq!(clock.now, NOON);
        for (text, expected) in [
            ("2026-11-23T08:00", "2026-11-23T07:00:00Z"),
            ("2026-11-23 8:00", "2026-11-23T07:00:00Z"),
            ("2026-11-23T08:00Z", "2026-11-23T08:00:00Z"),
            ("2026-11-23T08:00:00+05:30", "2026-11-23T02:30:00Z"),
            ("12:59", "2026-11-23T11:59:00Z"),
            ("13:00", "2026-11-23T12:00:00Z"),
            ("13:01", "2026-11-22T12:01:00Z"),
            ("9:05", "2026-11-23T08:05:00Z"),
            ("9am", "2026-11-23T08:00:00Z"),
            ("9:30PM", "2026-11-22T20:30:00Z"),
            ("12am", "2026-11-22T23:00:00Z"),
            ("12pm", "2026-11-23T11:00:00Z"),
            ("noon", "2026-11-23T11:00:00Z"),
            ("midnight", "2026-11-22T23:00:00Z"),
            ("now", "2026-11-23T12:00:00Z"),
        ] {
            assert_eq!(first(text, &clock), expected, "{text}");
        }
    }

    #[test]
    fn a_word_for_a_day_is_a_date() {
        let clock = berlin();
        for (text, expected) in [
            ("today", "2026-11-22T23:00:00Z"),
            ("Yesterday", "2026-11-21T23:00:00Z"),
            ("yesterday 14:00", "2026-11-22T13:00:00Z"),
            ("yesterday noon", "2026-11-22T11:00:00Z"),
            // It is Monday.
            ("monday", "2026-11-22T23:00:00Z"),
            ("tuesday", "2026-11-16T23:00:00Z"),
            ("sunday", "2026-11-21T23:00:00Z"),
            ("friday 9am", "2026-11-20T08:00:00Z"),
            ("2026-11-20 9am", "2026-11-20T08:00:00Z"),
        ] {
            assert_eq!(first(text, &clock), expected, "{text}");
        }
        assert_eq!(last("yesterday", "2026-11-20T00:00:00Z", &clock), "2026-11-22T22:59:59Z");
        assert_eq!(last("sunday", "2026-11-20T00:00:00Z", &clock), "2026-11-22T22:59:59Z");
    }

    #[test]
    fn a_time_of_day_as_an_end_is_the_first_after_the_start() {
        let clock = berlin();
        assert_eq!(last("06:00", "2026-11-22T21:00:00Z", &clock), "2026-11-23T05:00:00Z");
        assert_eq!(last("22:00", "2026-11-22T21:00:00Z", &clock), "2026-11-23T21:00:00Z");
        assert_eq!(last("06:00", "2026-10-01T22:00:00Z", &clock), "2026-10-02T04:00:00Z");
    }

    // The clocks of New York go back at 02:00 on 2025-11-02, which is 06:00 UTC, and forward at 02:00 on
    // 2025-03-09, which is 07:00 UTC: https://www.timeanddate.com/time/zone/usa/new-york.
    #[test]
    fn a_dated_time_that_exists_twice_or_never_is_an_error_that_shows_what_exists() {
        let clock = clock("America/New_York", "2025-11-10T12:00:00Z");
        let error = |text: &str| Moment::parse(text).unwrap().first(&clock).unwrap_err();
        assert_eq!(
            error("2025-11-02 01:30"),
            TimeError::Twice { first: "2025-11-02T01:30:00-04:00".into(), second: "2025-11-02T01:30:00-05:00".into() }
        );
        assert_eq!(
            error("2025-03-09T02:30"),
            TimeError::Missing {
                before: "2025-03-09T01:59:59-05:00".into(),
                after: "2025-03-09T03:00:00-04:00".into()
            }
        );
        assert_eq!(first("2025-11-02T01:30-05:00", &clock), "2025-11-02T06:30:00Z");
    }

    #[test]
    fn a_time_of_day_never_fails_where_clocks_are_turned() {
        // At 01:15 EST it has been 01:30 once, at 01:45 EST twice.
        assert_eq!(first("01:30", &clock("America/New_York", "2025-11-02T06:15:00Z")), "2025-11-02T05:30:00Z");
        assert_eq!(first("01:30", &clock("America/New_York", "2025-11-02T06:45:00Z")), "2025-11-02T06:30:00Z");
        // On 2025-03-09 there is no 02:30.
        assert_eq!(first("02:30", &clock("America/New_York", "2025-03-09T12:00:00Z")), "2025-03-08T07:30:00Z");
    }

    // Clocks in Beirut go from 2024-03-30 24:00 to 01:00, which is 22:00 UTC; those of Havana go back from
    // 01:00 to 00:00 on 2025-11-02, which is 05:00 UTC: https://www.iana.org/time-zones.
    #[test]
    fn a_day_begins_at_its_first_second_that_exists() {
        assert_eq!(first("2024-03-31", &clock("Asia/Beirut", "2024-05-01T00:00:00Z")), "2024-03-30T22:00:00Z");
        assert_eq!(first("2025-11-02", &clock("America/Havana", "2025-12-01T00:00:00Z")), "2025-11-02T04:00:00Z");
    }

    #[test]
    fn a_date_with_slashes_may_mean_two_days() {
        let texts = |text: &str| dates_with_slashes(text).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(texts("01/03/2018"), ["2018-03-01", "2018-01-03"]);
        assert_eq!(texts("31/03/2018 11:30"), ["2018-03-31"]);
        assert_eq!(texts("03/03/2018"), ["2018-03-03"]);
        assert_eq!(texts("2018/03/01"), ["2018-03-01"]);
        for text in ["10.0.0.0/8", "1/2", "1/2/18", "web", "99/99/2018"] {
            assert!(texts(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "8", "0800", "25:00", "2026-13-01", "12:60", "1:2:3:4", "13pm", "0am", "9:5am", "am", "monday monday"]
        {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_printed_moment_reads_back_as_itself() {
        for text in ["today", "yesterday 14:00", "friday", "friday 9am", "9:30pm", "noon", "now", "2026-11-23 8:00"] {
            let moment = Moment::parse(text).unwrap();
            assert_eq!(Moment::parse(&moment.to_string()), Some(moment), "{text}");
        }
    }
}
