//! Values and columns as people read them.

use jiff::tz::TimeZone;

use crate::escape;
use crate::value::{Column, Value, flag_names, time_in};

/// A value as people read it.
pub(super) fn display(value: &Value, zone: &TimeZone) -> String {
    match value {
        Value::Absent => "-".into(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => decimal(*number),
        Value::Time(seconds) => time_in(*seconds, zone),
        Value::Address(address) => address.to_string(),
        Value::Network(network) => network.to_string(),
        Value::Text(text) => escape::text(text).into_owned(),
        Value::Flags(flags) => flag_names(*flags).collect::<Vec<_>>().join(", "),
    }
}

/// A fraction with two digits at most.
pub(super) fn decimal(number: f64) -> String {
    let text = format!("{number:.2}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    short.to_string()
}

/// A column as people read it, escaped: a column of a file may have any name.
pub(super) fn shown(column: &Column) -> Column {
    Column { heading: escape::text(&column.heading).into_owned(), ..column.clone() }
}
