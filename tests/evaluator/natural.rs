//! The service's natural order.

use std::cmp::Ordering;

use super::Value;

/// Compares two values of one column: absent values first, then text, then numbers and times.
pub(super) fn compare(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        _ => match (a.number(), b.number()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => compare_texts(a.text().unwrap_or_default(), b.text().unwrap_or_default()),
        },
    })
}

fn rank(value: &Value<'_>) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Text(_) if value.number().is_none() => 2,
        Value::Text(_) | Value::Number(_) => 3,
        Value::Time(_) => 4,
    }
}

/// Runs of digits compare by length, then by value; other characters one by one.
fn compare_texts(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (Some(first), Some(second)) = (a.chars().next(), b.chars().next()) else {
            return a.len().cmp(&b.len());
        };
        let order = if first.is_ascii_digit() && second.is_ascii_digit() {
            let (run, other) = (digits(a), digits(b));
            let order = run.len().cmp(&other.len()).then_with(|| run.cmp(other));
            (a, b) = (&a[run.len()..], &b[other.len()..]);
            order
        } else {
            (a, b) = (&a[first.len_utf8()..], &b[second.len_utf8()..]);
            first.cmp(&second)
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn digits(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())]
}
