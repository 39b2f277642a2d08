//! Evaluates a [`Filter`] over rows of values, where no reader of the plan does.

use regex::Regex;

use super::glob::matches_glob;
use super::plan::{Check, Filter, Operator, Order, Source};
use crate::value::{Row, Value};

/// A filter over the columns of rows, compiled once for all of them.
#[derive(Clone, Debug)]
pub struct Predicate(Node);

#[derive(Clone, Debug)]
enum Node {
    Constant(bool),
    All(Vec<Node>),
    Any(Vec<Node>),
    Test { column: usize, test: Test },
    Relation { left: usize, operator: Operator, right: usize },
}

#[derive(Clone, Debug)]
enum Test {
    Check(Check),
    /// A pattern that cannot be compiled matches nothing; the check of a sentence refuses it.
    Matches {
        regex: Option<Regex>,
        negated: bool,
    },
}

impl Predicate {
    /// Compiles a filter over the columns of a result.
    #[must_use]
    pub fn of_results(filter: &Filter) -> Self {
        Self::new(filter, &|source| if let Source::Result(column) = source { Some(*column) } else { None })
    }

    /// Compiles a filter over rows in which source `s` is in column `column_of(s)`. A test of a source without a column
    /// is false, and so is one of a record's protocol or family.
    pub fn new(filter: &Filter, column_of: &impl Fn(&Source) -> Option<usize>) -> Self {
        Self(Node::new(filter, column_of))
    }

    /// Returns whether a row passes.
    #[must_use]
    pub fn holds(&self, row: &Row) -> bool {
        self.0.holds(row)
    }
}

impl Node {
    fn new(filter: &Filter, column_of: &impl Fn(&Source) -> Option<usize>) -> Self {
        let nodes = |parts: &[Filter]| parts.iter().map(|part| Self::new(part, column_of)).collect();
        match filter {
            Filter::True => Self::Constant(true),
            Filter::All(parts) => Self::All(nodes(parts)),
            Filter::Any(parts) => Self::Any(nodes(parts)),
            Filter::Test(source, check) => {
                column_of(source).map_or(Self::Constant(false), |column| Self::Test { column, test: Test::new(check) })
            }
            Filter::Relation(relation) => match (column_of(&relation.left), column_of(&relation.right)) {
                (Some(left), Some(right)) => Self::Relation { left, operator: relation.operator, right },
                _ => Self::Constant(false),
            },
            Filter::False | Filter::Ported(_) | Filter::Family { .. } | Filter::FamilyAbsent => Self::Constant(false),
        }
    }

    fn holds(&self, row: &Row) -> bool {
        match self {
            Self::Constant(holds) => *holds,
            Self::All(parts) => parts.iter().all(|part| part.holds(row)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(row)),
            Self::Test { column, test } => row.get(*column).is_some_and(|value| test.passes(value)),
            Self::Relation { left, operator, right } => {
                row.get(*left).zip(row.get(*right)).is_some_and(|(left, right)| relates(left, *operator, right))
            }
        }
    }
}

fn relates(left: &Value, operator: Operator, right: &Value) -> bool {
    if [left, right].contains(&&Value::Absent) {
        return false;
    }
    let ordering = match (left, right) {
        (Value::Float(_), _) | (_, Value::Float(_)) => {
            left.as_f64().unwrap_or_default().total_cmp(&right.as_f64().unwrap_or_default())
        }
        _ => left.compare(right),
    };
    operator.holds(ordering)
}

impl Test {
    fn new(check: &Check) -> Self {
        match check {
            Check::Matches { regex, negated } => Self::Matches { regex: Regex::new(regex).ok(), negated: *negated },
            check => Self::Check(check.clone()),
        }
    }

    fn passes(&self, value: &Value) -> bool {
        match self {
            Self::Check(check) => passes(check, value),
            Self::Matches { regex, negated } => {
                let Value::Text(text) = value else { return false };
                regex.as_ref().is_some_and(|regex| regex.is_match(text)) != *negated
            }
        }
    }
}

fn passes(check: &Check, value: &Value) -> bool {
    match (check, value) {
        (Check::Absent, value) => *value == Value::Absent,
        (_, Value::Absent) => false,
        (Check::Present, _) => true,
        (check, Value::Int(number)) => check.admits(*number),
        (check, Value::Float(number)) => admits(check, *number),
        (Check::Address { networks, negated }, Value::Address(address)) => {
            networks.iter().any(|network| network.contains(address)) != *negated
        }
        (Check::Set { set, negated }, Value::Address(address)) => {
            let is_in = set.networks().iter().any(|network| network.contains(address));
            (is_in != set.is_complement()) != *negated
        }
        (Check::Text { words, negated }, Value::Text(text)) => words.iter().any(|word| word == text) != *negated,
        (Check::Like { glob, negated }, Value::Text(text)) => matches_glob(glob, text) != *negated,
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
    use jiff::tz::TimeZone;

    use super::*;
    use crate::query::clock::Clock;
    use crate::query::plan::Shape;
    use crate::query::{Context, compile};

    fn predicate(condition: &str) -> Predicate {
        let text = format!("vpc | count() as n, avg(bytes) as m by src.addr, eni | where {condition}");
        let plan = compile(&text, &Context::new(Clock { now: 1_795_435_200, zone: TimeZone::UTC })).unwrap();
        let Shape::Groups(groups) = plan.shape else { panic!("groups") };
        Predicate::of_results(&groups.having.unwrap().means)
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
            ("eni ~ /^e/", true),
            ("eni !~ /^x/", true),
            ("not (eni = \"eni-1\")", false),
        ] {
            assert_eq!(predicate(condition).holds(&row), expected, "{condition}");
        }
        let absent = vec![Value::Absent, Value::Absent, Value::Int(1), Value::Absent];
        for (condition, expected) in [("m > 0", false), ("not (m > 0)", true), ("eni !~ /^x/", false)] {
            assert_eq!(predicate(condition).holds(&absent), expected, "{condition}");
        }
    }
}
