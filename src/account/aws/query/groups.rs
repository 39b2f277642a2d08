//! Groups: computed by the service in one query, or in parts that are merged.

use futures::FutureExt;
use futures::future::{BoxFuture, try_join_all};

use super::super::error::Error;
use super::answer::{Answer, Query};
use super::asked::Unit;
use super::cell;
use super::merge::{Merge, selected};
use super::part::Part;
use super::service::Cells;
use super::unit::halves;
use crate::insights::MAX_ROWS;
use crate::query::plan::{DEFAULT_LIMIT, Groups, Limit, Plan, Source};
use crate::query::window::Interval;
use crate::value::{Row, compare_rows};

impl Query<'_> {
    /// Answers a plan of groups.
    pub(super) async fn groups(&self, groups: &Groups, answer: &mut Answer<'_>) -> Result<(), Error> {
        let is_long = self.plan.limit.rows().is_none_or(|rows| rows > MAX_ROWS);
        let has_parts = self.units.len() > 1 || self.joined.has_names();
        let merge = (has_parts || is_long).then(|| Merge::of(&self.joined.plan, groups)).transpose();
        let (mut part, is_merged) = match merge {
            Ok(Some(merge)) => (self.merged(&merge).await?, true),
            Err(error) if has_parts => return Err(error),
            // Groups that do not merge are computed as a whole, up to the limit of one query.
            Ok(None) | Err(_) => (self.whole(is_long).await?, false),
        };
        if part.matched == 0 {
            // A query that was stopped early does not tell whether there are groups.
            part.rows = if part.cut.is_none() { groups.of_nothing() } else { Vec::new() };
        }
        answer.totals.matched = part.matched;
        answer.totals.cut = part.cut;
        let mut rows = if is_merged || part.matched == 0 { selected(groups, part.rows) } else { part.rows };
        let order = order(self.plan);
        rows.sort_by(|a, b| compare_rows(a, b, order.iter().copied()));
        if !part.full.is_empty() {
            answer.totals.truncated = true;
            answer.totals.notes.push(format!("there are more than {MAX_ROWS} groups: some are missing"));
        }
        answer.rows_within(rows.into_iter().map(|row| self.finished(row)).collect(), self.plan.limit)
    }

    /// Computes all groups in one query: there is at most one unit.
    async fn whole(&self, is_long: bool) -> Result<Part, Error> {
        let Some(unit) = self.units.first() else { return Ok(Part::default()) };
        let limit = match self.plan.limit {
            // One row more than the default limit shows whether there are more.
            Limit::Default => DEFAULT_LIMIT + 1,
            limit => limit.rows().unwrap_or(MAX_ROWS).min(MAX_ROWS),
        };
        let plan = Plan { limit: Limit::Rows(limit), ..self.joined.plan.clone() };
        let mut part = self.part(&plan, unit, unit.interval).await?;
        if !is_long {
            // The plan asks for no more rows, so none are missing.
            part.full.clear();
        }
        Ok(part)
    }

    /// Computes groups in parts; names are joined before the parts merge.
    async fn merged(&self, merge: &Merge) -> Result<Part, Error> {
        let parts = self.units.iter().map(|unit| self.every_group(&merge.part, unit, unit.interval));
        let mut part = Part::joined(try_join_all(parts).await?);
        part.rows = merge.merged(part.rows.into_iter().map(|row| self.named(row)).collect());
        Ok(part)
    }

    /// Every group of an interval; bisects the interval if it has more groups than a query returns.
    fn every_group<'q>(
        &'q self,
        plan: &'q Plan,
        unit: &'q Unit,
        interval: Interval,
    ) -> BoxFuture<'q, Result<Part, Error>> {
        async move {
            let part = self.part(plan, unit, interval).await?;
            match halves(interval).filter(|_| !part.full.is_empty() && part.cut.is_none()) {
                Some(halves) => {
                    Ok(Part::joined(try_join_all(halves.map(|half| self.every_group(plan, unit, half))).await?))
                }
                None => Ok(part),
            }
        }
        .boxed()
    }

    async fn part(&self, plan: &Plan, unit: &Unit, interval: Interval) -> Result<Part, Error> {
        let query = unit.emit(plan)?;
        let reply = unit.ask(self.service, &query.text, interval).await?;
        let kinds = plan.kinds();
        let row = |cells: &Cells| -> Row {
            query.columns.iter().zip(&kinds).map(|(name, kind)| cell::value(*kind, cells.get(name))).collect()
        };
        // There may be more groups than a query returns.
        let full = if reply.rows.len() as u64 >= MAX_ROWS { vec![interval.from] } else { Vec::new() };
        // If no record matches, the service may return no row, an empty row, or zeros.
        let rows = if reply.matched == 0 { Vec::new() } else { reply.rows.iter().map(row).collect() };
        Ok(Part { rows, matched: reply.matched, full, cut: reply.cut })
    }
}

/// The order of the answer, by its columns.
fn order(plan: &Plan) -> Vec<(usize, bool)> {
    let place = |source: &Source| if let Source::Result(place) = source { Some(*place) } else { None };
    let mut order: Vec<(usize, bool)> =
        plan.sort.iter().filter_map(|key| Some((place(&key.source)?, key.descending))).collect();
    order.extend(plan.tie_breakers());
    order
}
