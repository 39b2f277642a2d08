//! Whether a group fulfils the condition behind an aggregation, where it was put together here.

use regex::Regex;

use super::merge::float;
use crate::account::glob::matches_glob;
use crate::query::plan::{Check, Filter, Operator, Order, Relation, Source};
use crate::value::{Row, Value};

/// Whether a group passes a filter over its columns.
pub(super) fn holds(filter: &Filter, row: &Row) -> bool {
    match filter {
        Filter::True => true,
        Filter::All(parts) => parts.iter().all(|part| holds(part, row)),
        Filter::Any(parts) => parts.iter().any(|part| holds(part, row)),
        Filter::Test(Source::Result(place), check) => row.get(*place).is_some_and(|value| passes(check, value)),
        Filter::Relation(Relation { left: Source::Result(left), operator, right: Source::Result(right) }) => {
            row.get(*left).zip(row.get(*right)).is_some_and(|(left, right)| relates(left, *operator, right))
        }
        // The rest is of records.
        Filter::False
        | Filter::Test(..)
        | Filter::Relation(_)
        | Filter::Ported(_)
        | Filter::Family { .. }
        | Filter::FamilyAbsent => false,
    }
}

fn relates(left: &Value, operator: Operator, right: &Value) -> bool {
    if [left, right].contains(&&Value::Absent) {
        return false;
    }
    let ordering = match (left, right) {
        (Value::Float(_), _) | (_, Value::Float(_)) => {
            float(left).unwrap_or_default().total_cmp(&float(right).unwrap_or_default())
        }
        _ => left.compare(right),
    };
    operator.holds(ordering)
}

fn passes(check: &Check, value: &Value) -> bool {
    match (check, value) {
        (Check::Absent, value) => *value == Value::Absent,
        (_, Value::Absent) => false,
        (Check::Present, _) => true,
        (check, Value::Int(number)) => check.admits(*number),
        (check, Value::Float(_)) => float(value).is_some_and(|number| admits(check, number)),
        (Check::Address { networks, negated }, Value::Address(address)) => {
            networks.iter().any(|network| network.contains(address)) != *negated
        }
        (Check::Set { set, negated }, Value::Address(address)) => {
            let is_in = set.networks().iter().any(|network| network.contains(address));
            (is_in != set.is_complement()) != *negated
        }
        (Check::Text { words, negated }, Value::Text(text)) => words.iter().any(|word| word == text) != *negated,
        (Check::Like { glob, negated }, Value::Text(text)) => matches_glob(glob, text) != *negated,
        (Check::Matches { regex, negated }, Value::Text(text)) => {
            Regex::new(regex).is_ok_and(|regex| regex.is_match(text)) != *negated
        }
        _ => false,
    }
}

/// The same as [`Check::admits`] for a number with a fraction.
#[allow(clippy::cast_precision_loss, reason = "an average is compared with numbers that people type")]
fn admits(check: &Check, number: f64) -> bool {
    match check {
        Check::Compare { order, value } => match order {
            Order::Less => number < *value as f64,
            Order::AtMost => number <= *value as f64,
            Order::Greater => number > *value as f64,
            Order::AtLeast => number >= *value as f64,
        },
        Check::Number { ranges, negated } => {
            let is_in = ranges.iter().any(|range| number >= range.first as f64 && number <= range.last as f64);
            is_in != *negated
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::plan;
    use super::*;
    use crate::query::plan::Shape;

    fn is_kept(condition: &str, row: &[Value]) -> bool {
        let text = format!("vpc | count() as n, avg(bytes) as m by src.addr, eni | where {condition}");
        let plan = plan(&text);
        let Shape::Groups(groups) = plan.shape else { panic!("groups") };
        holds(&groups.having.unwrap().means, &row.to_vec())
    }

    #[test]
    fn a_group_is_kept_by_what_its_columns_have() {
        let row = |address: &str, n: i64, m: f64| {
            vec![Value::Address(address.parse().unwrap()), Value::word("eni-1"), Value::Int(n), Value::Float(m)]
        };
        let row = row("10.1.2.3", 5, 2.5);
        for (condition, expected) in [
            ("n >= 5", true),
            ("n > 5", false),
            ("n in (1, 4..6)", true),
            ("m > 2", true),
            ("m <= 2", false),
            ("src.addr in 10.0.0.0/8", true),
            ("src.addr in 10.2.0.0/16 or n = 5", true),
            ("eni like \"eni-*\"", true),
            ("eni ~ /^x/", false),
            ("not (eni = \"eni-1\")", false),
        ] {
            assert_eq!(is_kept(condition, &row), expected, "{condition}");
        }
        let absent = vec![Value::Absent, Value::Absent, Value::Int(1), Value::Absent];
        assert!(!is_kept("m > 0", &absent));
        assert!(is_kept("not (m > 0)", &absent));
    }
}
