//! Differences that are known: each one narrowly, with its reason, and counted.

use flowlogs::field::Origin;
use flowlogs::function::Function;
use flowlogs::query::Plan;
use flowlogs::query::plan::{Shape, Source};
use flowlogs::value::{Row, Value};

use crate::typed::Kind;

/// Whether local or remote is shown, grouped by, ordered by or computed over. Where a record's
/// direction is absent these are absent too, while the text takes the side of traffic that leaves.
pub(crate) fn projects_a_side(plan: &Plan) -> bool {
    let is_by_side = |source: &Source| match source {
        Source::Field(field) => matches!(field.info().origin, Origin::BySide { .. }),
        _ => false,
    };
    let shown = match &plan.shape {
        Shape::Records { columns, .. } => columns.iter().any(|column| is_by_side(&column.source)),
        Shape::Groups(groups) => {
            groups.keys.iter().any(|key| is_by_side(&key.source()))
                || groups.aggregates.iter().filter_map(|aggregate| aggregate.over.as_ref()).any(is_by_side)
        }
    };
    shown || plan.sort.iter().any(|key| is_by_side(&key.source))
}

/// Whether it is the answer about no record: one row of nothing and zeros. How many different values
/// there are in nothing, the text may leave open.
pub(crate) fn is_of_nothing(plan: &Plan, rows: &[Row]) -> bool {
    let is_keyless = matches!(&plan.shape, Shape::Groups(groups) if groups.keys.is_empty());
    is_keyless && rows.iter().flatten().all(|value| matches!(value, Value::Absent | Value::Int(0)))
}

/// Whether a text counts different values and does not take the `-` of absent ones off again.
pub(crate) fn counts_absent(text: &str) -> bool {
    text.matches("count_distinct(").count() > text.matches("- max(").count()
}

/// The kinds of the columns, with nothing to compare in those that count different values.
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
