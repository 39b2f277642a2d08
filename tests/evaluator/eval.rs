//! Expressions over one row.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::net::IpAddr;

use super::syntax::{Arithmetic, Call, Comparison, Expr, Family, Pattern, Slot};
use super::{MissingTest, Mixed, NotNull, Settings, Value};

/// An event or a group, with the values computed from it.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    /// The event; empty for a group.
    pub(super) event: &'a [Value<'static>],
    pub(super) computed: Vec<Value<'a>>,
    /// The number of the event.
    pub(super) number: Option<usize>,
}

impl Row<'_> {
    pub(super) fn get(&self, slot: Slot) -> Value<'_> {
        match self.event.get(slot) {
            Some(value) => value.borrowed(),
            None => self.computed[slot - self.event.len()].borrowed(),
        }
    }
}

/// Whether the row passes: null does not pass.
pub(super) fn passes(expr: &Expr, row: &Row<'_>, settings: Settings) -> bool {
    truth(expr, row, settings) == Some(true)
}

/// The result of a test: true, false, or null.
fn truth(expr: &Expr, row: &Row<'_>, settings: Settings) -> Option<bool> {
    match expr {
        Expr::All(parts) => joined(parts, false, row, settings),
        Expr::Any(parts) => joined(parts, true, row, settings),
        Expr::Not(part) => match truth(part, row, settings) {
            Some(truth) => Some(!truth),
            None => (settings.not_null == NotNull::True).then_some(true),
        },
        Expr::Compare(operator, sides) => {
            let [left, right] = sides.as_ref();
            compare(*operator, &value(left, row, settings), &value(right, row, settings), settings)
        }
        Expr::In { value: left, list, negated } => {
            let left = value(left, row, settings);
            if left == Value::Null {
                return missing(*negated, settings);
            }
            // A number in a text is read once for the whole list.
            let number = left.ordered();
            let is_in = list.iter().any(|item| match item {
                Expr::Number(item) => number == Some(*item),
                item => are_equal((&left, number), &value(item, row, settings)),
            });
            Some(is_in != *negated)
        }
        Expr::Like { value: left, pattern, negated } => {
            let left = value(left, row, settings);
            if left == Value::Null {
                return missing(*negated, settings);
            }
            let text = left.to_string();
            let is_like = match pattern {
                Pattern::Part(part) => text.contains(part.as_str()),
                Pattern::Regex(regex) => regex.is_match(&text),
            };
            Some(is_like != *negated)
        }
        Expr::Call(call) => test(call, row, settings),
        Expr::Slot(_) | Expr::Number(_) | Expr::Text(_) | Expr::Arithmetic(..) => {
            unreachable!("the parser tells tests from values")
        }
    }
}

