//! Parses values: from the typed text to the value that the field holds.

use std::net::IpAddr;

use ipnet::IpNet;

use super::error::CheckError;
use crate::diagnostic::{Span, nearest};
use crate::field::{FieldType, Named, port_named, port_names, protocol_named, protocol_words};
use crate::query::clock::Clock;
use crate::query::moment::{Day, Moment, TimeError, dates_with_slashes};
use crate::query::multiplier::{BYTE_UNITS, multiplier};
use crate::query::plan::Range;
use crate::query::seconds::{MAX_SECONDS, UNITS, Unit};

/// The place of a value, and the field that it has to fit.
pub(super) struct Wanted<'a> {
    /// The field, as errors name it.
    pub(super) field: &'a str,
    /// The place of the value.
    pub(super) span: Span,
}

impl Wanted<'_> {
    fn wrong(&self, value: &str, expected: impl Into<String>, help: Option<String>) -> CheckError {
        CheckError::WrongValue {
            value: value.to_string(),
            expected: expected.into(),
            field: self.field.to_string(),
            help,
            span: self.span,
        }
    }

    /// The value of the number `text` in a field of this type.
    pub(super) fn number(&self, text: &str, field_type: FieldType, clock: &Clock) -> Result<i64, CheckError> {
        match field_type {
            FieldType::Port => self.port(text),
            FieldType::Time => self.time(text, clock),
            FieldType::Duration if !text.bytes().all(|b| b.is_ascii_digit() || b == b'_') => duration(text, self.span),
            FieldType::Protocol => self.protocol(text),
            FieldType::Code(names) => self.code(text, names),
            _ => self.quantity(text),
        }
    }

    fn quantity(&self, text: &str) -> Result<i64, CheckError> {
        let expected = "a whole number such as `1_000`, `10k` or `5MB`";
        let digits_end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
        let (digits, unit) = text.split_at(digits_end);
        if !digits.starts_with(|c: char| c.is_ascii_digit()) || !unit.chars().all(|c| c.is_ascii_alphabetic()) {
            let is_fraction = text.split_once('.').is_some_and(|(whole, rest)| {
                let digits = rest.trim_end_matches(|c: char| c.is_ascii_alphabetic());
                [whole, digits].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
            });
            let help = is_fraction.then(|| "use a smaller unit: `1500k` for `1.5M`".to_string());
            return Err(self.wrong(text, expected, help));
        }
        let too_large = || CheckError::TooLarge { value: text.to_string(), span: self.span };
        let number: i64 = digits.replace('_', "").parse().map_err(|_| too_large())?;
        let by = multiplier(unit).ok_or_else(|| CheckError::UnknownUnit {
            unit: unit.to_string(),
            units: "k, M, G, T, kB, MB, GB, TB, KiB, MiB, GiB, TiB",
            suggestion: nearest(unit, BYTE_UNITS).map(Into::into),
            span: self.span,
        })?;
        number.checked_mul(by).ok_or_else(too_large)
    }

    fn port(&self, text: &str) -> Result<i64, CheckError> {
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            let no_port = |_| CheckError::PortRange { value: text.to_string(), span: self.span };
            return text.parse::<u16>().map(i64::from).map_err(no_port);
        }
        if let Some(port) = port_named(text) {
            return Ok(port.into());
        }
        let is_number = |end: &str| !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit());
        let help = match text.split_once('-') {
            Some((first, last)) if is_number(first) && is_number(last) => {
                Some(format!("a range is written `{first}..{last}`"))
            }
            _ => nearest(text, port_names().map(|(name, _)| name)).map(|name| format!("did you mean `{name}`?")),
        };
        Err(self.wrong(text, "a port number or name such as `ssh`", help))
    }

    fn time(&self, text: &str, clock: &Clock) -> Result<i64, CheckError> {
        // Nine digits or more are epoch seconds; fewer would be a year or a slip.
        if text.len() >= 9 && text.bytes().all(|b| b.is_ascii_digit()) {
            let too_large = |_| CheckError::TooLarge { value: text.to_string(), span: self.span };
            return text.parse().map_err(too_large);
        }
        moment(text, self.span)?.first(clock).map_err(|error| no_time(error, self.span))
    }

    fn protocol(&self, text: &str) -> Result<i64, CheckError> {
        let known = protocol_named(text).or_else(|| text.parse::<u8>().ok().map(i64::from));
        known.ok_or_else(|| {
            let help = nearest(text, protocol_words()).map(|word| format!("did you mean `{word}`?"));
            self.wrong(text, "a protocol: an IANA keyword such as `TCP`, or 0 to 255", help)
        })
    }

    fn code(&self, text: &str, names: &'static [Named]) -> Result<i64, CheckError> {
        let known = names.iter().find(|named| named.word.eq_ignore_ascii_case(text) || text.parse() == Ok(named.code));
        known.map(|named| named.code).ok_or_else(|| {
            let help =
                nearest(text, names.iter().map(|named| named.word)).map(|word| format!("did you mean `{word}`?"));
            let list: Vec<String> = names.iter().map(|named| format!("{} ({})", named.word, named.code)).collect();
            self.wrong(text, format!("one of {}", list.join(", ")), help)
        })
    }

    /// The network that `text` means, masked, and whether masking changed it; a single address is a
    /// network of full length.
    pub(super) fn network(&self, text: &str) -> Result<(IpNet, bool), CheckError> {
        if let Ok(address) = text.parse::<IpAddr>() {
            // An IPv4 address that is written as IPv6 equals the one in a record.
            return Ok((IpNet::from(address.to_canonical()), false));
        }
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok((network.trunc(), network != network.trunc()));
        }
        let help = match text.rsplit_once('/') {
            Some((address, _)) if address.parse::<IpAddr>().is_ok() => {
                let most = if address.contains(':') { 128 } else { 32 };
                Some(format!("the length after the slash must be 0 to {most}"))
            }
            _ if text.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.contains(':') => {
                Some("names are never looked up; test ids with `eni`, `instance` or `vpc`".to_string())
            }
            _ => None,
        };
        Err(self.wrong(text, "an address or a network such as `10.0.0.0/8`", help))
    }

    /// The word as the record spells it.
    pub(super) fn word(&self, text: &str, words: &'static [&'static str]) -> Result<String, CheckError> {
        let known = words.iter().find(|word| word.eq_ignore_ascii_case(text));
        known.map(|word| (*word).to_string()).ok_or_else(|| {
            let help = nearest(text, words.iter().copied()).map(|word| format!("did you mean `{word}`?"));
            self.wrong(text, format!("one of {}", words.join(", ")), help)
        })
    }

    /// Text to compare with. Records write `-` where they have no value, so nothing can equal it.
    pub(super) fn text(&self, text: &str) -> Result<String, CheckError> {
        if text.is_empty() || text == "-" {
            let help = format!("records without a value are `not {} exists`", self.field);
            return Err(self.wrong(text, "a value that a record can have", Some(help)));
        }
        Ok(text.to_string())
    }
}

