//! Compares the groups of a window with those of the window before.

use std::collections::BTreeMap;

use crate::function::Function;
use crate::query::plan::{Aggregate, Compare, Compared, GroupKey, Groups, Kept, KeyBy};
use crate::query::window::Interval;
use crate::value::{Row, Value, compare_rows};

/// Joins the groups of two windows by their keys; bins are matched by their position in the window.
pub(super) fn joined(groups: &Groups, now: Vec<Row>, before: Vec<Row>, windows: [Interval; 2]) -> Vec<Row> {
    let kept = groups.compare.map_or(Kept::All, |Compare { kept, .. }| kept);
    let keys = groups.keys.len();
    let aggregates = groups.now().aggregates;
    let mut pairs: BTreeMap<Keys, [Option<Row>; 2]> = BTreeMap::new();
    for (side, rows) in [now, before].into_iter().enumerate() {
        for mut row in rows {
            if side == 1 {
                move_bins(&groups.keys, &mut row, windows);
            }
            let measures = row.split_off(keys);
            pairs.entry(Keys(row)).or_default()[side] = Some(measures);
        }
    }
    let is_kept = |pair: &[Option<Row>; 2]| match kept {
        Kept::All => true,
        Kept::New => pair[1].is_none(),
        Kept::Gone => pair[0].is_none(),
    };
    let pairs = pairs.into_iter().filter(|(_, pair)| is_kept(pair));
    pairs.map(|(Keys(keys), pair)| keys.into_iter().chain(measures(&aggregates, &pair)).collect()).collect()
}

/// The keys of a group, with an order.
struct Keys(Row);

impl Ord for Keys {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        compare_rows(&self.0, &other.0, (0..self.0.len()).map(|place| (place, false)))
    }
}

impl PartialOrd for Keys {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Keys {}

/// Moves the bins of the window before to the position of the window's own.
fn move_bins(keys: &[GroupKey], row: &mut Row, [now, before]: [Interval; 2]) {
    for (key, value) in keys.iter().zip(row) {
        if let (KeyBy::Bin(width_s), Value::Time(start)) = (&key.by, &value) {
            let first = |from: i64| from - from.rem_euclid(*width_s);
            *value = Value::Time(start - first(before.from) + first(now.from));
        }
    }
}

/// The value of each measure in the window, in the one before, and the difference.
fn measures(aggregates: &[Aggregate], [now, before]: &[Option<Row>; 2]) -> Vec<Value> {
    let value = |side: &Option<Row>, place: usize, aggregate: &Aggregate| match side {
        Some(row) => row[place].clone(),
        None if is_zero_of_nothing(aggregate) => Value::Int(0),
        None => Value::Absent,
    };
    let of_measure = |(place, aggregate): (usize, &Aggregate)| {
        let (now, before) = (value(now, place, aggregate), value(before, place, aggregate));
        let change = difference(&now, &before);
        [now, before, change]
    };
    aggregates.iter().filter(|one| one.compared == Compared::Now).enumerate().flat_map(of_measure).collect()
}

/// Returns whether the aggregate of a group without records is 0 rather than absent.
const fn is_zero_of_nothing(aggregate: &Aggregate) -> bool {
    matches!(aggregate.function, Function::Count | Function::Sum)
}

fn difference(now: &Value, before: &Value) -> Value {
    match (now, before) {
        (Value::Int(now), Value::Int(before)) | (Value::Time(now), Value::Time(before)) => {
            now.checked_sub(*before).map_or(Value::Absent, Value::Int)
        }
        _ => match (now.as_f64(), before.as_f64()) {
            (Some(now), Some(before)) => Value::Float(now - before),
            _ => Value::Absent,
        },
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::query::clock::Clock;
    use crate::query::plan::{Plan, Shape};
    use crate::query::{Context, compile};

    fn plan(sentence: &str) -> Plan {
        compile(sentence, &Context::new(Clock { now: 1_795_435_200, zone: TimeZone::UTC })).unwrap()
    }

    fn compared(sentence: &str, now: &[(i64, i64)], before: &[(i64, i64)]) -> Vec<Row> {
        let plan = plan(sentence);
        let Shape::Groups(groups) = &plan.shape else { panic!("groups") };
        let is_bin = matches!(groups.keys[0].by, KeyBy::Bin(_));
        let key = |key: i64| if is_bin { Value::Time(key) } else { Value::Int(key) };
        let rows = |rows: &[(i64, i64)]| rows.iter().map(|(one, value)| vec![key(*one), Value::Int(*value)]).collect();
        let windows = [Interval { from: 1_000, until: 1_099 }, Interval { from: 900, until: 999 }];
        joined(groups, rows(now), rows(before), windows)
    }

    fn numbers(rows: &[Row]) -> Vec<Vec<Option<f64>>> {
        let number = |value: &Value| match value {
            #[allow(clippy::cast_precision_loss, reason = "small numbers")]
            Value::Time(time) => Some(*time as f64),
            value => value.as_f64(),
        };
        rows.iter().map(|row| row.iter().map(number).collect()).collect()
    }

    #[test]
    fn groups_are_joined_and_what_is_missing_is_zero_or_absent() {
        let sides: [&[(i64, i64)]; 2] = [&[(22, 5), (80, 7)], &[(22, 2), (443, 3)]];
        let some = |numbers: [i32; 4]| numbers.map(|number| Some(f64::from(number))).to_vec();
        assert_eq!(
            numbers(&compared("count() by dst.port | compare 100s", sides[0], sides[1])),
            [some([22, 5, 2, 3]), some([80, 7, 0, 7]), some([443, 0, 3, -3])]
        );
        assert_eq!(
            numbers(&compared("max(bytes) by dst.port | compare 100s", sides[0], sides[1]))[1..],
            [vec![Some(80.0), Some(7.0), None, None], vec![Some(443.0), None, Some(3.0), None]]
        );
        let keys =
            |sentence| numbers(&compared(sentence, sides[0], sides[1])).iter().map(|row| row[0]).collect::<Vec<_>>();
        assert_eq!(keys("count() by dst.port | compare 100s new"), [Some(80.0)]);
        assert_eq!(keys("count() by dst.port | compare 100s gone"), [Some(443.0)]);
    }

    #[test]
    fn bins_are_joined_by_their_place_in_the_window() {
        // Bins of 10 seconds: the window starts at 1,000, the one before at 900, 100 s earlier.
        let rows = compared("count() by bin(10s) | compare 100s", &[(1_000, 1), (1_010, 2)], &[(900, 10), (910, 20)]);
        let expected = [[1_000, 1, 10, -9], [1_010, 2, 20, -18]];
        assert_eq!(numbers(&rows), expected.map(|row| row.map(|number| Some(f64::from(number))).to_vec()));
    }
}
