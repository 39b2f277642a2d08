//! Values: the text of events, and values computed from it.

use std::borrow::Cow;
use std::fmt;

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// No value.
    Null,
    /// The result of a test.
    Bool(bool),
    /// The result of arithmetic.
    Number(f64),
    /// A point in time, in milliseconds.
    Time(i64),
    /// The value of an event's field.
    Text(Cow<'a, str>),
}

impl<'a> Value<'a> {
    /// The same value, borrowed.
    pub(super) fn borrowed(&'a self) -> Self {
        match self {
            Self::Text(text) => Self::Text(Cow::Borrowed(text)),
            Self::Null => Self::Null,
            Self::Bool(truth) => Self::Bool(*truth),
            Self::Number(number) => Self::Number(*number),
            Self::Time(time) => Self::Time(*time),
        }
    }

    /// The same value, owned.
    pub(super) fn owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(truth),
            Self::Number(number) => Value::Number(number),
            Self::Time(time) => Value::Time(time),
        }
    }

    /// The number that it is or spells, if any.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text_number(text),
            Self::Null | Self::Bool(_) | Self::Time(_) => None,
        }
    }

    /// The number that it is compared by: a point in time by its milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 milliseconds")]
    pub(super) fn ordered(&self) -> Option<f64> {
        if let Self::Time(milliseconds) = self { Some(*milliseconds as f64) } else { self.number() }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// The number that a text spells: digits, with a sign or a point; no words such as `inf`.
fn text_number(text: &str) -> Option<f64> {
    let is_spelled = text.ends_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'e' | b'E' | b'+'));
    is_spelled.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(truth) => f.write_str(if *truth { "1" } else { "0" }),
            Self::Number(number) => write!(f, "{number}"),
            Self::Time(milliseconds) => match jiff::Timestamp::from_millisecond(*milliseconds) {
                Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%d %H:%M:%S.%3f")),
                Err(_) => write!(f, "{milliseconds}"),
            },
            Self::Text(text) => f.write_str(text),
        }
    }
}
