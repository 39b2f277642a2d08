//! Merges partial results, by log groups or by time, into one.
//!
//! Counts, minima and maxima merge directly; sums and averages by a sum and a count; other aggregates do not merge.

use super::super::error::{Error, Unmergeable};
use crate::function::Function;
use crate::query::holds::Predicate;
use crate::query::plan::{Aggregate, Groups, Limit, Plan, Shape};
use crate::value::{Row, Value, compare_rows};

/// The computation of an aggregate from those of the parts.
enum Made {
    /// A merged aggregate, by its index after the keys.
    Of(usize),
    /// A sum and the number of its values. The sum of no values is absent, although the service may return 0.
    Sum { sum: usize, count: usize },
    /// An average, from a sum and a count.
    Mean { sum: usize, count: usize },
}

/// The plan of each part, and the way to merge the results.
pub(super) struct Merge {
    /// The plan of a part.
    pub(super) part: Plan,
    keys: usize,
    made: Vec<Made>,
}

impl Merge {
    /// Determines how the groups of a plan merge; the plan of the parts may have other keys.
    ///
    /// # Errors
    ///
    /// [`Error::Unmergeable`] if an aggregate does not merge.
    pub(super) fn of(plan: &Plan, groups: &Groups) -> Result<Self, Error> {
        let mut parts: Vec<Aggregate> = Vec::new();
        let mut made = Vec::new();
        for aggregate in &groups.aggregates {
            made.push(match aggregate.function {
                Function::Avg => {
                    let sum = add(&mut parts, aggregate, Function::Sum);
                    Made::Mean { sum, count: add(&mut parts, aggregate, Function::Count) }
                }
                Function::Distinct | Function::Percentile(_) => {
                    return Err(Error::Unmergeable { what: aggregate.name.clone(), why: Unmergeable::Aggregate });
                }
                // A sum by role is never absent: without values it is 0.
                Function::Sum if aggregate.role.is_some() => Made::Of(add(&mut parts, aggregate, Function::Sum)),
                Function::Sum => {
                    let sum = add(&mut parts, aggregate, Function::Sum);
                    Made::Sum { sum, count: add(&mut parts, aggregate, Function::Count) }
                }
                function => Made::Of(add(&mut parts, aggregate, function)),
            });
        }
        let keys = match &plan.shape {
            Shape::Groups(groups) => groups.keys.clone(),
            Shape::Records { .. } => Vec::new(),
        };
        let mut part = plan.clone();
        part.sort.clear();
        part.limit = Limit::None;
        part.shape = Shape::Groups(Groups { keys, aggregates: parts, having: None, ..groups.clone() });
        Ok(Self { part, keys: groups.keys.len(), made })
    }

    /// Merges the rows of all parts into one row per group; keys have their final values already.
    pub(super) fn merged(&self, mut rows: Vec<Row>) -> Vec<Row> {
        let by_keys = |a: &Row, b: &Row| compare_rows(a, b, (0..self.keys).map(|place| (place, false)));
        rows.sort_by(by_keys);
        let mut merged: Vec<Row> = Vec::new();
        for row in rows {
            match merged.last_mut() {
                Some(last) if by_keys(last, &row).is_eq() => self.add(last, row),
                _ => merged.push(row),
            }
        }
        merged.iter().map(|row| self.whole(row)).collect()
    }

    /// Adds a row of a part to its group.
    fn add(&self, group: &mut Row, part: Row) {
        let Shape::Groups(groups) = &self.part.shape else { return };
        let values = group.iter_mut().zip(part).skip(self.keys);
        for ((known, value), aggregate) in values.zip(&groups.aggregates) {
            let before = std::mem::replace(known, Value::Absent);
            *known = combined(aggregate.function, before, value);
        }
    }

    /// A group with the aggregates of the whole plan.
    fn whole(&self, row: &[Value]) -> Row {
        let parts = &row[self.keys..];
        let value = |made: &Made| match made {
            Made::Of(place) => parts[*place].clone(),
            Made::Sum { count, .. } if parts[*count] == Value::Int(0) => Value::Absent,
            Made::Sum { sum, .. } => parts[*sum].clone(),
            Made::Mean { sum, count } => mean(&parts[*sum], &parts[*count]),
        };
        let aggregates: Vec<Value> = self.made.iter().map(value).collect();
        row[..self.keys].iter().cloned().chain(aggregates).collect()
    }
}