/// `or` if `decides` is true, `and` if it is false. One part equal to `decides` decides; else the result is null if any
/// part is.
fn joined(parts: &[Expr], decides: bool, row: &Row<'_>, settings: Settings) -> Option<bool> {
    let mut result = Some(!decides);
    for part in parts {
        match truth(part, row, settings) {
            Some(truth) if truth == decides => return Some(decides),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

/// The result of a comparison with a missing field.
fn missing(negated: bool, settings: Settings) -> Option<bool> {
    match settings.missing {
        MissingTest::False => Some(false),
        MissingTest::Null => None,
        MissingTest::Opposite => Some(negated),
    }
}

fn compare(operator: Comparison, left: &Value<'_>, right: &Value<'_>, settings: Settings) -> Option<bool> {
    let absent = || missing(operator == Comparison::NotEqual, settings);
    if matches!(left, Value::Null) || matches!(right, Value::Null) {
        return absent();
    }
    match operator {
        Comparison::Equal => Some(are_equal((left, left.ordered()), right)),
        Comparison::NotEqual => Some(!are_equal((left, left.ordered()), right)),
        _ => {
            let order = match (left.ordered(), right.ordered(), settings.mixed) {
                (Some(left), Some(right), _) => left.total_cmp(&right),
                (_, _, Mixed::AsText) => left.to_string().cmp(&right.to_string()),
                (_, _, Mixed::Missing) => return absent(),
            };
            Some(match operator {
                Comparison::Less => order == Ordering::Less,
                Comparison::AtMost => order != Ordering::Greater,
                Comparison::Greater => order == Ordering::Greater,
                _ => order != Ordering::Less,
            })
        }
    }
}

/// Equal as text if both are text; as numbers if either is a number. The left value comes with its number.
fn are_equal((left, number): (&Value<'_>, Option<f64>), right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::Time(left), Value::Time(right)) => left == right,
        _ => number.is_some() && right.ordered() == number,
    }
}

fn test(call: &Call, row: &Row<'_>, settings: Settings) -> Option<bool> {
    let argument = match call {
        Call::IsPresent(slot) => return Some(row.get(*slot) != Value::Null),
        Call::IsNumeric(argument) | Call::IsIp(_, argument) | Call::InSubnet(argument, _) => argument,
        Call::Contains(sides) => {
            let [whole, part] = sides.as_ref();
            let (whole, part) = (value(whole, row, settings), value(part, row, settings));
            if whole == Value::Null || part == Value::Null {
                return missing(false, settings);
            }
            return Some(whole.to_string().contains(&part.to_string()));
        }
        _ => unreachable!("the parser tells tests from values"),
    };
    let value = value(argument, row, settings);
    if value == Value::Null {
        return missing(false, settings);
    }
    let address = || value.text().and_then(|text| text.parse::<IpAddr>().ok());
    let is_of = |family: Family, address: IpAddr| match family {
        Family::Any => true,
        Family::V4 => address.is_ipv4(),
        Family::V6 => address.is_ipv6(),
    };
    Some(match call {
        Call::IsNumeric(_) => value.number().is_some(),
        Call::IsIp(family, _) => address().is_some_and(|address| is_of(*family, address)),
        Call::InSubnet(_, subnet) => address().is_some_and(|address| subnet.contains(address)),
        _ => unreachable!("the others have returned"),
    })
}

/// The value of an expression.
pub(super) fn value<'r>(expr: &'r Expr, row: &'r Row<'_>, settings: Settings) -> Value<'r> {
    match expr {
        Expr::Slot(slot) => row.get(*slot),
        Expr::Number(number) => Value::Number(*number),
        Expr::Text(text) => Value::Text(Cow::Borrowed(text)),
        Expr::Arithmetic(operator, sides) => {
            let [left, right] = sides.as_ref();
            arithmetic(*operator, value(left, row, settings).number(), value(right, row, settings).number())
        }
        Expr::Call(call) => computed(call, row, settings),
        test => truth(test, row, settings).map_or(Value::Null, Value::Bool),
    }
}

/// Null if a side is no number, or the result is none.
pub(super) fn arithmetic(operator: Arithmetic, left: Option<f64>, right: Option<f64>) -> Value<'static> {
    let (Some(left), Some(right)) = (left, right) else { return Value::Null };
    let result = match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Power => left.powf(right),
        Arithmetic::Remainder => left % right,
    };
    if result.is_finite() { Value::Number(result) } else { Value::Null }
}

fn computed<'r>(call: &'r Call, row: &'r Row<'_>, settings: Settings) -> Value<'r> {
    match call {
        Call::If(branches) => {
            let [test, yes, no] = branches.as_ref();
            value(if passes(test, row, settings) { yes } else { no }, row, settings)
        }
        Call::Case(arms, rest) => match arms.iter().find(|(test, _)| passes(test, row, settings)) {
            Some((_, result)) => value(result, row, settings),
            None => rest.as_ref().map_or(Value::Null, |rest| value(rest, row, settings)),
        },
        Call::Coalesce(parts) => {
            let mut values = parts.iter().map(|part| value(part, row, settings));
            values.find(|value| *value != Value::Null).unwrap_or(Value::Null)
        }
        Call::Concat(parts) => {
            Value::Text(parts.iter().map(|part| value(part, row, settings).to_string()).collect::<String>().into())
        }
        Call::Floor(part) => value(part, row, settings).number().map_or(Value::Null, |n| Value::Number(n.floor())),
        #[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 milliseconds")]
        Call::ToMillis(part) => match value(part, row, settings) {
            Value::Time(time) => Value::Number(time as f64),
            _ => Value::Null,
        },
        // `@timestamp` is the first field of every event.
        Call::Bin(width) => match row.get(0) {
            Value::Time(time) => Value::Time(time.div_euclid(*width) * width),
            _ => Value::Null,
        },
        test => self::test(test, row, settings).map_or(Value::Null, Value::Bool),
    }
}
