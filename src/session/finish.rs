//! Filters, sorts and limits groups that the session itself computes.

use std::cmp::Ordering;

use crate::query::holds::Predicate;
use crate::query::plan::{GroupStage, Groups, Kept, Limit, Plan, Source};
use crate::value::{Row, RunStats, Value, compare_rows};

/// The rows of a result, from all its groups.
pub(super) fn finished(plan: &Plan, groups: &Groups, mut rows: Vec<Row>, stats: &mut RunStats) -> Vec<Row> {
    if let Some(having) = &groups.having {
        let having = Predicate::of_results(&having.means);
        rows.retain(|row| having.holds(row));
    }
    rows.sort_by(|a, b| order(plan, groups, a, b));
    if let Some(most) = plan.limit.rows() {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        stats.truncated |= plan.limit == Limit::Default && rows.len() > most;
        rows.truncate(most);
    }
    stats.rows = rows.len() as u64;
    rows
}

/// Compares by the plan's order, or the default one; ties by the other columns. By default the largest conversations,
/// both directions together, come first.
fn order(plan: &Plan, groups: &Groups, a: &Row, b: &Row) -> Ordering {
    let place = |source: &Source| if let Source::Result(place) = source { Some(*place) } else { None };
    let sort = plan.sort.iter().filter_map(|key| Some((place(&key.source)?, key.descending)));
    // A comparison has three columns for each measure: for the window, the one before, and the difference.
    let step = if groups.compare.is_some() { 3 } else { 1 };
    let first = usize::from(groups.compare.is_some_and(|compare| compare.kept == Kept::Gone));
    let by_size = || match groups.stage {
        GroupStage::Conversations(measure) if plan.sort.is_empty() => {
            let size = |row: &Row| {
                let measures: Vec<Value> = row[groups.keys.len() + first..].iter().step_by(step).cloned().collect();
                measure.of_conversation(&measures)
            };
            size(b).total_cmp(&size(a))
        }
        _ => Ordering::Equal,
    };
    compare_rows(a, b, sort).then_with(by_size).then_with(|| compare_rows(a, b, plan.tie_breakers()))
}