/// Returns the index of an aggregate among those of the parts; adds it if it is missing.
fn add(parts: &mut Vec<Aggregate>, whole: &Aggregate, function: Function) -> usize {
    let is_same = |part: &Aggregate| part.function == function && part.over == whole.over && part.role == whole.role;
    parts.iter().position(is_same).unwrap_or_else(|| {
        let name = format!("part_{}", parts.len());
        let (over, role, compared) = (whole.over.clone(), whole.role, whole.compared);
        parts.push(Aggregate { function, over, role, compared, name });
        parts.len() - 1
    })
}

/// Combines an aggregate of two parts.
fn combined(function: Function, a: Value, b: Value) -> Value {
    match (function, a, b) {
        (_, Value::Absent, other) | (_, other, Value::Absent) => other,
        (Function::Count | Function::Sum, a, b) => sum(&a, &b),
        (Function::Max, a, b) if a.compare(&b).is_lt() => b,
        (Function::Min, a, b) if a.compare(&b).is_gt() => b,
        (_, a, _) => a,
    }
}

fn sum(a: &Value, b: &Value) -> Value {
    if let (Value::Int(a), Value::Int(b)) = (a, b)
        && let Some(sum) = a.checked_add(*b)
    {
        return Value::Int(sum);
    }
    // Sums beyond 64 bits are approximate.
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => Value::Float(a + b),
        _ => Value::Absent,
    }
}

fn mean(sum: &Value, count: &Value) -> Value {
    match (sum.as_f64(), count.as_f64()) {
        (Some(sum), Some(count)) if count > 0.0 => Value::Float(sum / count),
        _ => Value::Absent,
    }
}

/// The groups that pass the plan's filter on groups.
pub(super) fn selected(groups: &Groups, mut rows: Vec<Row>) -> Vec<Row> {
    if let Some(having) = &groups.having {
        let having = Predicate::of_results(&having.means);
        rows.retain(|row| having.holds(row));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::super::tests::plan;
    use super::*;

    fn merge(text: &str) -> Merge {
        let plan = plan(text);
        let Shape::Groups(groups) = &plan.shape else { panic!("groups") };
        Merge::of(&plan, groups).unwrap()
    }

    fn ints(values: &[i64]) -> Row {
        values.iter().copied().map(Value::Int).collect()
    }

    #[test]
    fn parts_of_one_group_become_one() {
        let merge =
            merge("vpc | count() as n, sum(bytes) as b, min(bytes) as s, max(bytes) as l, avg(bytes) as m by dst.port");
        // Keys: port. Parts: n, b and its count, s, l; the average has the same sum and count as b.
        let rows = vec![ints(&[443, 2, 30, 2, 10, 20]), ints(&[80, 1, 7, 1, 7, 7]), ints(&[443, 1, 60, 1, 60, 60])];
        let merged = merge.merged(rows);
        assert_eq!(merged[0], [ints(&[80, 1, 7, 7, 7]), vec![Value::Float(7.0)]].concat());
        assert_eq!(merged[1], [ints(&[443, 3, 90, 10, 60]), vec![Value::Float(30.0)]].concat());
    }

    #[test]
    fn a_group_without_values_has_no_mean_and_an_absent_key_is_one_group() {
        let merge = merge("vpc | avg(bytes) by dst.port");
        let part = || vec![Value::Absent, Value::Absent, Value::Int(0)];
        assert_eq!(merge.merged(vec![part(), part()]), [vec![Value::Absent, Value::Absent]]);
    }

    #[test]
    fn a_sum_over_nothing_is_absent_whatever_the_service_makes_of_it() {
        let merge = merge("vpc | sum(bytes) by dst.port");
        let rows = vec![ints(&[22, 0, 0]), vec![Value::Int(22), Value::Absent, Value::Int(0)], ints(&[80, 0, 1])];
        assert_eq!(merge.merged(rows), [vec![Value::Int(22), Value::Absent], ints(&[80, 0])]);
    }

    #[test]
    fn sums_over_all_bounds_are_about_that() {
        assert_eq!(sum(&Value::Int(i64::MAX), &Value::Int(i64::MAX)), Value::Float(18_446_744_073_709_551_616.0));
    }

    #[test]
    fn what_does_not_merge_is_refused() {
        for text in ["vpc | distinct(src.addr)", "vpc | p95(bytes) by dst.port"] {
            let plan = plan(text);
            let Shape::Groups(groups) = &plan.shape else { panic!("groups") };
            assert!(matches!(Merge::of(&plan, groups), Err(Error::Unmergeable { .. })), "{text}");
        }
    }
}
