//! Groups, and what is computed over them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::eval::{Row, arithmetic, value};
use super::syntax::{Aggregate, Slot, Stats, Total};
use super::{Settings, Value, natural};

/// One row a group: its keys, then its aggregates. Without keys there is one group, also of nothing.
pub(super) fn groups<'a>(stats: &Stats, rows: &[Row<'a>], settings: Settings) -> Vec<Row<'a>> {
    let mut groups: BTreeMap<String, (Vec<Value<'static>>, Vec<&Row<'a>>)> = BTreeMap::new();
    if stats.keys.is_empty() {
        groups.insert(identity(&[]), (Vec::new(), Vec::new()));
    }
    for row in rows {
        let keys: Vec<Value<'static>> = stats.keys.iter().map(|(_, key)| value(key, row, settings).owned()).collect();
        groups.entry(identity(&keys)).or_insert_with(|| (keys, Vec::new())).1.push(row);
    }
    let make = |(keys, rows): (Vec<Value<'static>>, Vec<&Row<'a>>)| {
        let mut computed: Vec<Value<'a>> = keys.into_iter().collect();
        computed.extend(stats.aggregates.iter().map(|(_, total)| compute(total, &rows)));
        Row { event: &[], computed, number: None }
    };
    groups.into_values().map(make).collect()
}

/// The same for equal keys only; nothing is a key of its own.
fn identity(keys: &[Value<'_>]) -> String {
    format!("{keys:?}")
}

fn compute(total: &Total, rows: &[&Row<'_>]) -> Value<'static> {
    match total {
        Total::Number(number) => Value::Number(*number),
        Total::Arithmetic(operator, sides) => {
            let [left, right] = sides.as_ref();
            arithmetic(*operator, compute(left, rows).number(), compute(right, rows).number())
        }
        Total::Aggregate(aggregate) => over(aggregate, rows),
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are few rows")]
fn over(aggregate: &Aggregate, rows: &[&Row<'_>]) -> Value<'static> {
    let count = |number: usize| Value::Number(number as f64);
    match aggregate {
        Aggregate::Records => count(rows.len()),
        Aggregate::Count(slot) => count(present(*slot, rows).count()),
        Aggregate::Distinct(slot) => {
            count(present(*slot, rows).map(|value| value.to_string()).collect::<BTreeSet<_>>().len())
        }
        Aggregate::Sum(slot) => sum(&numbers(*slot, rows)),
        Aggregate::Avg(slot) => {
            let numbers = numbers(*slot, rows);
            match sum(&numbers) {
                Value::Number(sum) => Value::Number(sum / numbers.len() as f64),
                none => none,
            }
        }
        Aggregate::Min(slot) => extreme(*slot, rows, Ordering::Less),
        Aggregate::Max(slot) => extreme(*slot, rows, Ordering::Greater),
        Aggregate::Percentile(slot, percent) => percentile(numbers(*slot, rows), *percent),
    }
}

fn present<'r>(slot: Slot, rows: &'r [&Row<'_>]) -> impl Iterator<Item = Value<'r>> {
    rows.iter().map(move |row| row.get(slot)).filter(|value| *value != Value::Null)
}

fn numbers(slot: Slot, rows: &[&Row<'_>]) -> Vec<f64> {
    present(slot, rows).filter_map(|value| value.number()).collect()
}

fn sum(numbers: &[f64]) -> Value<'static> {
    if numbers.is_empty() { Value::Null } else { Value::Number(numbers.iter().sum()) }
}

/// The smallest or largest number or time; text is passed over.
fn extreme(slot: Slot, rows: &[&Row<'_>], wanted: Ordering) -> Value<'static> {
    let ordered = present(slot, rows).filter(|value| matches!(value, Value::Time(_)) || value.number().is_some());
    let found = ordered.reduce(|best, value| if natural::compare(&value, &best) == wanted { value } else { best });
    match found {
        Some(Value::Time(time)) => Value::Time(time),
        Some(value) => value.number().map_or(Value::Null, Value::Number),
        None => Value::Null,
    }
}

/// The nearest rank; the service estimates.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
fn percentile(mut numbers: Vec<f64>, percent: f64) -> Value<'static> {
    numbers.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * numbers.len() as f64).ceil() as usize;
    numbers.get(rank.saturating_sub(1)).map_or(Value::Null, |number| Value::Number(*number))
}
