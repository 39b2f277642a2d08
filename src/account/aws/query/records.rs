//! Records: one query per unit, or several if the result is longer than one query returns.

use futures::future::{BoxFuture, try_join_all};
use futures::{FutureExt, StreamExt, stream};

use super::super::error::Error;
use super::answer::{Answer, Query};
use super::asked::Unit;
use super::cell;
use super::part::Part;
use super::service::{Cells, Reply};
use super::unit::{halves, parts};
use crate::insights::{self, MAX_ROWS};
use crate::query::kind::Kind;
use crate::query::plan::{Limit, Plan, SortKey};
use crate::query::window::Interval;
use crate::value::{EpochSeconds, Row, Value, compare_rows, time_utc};

/// The rows of the first query of a long result. One page is enough to learn the oldest time, so that the other parts
/// can start early.
const FIRST_ROWS: u64 = 10_000;
/// The rows that each of the other queries should return: less than a page, because traffic is uneven.
const PART_ROWS: u64 = 8_000;
/// The parts of the window that are in flight or buffered at once.
const PARTS_AT_ONCE: usize = 24;

/// The layout of a plan's rows: the sort keys come before the columns.
struct Layout {
    kinds: Vec<Kind>,
    order: Vec<(usize, bool)>,
    keys: usize,
    is_newest_first: bool,
}

impl Layout {
    fn of(plan: &Plan) -> Self {
        let keys = if plan.sort.is_empty() { vec![SortKey::NEWEST_FIRST] } else { plan.sort.clone() };
        let mut order: Vec<(usize, bool)> = keys.iter().enumerate().map(|(at, key)| (at, key.descending)).collect();
        order.extend(plan.tie_breakers().into_iter().map(|(place, descending)| (keys.len() + place, descending)));
        let kinds = keys.iter().map(|key| Kind::of(&key.source)).chain(plan.kinds()).collect();
        let is_newest_first = keys.first() == Some(&SortKey::NEWEST_FIRST);
        Self { kinds, order, keys: keys.len(), is_newest_first }
    }

    fn row(&self, query: &insights::Query, cells: &Cells) -> Row {
        let names = query.order.iter().chain(&query.columns);
        names.zip(&self.kinds).map(|(name, kind)| cell::value(*kind, cells.get(name))).collect()
    }

    fn sort(&self, rows: &mut [Row]) {
        rows.sort_by(|a, b| compare_rows(a, b, self.order.iter().copied()));
    }

    /// Removes the sort keys from a row.
    fn columns(&self, mut row: Row) -> Row {
        row.split_off(self.keys)
    }
}

