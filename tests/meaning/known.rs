//! Known differences: each is narrow, has a reason, and is counted.

use flowlogs::function::Function;
use flowlogs::query::Plan;
use flowlogs::query::plan::{Filter, Shape, Source};
use flowlogs::value::{Row, Value};

use crate::typed::Kind;

/// Returns whether the filter over groups tests a percentile, which both sides estimate.
pub(crate) fn chooses_by_estimate(plan: &Plan) -> bool {
    let Shape::Groups(groups) = &plan.shape else { return false };
    let is_estimate = |source: &Source| {
        let Source::Result(place) = source else { return false };
        let aggregate = place.checked_sub(groups.keys.len()).and_then(|place| groups.aggregates.get(place));
        matches!(aggregate.map(|aggregate| aggregate.function), Some(Function::Percentile(_)))
    };
    groups.having.as_ref().is_some_and(|having| tests(&having.means, &is_estimate))
}

fn tests(filter: &Filter, is_meant: &dyn Fn(&Source) -> bool) -> bool {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().any(|part| tests(part, is_meant)),
        Filter::Test(source, _) => is_meant(source),
        Filter::Relation(relation) => is_meant(&relation.left) || is_meant(&relation.right),
        _ => false,
    }
}

/// Returns whether a filter over groups tests a number of distinct values, and so decides about the row of an answer
/// over no records.
pub(crate) fn chooses_by_distinct(plan: &Plan) -> bool {
    let Shape::Groups(groups) = &plan.shape else { return false };
    groups.having.is_some() && groups.aggregates.iter().any(|aggregate| aggregate.function == Function::Distinct)
}

/// Returns whether it is the answer over no records: one row of absent values and zeros. The text may leave the number
/// of distinct values open.
pub(crate) fn is_of_nothing(plan: &Plan, rows: &[Row]) -> bool {
    let is_keyless = matches!(&plan.shape, Shape::Groups(groups) if groups.keys.is_empty());
    is_keyless && rows.iter().flatten().all(|value| matches!(value, Value::Absent | Value::Int(0)))
}

/// The kinds of the columns, with distinct counts not to be compared.
pub(crate) fn without_distinct(plan: &Plan, kinds: &[Kind]) -> Vec<Kind> {
    let Shape::Groups(groups) = &plan.shape else { return kinds.to_vec() };
    let mut kinds = kinds.to_vec();
    for (place, aggregate) in groups.aggregates.iter().enumerate() {
        if aggregate.function == Function::Distinct {
            kinds[groups.keys.len() + place] = Kind::Ignored;
        }
    }
    kinds
}