/// The numbers between two typed ends.
pub(super) fn range(first: i64, last: i64, span: Span) -> Result<Range, CheckError> {
    if first > last {
        return Err(CheckError::BackwardRange { span });
    }
    Ok(Range { first, last })
}

/// The point in time that `text` means.
pub(super) fn moment(text: &str, span: Span) -> Result<Moment, CheckError> {
    if let Some(length) = text.trim_end().strip_suffix("ago").filter(|length| length.ends_with(char::is_whitespace)) {
        let length: String = length.split_whitespace().collect();
        return duration(&length, span).map(Moment::Ago);
    }
    Moment::parse(text).ok_or_else(|| {
        let dates: Vec<String> = dates_with_slashes(text).iter().map(|date| format!("`{date}`")).collect();
        let help = match dates.as_slice() {
            [] if duration(text, span).is_ok() => Some(format!("did you mean `{text} ago`?")),
            [] => nearest(text, Day::words().chain(["noon", "midnight"])).map(|word| format!("did you mean `{word}`?")),
            dates => Some(format!("did you mean {}?", dates.join(" or "))),
        };
        CheckError::BadTime { text: text.to_string(), help, span }
    })
}

/// The error for a local time that is no single point in time.
pub(super) fn no_time(error: TimeError, span: Span) -> CheckError {
    match error {
        TimeError::Twice { first, second } => CheckError::TimeTwice { first, second, span },
        TimeError::Missing { before, after } => CheckError::TimeMissing { before, after, span },
        TimeError::OutOfRange => CheckError::TimeOutOfRange { span },
    }
}

