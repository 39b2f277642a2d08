//! Converts the service's text to values.
//!
//! Values arrive as the number or address in the record. Words and times are converted only when rows are finished, so
//! that rows are sorted by the record's values until then.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::query::kind::Kind;
use crate::value::{Value, to_seconds};

/// Whole numbers below this are exact as floats.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The value of a cell; `-`, empty text and invalid values are absent.
pub(super) fn value(kind: Kind, text: Option<&String>) -> Value {
    let Some(text) = text.map(String::as_str).filter(|text| !text.is_empty() && *text != "-") else {
        return Value::Absent;
    };
    let value = match kind {
        Kind::Text => Some(Value::Text(text.to_string().into())),
        Kind::Address | Kind::Network(_) => text.parse().ok().map(Value::Address),
        Kind::Time => seconds(text).map(Value::Int),
        Kind::Number | Kind::Code(_) | Kind::Flags => number(text),
    };
    value.unwrap_or(Value::Absent)
}

/// The final value of a column of this kind.
pub(super) fn finished(kind: Kind, value: Value) -> Value {
    match value {
        Value::Int(number) => kind.of_integer(number),
        value => value,
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a whole number within bounds")]
fn number(text: &str) -> Option<Value> {
    if let Ok(number) = text.parse() {
        return Some(Value::Int(number));
    }
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    let is_whole = number.fract() == 0.0 && number.abs() < EXACT;
    Some(if is_whole { Value::Int(number as i64) } else { Value::Float(number) })
}

/// Parses a time: text in UTC, as `2026-11-23 08:00:00.000`, or seconds or milliseconds since 1970.
fn seconds(text: &str) -> Option<i64> {
    if let Some(Value::Int(number)) = number(text) {
        return Some(to_seconds(number));
    }
    let time: DateTime = text.trim_end_matches('Z').parse().ok()?;
    Some(TimeZone::UTC.to_timestamp(time).ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;

    fn read(kind: Kind, text: &str) -> Value {
        finished(kind, value(kind, Some(&text.to_string())))
    }

    #[test]
    fn a_time_comes_as_text_or_as_a_number() {
        // 2026-11-23T08:00:00Z, by `date -u -d 2026-11-23T08:00:00Z +%s`.
        for text in ["2026-11-23 08:00:00.000", "2026-11-23T08:00:00.999Z", "1795420800", "1795420800123"] {
            assert_eq!(read(Kind::Time, text), Value::Time(1_795_420_800), "{text}");
        }
    }

    #[test]
    fn numbers_are_whole_where_they_can_be() {
        assert_eq!(read(Kind::Number, "12"), Value::Int(12));
        assert_eq!(read(Kind::Number, "12.0"), Value::Int(12));
        assert_eq!(read(Kind::Number, "1.2E3"), Value::Int(1200));
        assert_eq!(read(Kind::Number, "0.5"), Value::Float(0.5));
        assert_eq!(read(Kind::Code(Field::Protocol), "6"), Value::word("TCP"));
        assert_eq!(read(Kind::Flags, "18"), Value::Flags(18));
    }

    #[test]
    fn what_is_no_value_is_absent() {
        for (kind, text) in [(Kind::Text, "-"), (Kind::Number, ""), (Kind::Address, "0a:1b:2c:3d:4e:5f")] {
            assert_eq!(read(kind, text), Value::Absent, "{text}");
        }
        assert_eq!(value(Kind::Text, None), Value::Absent);
    }
}
