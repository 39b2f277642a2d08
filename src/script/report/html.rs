//! Values and text as HTML.

use std::fmt::Write;

use crate::value::{Value, time_utc};

/// Formats a value for the page; times in UTC.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Absent => "–".into(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:.2}"),
        Value::Time(seconds) => time_utc(*seconds),
        Value::Text(text) => text.to_string(),
        other => format!("{other:?}"),
    }
}

/// Escapes a text for HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter if letter.is_control() && letter != '\n' => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Writing to a `String` cannot fail.
pub(super) fn push(html: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = html.write_fmt(text);
}