/// Seconds, from `90s`, `1h30m`, `1.5h`, `10min`, `2w`.
pub(super) fn duration(text: &str, span: Span) -> Result<i64, CheckError> {
    let wrong = || CheckError::BadDuration {
        text: text.to_string(),
        help: text.parse::<f64>().is_ok().then(|| format!("add a unit: `{text}m` or `{text}s`")),
        span,
    };
    let too_large = || CheckError::TooLarge { value: text.to_string(), span };
    let mut rest = text;
    let mut seconds = 0_i64;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, behind) = rest.split_at(number_end);
        let unit_end = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, next) = behind.split_at(unit_end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = [whole, fraction].iter().all(|part| !part.is_empty() && !part.contains('.'));
        if !is_number || !unit.chars().all(char::is_alphabetic) {
            return Err(wrong());
        }
        let found = Unit::named(unit).ok_or_else(|| CheckError::UnknownUnit {
            unit: unit.to_string(),
            units: "s, m, h, d, w",
            suggestion: nearest(unit, UNITS.iter().flat_map(|unit| unit.words.iter().copied())).map(Into::into),
            span,
        })?;
        let whole: i64 = whole.parse().map_err(|_| too_large())?;
        let part = part_of(found.seconds, fraction).ok_or_else(|| CheckError::BadDuration {
            text: text.to_string(),
            help: Some("a duration is a whole number of seconds".into()),
            span,
        })?;
        let length = whole.checked_mul(found.seconds).and_then(|length| length.checked_add(part));
        seconds = length.and_then(|length| seconds.checked_add(length)).ok_or_else(too_large)?;
        rest = next;
    }
    if text.is_empty() {
        return Err(wrong());
    }
    if seconds > MAX_SECONDS {
        return Err(too_large());
    }
    Ok(seconds)
}

/// The seconds in a decimal fraction of `seconds`, given by its digits; `None` if they are not whole.
fn part_of(seconds: i64, digits: &str) -> Option<i64> {
    let digits = digits.trim_end_matches('0');
    let scale = 10_i64.checked_pow(u32::try_from(digits.len()).ok()?)?;
    let number: i64 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let scaled = number.checked_mul(seconds)?;
    (scaled % scale == 0).then_some(scaled / scale)
}

/// Returns whether `bin` can be this wide: a divisor of a minute, an hour or a day, or whole days.
pub(super) const fn is_bin_width(seconds: i64) -> bool {
    seconds > 0
        && (60 % seconds == 0
            || seconds % 60 == 0 && 3_600 % seconds == 0
            || seconds % 3_600 == 0 && 86_400 % seconds == 0
            || seconds % 86_400 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    const SPAN: Span = Span::new(0, 0);
    const WANTED: Wanted<'static> = Wanted { field: "bytes", span: SPAN };

    fn number(text: &str) -> Option<i64> {
        let clock = Clock { now: 0, zone: TimeZone::UTC };
        WANTED.number(text, FieldType::Quantity, &clock).ok()
    }

    #[test]
    fn numbers_have_decimal_and_binary_units() {
        for (text, value) in
            [("1_000", 1000), ("10k", 10_000), ("5MB", 5_000_000), ("2GiB", 2_147_483_648), ("1Ki", 1024), ("0", 0)]
        {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in ["", "k", "_1", "1.5k", "10XB", "10.0.0.1", "-5", "9223372036854775808", "9999999999G"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn durations_add_their_parts() {
        for (text, seconds) in [("30m", 1800), ("1h30m", 5400), ("2w", 1_209_600), ("90S", 90), ("1d", 86_400)] {
            assert_eq!(duration(text, SPAN), Ok(seconds), "{text}");
        }
        for (text, seconds) in [("1.5h", 5400), ("10min", 600), ("2hours", 7200), ("0.1m", 6), ("1.50d", 129_600)] {
            assert_eq!(duration(text, SPAN), Ok(seconds), "{text}");
        }
        for text in ["", "30", "1.5", "m", "1h30", "5x", "1.h", ".5h", "1.5.5h", "0.5s", "1.33333h", "99999999999999w"]
        {
            assert!(duration(text, SPAN).is_err(), "{text}");
        }
    }

    #[test]
    fn bins_divide_a_minute_an_hour_or_a_day_or_are_whole_days() {
        for seconds in [1, 5, 15, 30, 60, 300, 900, 3_600, 7_200, 21_600, 43_200, 86_400, 172_800, 604_800] {
            assert!(is_bin_width(seconds), "{seconds}");
        }
        for seconds in [-60, 0, 7, 90, 420, 5_400, 18_000, 100_000] {
            assert!(!is_bin_width(seconds), "{seconds}");
        }
    }

    #[test]
    fn a_network_is_masked_and_says_so() {
        let (network, masked) = WANTED.network("10.1.2.3/8").unwrap();
        assert_eq!((network.to_string().as_str(), masked), ("10.0.0.0/8", true));
        let (network, masked) = WANTED.network("2001:db8::1").unwrap();
        assert_eq!((network.to_string().as_str(), masked), ("2001:db8::1/128", false));
        for text in ["10.0.0.0/33", "10.0.0.1.5", "10.0.0", "web", "2001:db8::/129", "010.0.0.1"] {
            assert!(WANTED.network(text).is_err(), "{text}");
        }
    }
}
