//! Computes rates and shares from sums and counts.

use crate::account::Error;
use crate::field::Field;
use crate::function::Function;
use crate::query::plan::{Aggregate, GroupKey, Groups, KeyBy, Source};
use crate::query::window::Interval;
use crate::value::{EpochSeconds, Row, Value};

/// Replaces the sums with rates and shares.
///
/// # Errors
///
/// [`Error::NoWindow`] for a rate without a window.
pub(super) fn compute(groups: &Groups, rows: &mut [Row], interval: Option<Interval>) -> Result<(), Error> {
    for (place, aggregate) in groups.aggregates.iter().enumerate() {
        let place = groups.keys.len() + place;
        match aggregate.function {
            Function::Rate => {
                let interval = interval.ok_or(Error::NoWindow { what: "rate" })?;
                rates(groups, aggregate, place, rows, interval);
            }
            Function::Share => shares(place, rows),
            _ => {}
        }
    }
    Ok(())
}

fn rates(groups: &Groups, aggregate: &Aggregate, place: usize, rows: &mut [Row], interval: Interval) {
    let width = |key: &GroupKey| if let KeyBy::Bin(width_s) = key.by { Some(width_s) } else { None };
    let bin = groups.keys.iter().enumerate().find_map(|(place, key)| Some((place, width(key)?)));
    let unit = if aggregate.over == Some(Source::Field(Field::Bytes)) { 8.0 } else { 1.0 };
    for row in rows {
        let seconds = match bin.map(|(place, width_s)| (&row[place], width_s)) {
            Some((Value::Time(start), width_s)) => seconds_within(interval, *start, width_s),
            _ => interval.until - interval.from + 1,
        };
        if let Some(sum) = row[place].as_f64() {
            #[allow(clippy::cast_precision_loss, reason = "a rate is an estimate of no such precision")]
            let seconds = seconds.max(1) as f64;
            row[place] = Value::Float(sum * unit / seconds);
        }
    }
}

/// The number of seconds of a bin that are in the window.
fn seconds_within(interval: Interval, start: EpochSeconds, width_s: i64) -> i64 {
    interval.until.min(start + width_s - 1) - interval.from.max(start) + 1
}

fn shares(place: usize, rows: &mut [Row]) {
    let whole: f64 = rows.iter().filter_map(|row| row[place].as_f64()).sum();
    for row in rows {
        row[place] = match row[place].as_f64() {
            Some(part) if whole > 0.0 => Value::Float(part * 100.0 / whole),
            _ => Value::Absent,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_bin_count_the_seconds_in_the_window() {
        let interval = Interval { from: 130, until: 250 };
        for (start, expected) in [(120, 50), (180, 60), (240, 11)] {
            assert_eq!(seconds_within(interval, start, 60), expected, "{start}");
        }
    }

    #[test]
    fn shares_are_percents_of_the_whole() {
        let mut rows = vec![vec![Value::Int(30)], vec![Value::Int(10)], vec![Value::Absent]];
        shares(0, &mut rows);
        assert_eq!(rows, [vec![Value::Float(75.0)], vec![Value::Float(25.0)], vec![Value::Absent]]);
    }
}
