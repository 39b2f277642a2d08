//! Groups, and the aggregates over each.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::eval::{Row, arithmetic, value};
use super::syntax::{Aggregate, Expr, Stats, Total};
use super::{Settings, SumOfNothing, Value, natural};

/// One row per group: its keys, then its aggregates. Without keys there is one group, even over no rows.
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
        computed.extend(stats.aggregates.iter().map(|(_, total)| compute(total, &rows, settings)));
        Row { event: &[], computed, number: None }
    };
    groups.into_values().map(make).collect()
}

/// A text that is equal only for equal keys; null is a key, too.
fn identity(keys: &[Value<'_>]) -> String {
    format!("{keys:?}")
}

fn compute(total: &Total, rows: &[&Row<'_>], settings: Settings) -> Value<'static> {
    match total {
        Total::Number(number) => Value::Number(*number),
        Total::Arithmetic(operator, sides) => {
            let [left, right] = sides.as_ref();
            arithmetic(*operator, compute(left, rows, settings).number(), compute(right, rows, settings).number())
        }
        Total::Aggregate(aggregate) => over(aggregate, rows, settings),
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are few rows")]
fn over(aggregate: &Aggregate, rows: &[&Row<'_>], settings: Settings) -> Value<'static> {
    let count = |number: usize| Value::Number(number as f64);
    let values = |over| present(over, rows, settings);
    let numbers = |over| -> Vec<f64> { values(over).filter_map(|value| value.number()).collect() };
    match aggregate {
        Aggregate::Records => count(rows.len()),
        Aggregate::Count(over) => count(values(over).count()),
        Aggregate::Distinct(over) => count(values(over).map(|value| value.to_string()).collect::<BTreeSet<_>>().len()),
        Aggregate::Sum(over) => sum(&numbers(over), settings),
        Aggregate::Avg(over) => {
            let numbers = numbers(over);
            if numbers.is_empty() { Value::Null } else { Value::Number(total(&numbers) / numbers.len() as f64) }
        }
        Aggregate::Min(over) => extreme(values(over), Ordering::Less),
        Aggregate::Max(over) => extreme(values(over), Ordering::Greater),
        Aggregate::Percentile(over, percent) => percentile(numbers(over), *percent),
    }
}

fn present<'r>(over: &'r Expr, rows: &'r [&Row<'_>], settings: Settings) -> impl Iterator<Item = Value<'r>> {
    rows.iter().map(move |row| value(over, row, settings)).filter(|value| *value != Value::Null)
}

fn total(numbers: &[f64]) -> f64 {
    // The sum of an empty iterator is -0.
    numbers.iter().fold(0.0, |sum, number| sum + number)
}

fn sum(numbers: &[f64], settings: Settings) -> Value<'static> {
    let is_nothing = numbers.is_empty() && settings.sum_of_nothing == SumOfNothing::Null;
    if is_nothing { Value::Null } else { Value::Number(total(numbers)) }
}

/// The smallest or largest value in the order of `sort`, which puts text such as `-` before numbers.
fn extreme<'r>(values: impl Iterator<Item = Value<'r>>, wanted: Ordering) -> Value<'static> {
    let found = values.reduce(|best, value| if natural::compare(&value, &best) == wanted { value } else { best });
    found.map_or(Value::Null, Value::owned)
}

/// The percentile by nearest rank; the service estimates.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
fn percentile(mut numbers: Vec<f64>, percent: f64) -> Value<'static> {
    numbers.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * numbers.len() as f64).ceil() as usize;
    numbers.get(rank.saturating_sub(1)).map_or(Value::Null, |number| Value::Number(*number))
}
