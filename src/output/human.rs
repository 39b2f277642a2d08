//! Values as people read them; bytes and counts are scaled on request, in the units of the language.

use super::chart::number;
use super::style::Style;
use super::text::{decimal, display};
use crate::value::{ColumnType, Unit, Value};

/// The prefixes of units, each a thousand times the one before: decimal, as in `bytes > 5MB`.
const PREFIXES: [&str; 6] = ["k", "M", "G", "T", "P", "E"];

impl Style {
    /// Returns a value of a column as people read it.
    pub(super) fn text(&self, column_type: ColumnType, value: &Value) -> String {
        match (column_type, value) {
            (ColumnType::Measure { unit: Unit::Bytes, .. }, Value::Int(_) | Value::Float(_)) if self.human => {
                let (scaled, prefix) = scaled(number(value));
                format!("{scaled} {prefix}B")
            }
            (ColumnType::Measure { unit: Unit::Count, .. }, Value::Int(_) | Value::Float(_)) if self.human => {
                let (scaled, prefix) = scaled(number(value));
                format!("{scaled}{prefix}")
            }
            _ => display(value, &self.zone),
        }
    }
}

/// Returns a number below 1000 and the prefix of its unit; a scaled number has one decimal.
fn scaled(number: f64) -> (String, &'static str) {
    // A number that rounds to 1000 is one of the next prefix.
    let is_long = |number: f64| (number.abs() * 10.0).round() >= 10_000.0;
    let (mut scaled, mut prefix) = (number, "");
    for next in PREFIXES {
        if !is_long(scaled) {
            break;
        }
        (scaled, prefix) = (scaled / 1000.0, next);
    }
    let text = if prefix.is_empty() { decimal(scaled) } else { format!("{scaled:.1}") };
    (text, prefix)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn bytes_and_counts_are_scaled_and_nothing_else() {
        let style = Style { human: true, ..Style::plain(None, TimeZone::UTC) };
        let plain = ColumnType::Measure { unit: Unit::Plain, adds_up: false };
        let cases = [
            (ColumnType::BYTES, Value::Int(0), "0 B"),
            (ColumnType::BYTES, Value::Int(999), "999 B"),
            (ColumnType::BYTES, Value::Int(1_000), "1.0 kB"),
            (ColumnType::BYTES, Value::Int(1_500_000_000), "1.5 GB"),
            // Rounds to a thousand kB, which is one MB.
            (ColumnType::BYTES, Value::Int(999_950), "1.0 MB"),
            (ColumnType::BYTES, Value::Int(999_949), "999.9 kB"),
            (ColumnType::BYTES, Value::Int(i64::MAX), "9.2 EB"),
            (ColumnType::BYTES, Value::Float(12.5), "12.5 B"),
            (ColumnType::BYTES, Value::Absent, "-"),
            (ColumnType::COUNT, Value::Int(852), "852"),
            (ColumnType::COUNT, Value::Int(1_234_567), "1.2M"),
            (ColumnType::COUNT, Value::Int(12_345), "12.3k"),
            (plain, Value::Float(1_234_567.5), "1234567.5"),
            (ColumnType::Number, Value::Int(49_152), "49152"),
            (ColumnType::Text, Value::word("TCP"), "TCP"),
        ];
        for (column_type, value, text) in cases {
            assert_eq!(style.text(column_type, &value), text);
            let unscaled = Style { human: false, ..style.clone() };
            assert_eq!(unscaled.text(column_type, &value), display(&value, &TimeZone::UTC));
        }
    }
}
