//! Lengths of time, and the units that they are typed and printed in.

use std::fmt;

/// The longest duration that can be typed: a longer one is a slip, and would leave the range of times that can be
/// written.
pub const MAX_SECONDS: i64 = 10_000_000_000;

/// Seconds, printed in the units that durations are typed in: `1h30m`.
#[derive(Clone, Copy, Debug)]
pub struct Seconds(pub i64);

/// A unit of durations.
#[derive(Debug)]
pub struct Unit {
    /// The letter that durations are printed with.
    pub letter: &'static str,
    /// Its other names, the singular first.
    pub words: &'static [&'static str],
    /// Its length; a day is 24 hours.
    pub seconds: i64,
}

/// The units of durations, longest first.
pub const UNITS: [Unit; 5] = [
    Unit { letter: "w", words: &["week", "weeks", "wk", "wks"], seconds: 604_800 },
    Unit { letter: "d", words: &["day", "days"], seconds: 86_400 },
    Unit { letter: "h", words: &["hour", "hours", "hr", "hrs"], seconds: 3_600 },
    Unit { letter: "m", words: &["minute", "minutes", "min", "mins"], seconds: 60 },
    Unit { letter: "s", words: &["second", "seconds", "sec", "secs"], seconds: 1 },
];

impl Unit {
    /// The unit of this name; case does not count.
    #[must_use]
    pub fn named(word: &str) -> Option<&'static Self> {
        let is = |name: &str| name.eq_ignore_ascii_case(word);
        UNITS.iter().find(|unit| is(unit.letter) || unit.words.iter().copied().any(is))
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        // Weeks are left out: people say 14d, and 8d is not 1w1d.
        let mut rest = self.0;
        for unit in &UNITS[1..] {
            if rest >= unit.seconds {
                write!(f, "{}{}", rest / unit.seconds, unit.letter)?;
                rest %= unit.seconds;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_printed_in_the_units_they_are_typed_in() {
        for (seconds, text) in [(0, "0s"), (90, "1m30s"), (5400, "1h30m"), (86_400, "1d"), (1_209_600, "14d")] {
            assert_eq!(Seconds(seconds).to_string(), text);
        }
    }
}