impl Query<'_> {
    /// Answers a plan of records.
    pub(super) async fn records(&self, answer: &mut Answer<'_>) -> Result<(), Error> {
        let layout = Layout::of(&self.joined.plan);
        match self.plan.limit.rows() {
            Some(rows) if rows <= MAX_ROWS => self.some_records(&layout, answer).await,
            _ => self.all_records(&layout, answer).await,
        }
    }

    /// Runs a plan within the limit of one query: each unit returns up to that many rows.
    async fn some_records(&self, layout: &Layout, answer: &mut Answer<'_>) -> Result<(), Error> {
        let plan = &self.joined.plan;
        let asked = self.units.iter().map(|unit| self.ask(layout, plan, unit, unit.interval));
        let mut part = Part::joined(try_join_all(asked).await?);
        layout.sort(&mut part.rows);
        let limit = self.plan.limit;
        let most = limit.rows().unwrap_or(MAX_ROWS);
        answer.totals.truncated = limit == Limit::Default && part.matched > most;
        answer.totals.matched = part.matched;
        answer.totals.cut = part.cut;
        part.rows.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        answer.rows(self.shown(layout, part.rows))
    }

    /// Runs a plan beyond the limit of one query: the newest records first, then the others in parts by time.
    async fn all_records(&self, layout: &Layout, answer: &mut Answer<'_>) -> Result<(), Error> {
        let Some(whole) = self.window() else { return Ok(()) };
        let newest = Plan { limit: Limit::Rows(FIRST_ROWS), ..self.joined.plan.clone() };
        let asked = self.units.iter().map(|unit| async {
            let part = self.ask(layout, &newest, unit, unit.interval).await?;
            Ok::<_, Error>((part.oldest_if_incomplete(), part))
        });
        let (oldest, first): (Vec<_>, Vec<_>) = try_join_all(asked).await?.into_iter().unzip();
        let mut first = Part::joined(first);
        answer.totals.matched = first.matched;
        let oldest = oldest.into_iter().flatten().max();
        let mut sorted = Sorted { layout, query: self, waiting: Vec::new(), left: self.plan.limit.rows() };
        let Some(oldest) = oldest.filter(|_| first.cut.is_none()) else {
            sorted.add(first, answer)?;
            return sorted.finish(answer);
        };
        // The second of the oldest row may have more rows. In any other order, the whole interval is queried again.
        let rest = if layout.is_newest_first { Interval { until: oldest, ..whole } } else { whole };
        first.rows.retain(|row| layout.is_newest_first && row[0].compare(&Value::Int(oldest)).is_gt());
        let left = first.matched.saturating_sub(first.rows.len() as u64);
        sorted.add(Part { matched: 0, ..first }, answer)?;
        let every = Plan { limit: Limit::Rows(MAX_ROWS), ..self.joined.plan.clone() };
        let parts = stream::iter(parts(rest, left.div_ceil(PART_ROWS)));
        let mut parts = parts.map(|part| self.every_record(layout, &every, part)).buffered(PARTS_AT_ONCE);
        while !sorted.is_enough() && answer.totals.cut.is_none() {
            let Some(part) = parts.next().await else { break };
            sorted.add(part?, answer)?;
        }
        sorted.finish(answer)
    }

    /// Every record of an interval; bisects the interval if it has more records than a query returns.
    fn every_record<'q>(
        &'q self,
        layout: &'q Layout,
        plan: &'q Plan,
        interval: Interval,
    ) -> BoxFuture<'q, Result<Part, Error>> {
        async move {
            let units = self.units.iter().filter_map(|unit| Some((unit, unit.within(interval)?)));
            let mut part =
                Part::joined(try_join_all(units.map(|(unit, interval)| self.ask(layout, plan, unit, interval))).await?);
            if part.cut.is_none() && part.rows.len() as u64 != part.matched {
                let Some(halves) = halves(interval) else {
                    part.full.push(interval.from);
                    return Ok(part);
                };
                part = Part::joined(try_join_all(halves.map(|half| self.every_record(layout, plan, half))).await?);
            }
            Ok(part)
        }
        .boxed()
    }

    /// Queries a unit.
    async fn ask(&self, layout: &Layout, plan: &Plan, unit: &Unit, interval: Interval) -> Result<Part, Error> {
        let query = unit.emit(plan)?;
        let Reply { rows, matched, cut } = unit.ask(self.service, &query.text, interval).await?;
        let rows = rows.iter().map(|cells| layout.row(&query, cells)).collect();
        Ok(Part { rows, matched, full: Vec::new(), cut })
    }

    /// The interval that the units together can answer.
    fn window(&self) -> Option<Interval> {
        let from = self.units.iter().map(|unit| unit.interval.from).min()?;
        let until = self.units.iter().map(|unit| unit.interval.until).max()?;
        Some(Interval { from, until })
    }

    fn shown(&self, layout: &Layout, rows: Vec<Row>) -> Vec<Row> {
        rows.into_iter().map(|row| self.finished(self.named(layout.columns(row)))).collect()
    }
}

impl Part {
    /// The time of the oldest row, if there are more rows than the service returned.
    fn oldest_if_incomplete(&self) -> Option<EpochSeconds> {
        if self.matched <= self.rows.len() as u64 {
            return None;
        }
        let time = |row: &Row| if let Some(Value::Int(time)) = row.first() { Some(*time) } else { None };
        self.rows.iter().filter_map(time).min()
    }
}

/// Passes on parts in order: as they arrive if newest first, otherwise once all have arrived.
struct Sorted<'a> {
    layout: &'a Layout,
    query: &'a Query<'a>,
    waiting: Vec<Row>,
    /// The rows that may still be passed on; `None` for all.
    left: Option<u64>,
}

impl Sorted<'_> {
    fn add(&mut self, mut part: Part, answer: &mut Answer<'_>) -> Result<(), Error> {
        answer.totals.cut = answer.totals.cut.take().or(part.cut);
        for second in part.full {
            answer.totals.truncated = true;
            let time = time_utc(second);
            answer.totals.notes.push(format!("the second {time} has more than {MAX_ROWS} records: some are missing"));
        }
        if !self.layout.is_newest_first {
            self.waiting.append(&mut part.rows);
            return Ok(());
        }
        self.layout.sort(&mut part.rows);
        self.pass_on(part.rows, answer)
    }

    fn finish(mut self, answer: &mut Answer<'_>) -> Result<(), Error> {
        let mut rows = std::mem::take(&mut self.waiting);
        self.layout.sort(&mut rows);
        self.pass_on(rows, answer)
    }

    fn is_enough(&self) -> bool {
        self.layout.is_newest_first && self.left == Some(0)
    }

    fn pass_on(&mut self, mut rows: Vec<Row>, answer: &mut Answer<'_>) -> Result<(), Error> {
        if let Some(left) = &mut self.left {
            rows.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= rows.len() as u64;
        }
        if rows.is_empty() { Ok(()) } else { answer.rows(self.query.shown(self.layout, rows)) }
    }
}
