//! Queries: targets to log groups, those to questions of the service, what it answers to rows.
//!
//! A plan becomes as few questions as possible: one for up to 50 log groups of one format. Several, by
//! log groups or by time, are asked at once and merged.

mod cell;
mod empty;
mod format;
mod groups;
mod holds;
mod merge;
mod name;
mod part;
mod quota;
mod records;
mod service;
mod target;
mod unit;
mod window;

use std::sync::Arc;
use std::time::Instant;

use futures::future::try_join_all;
pub(super) use quota::Quota;

use super::{Aws, Error};
use crate::account::names::{Names, names};
use crate::account::{self, Estimate};
use crate::query::kind::Kind;
use crate::query::plan::{Limit, Plan, Shape};
use crate::query::window::Interval;
use crate::value::{Progress, Row, RowSink, RunStats};
use name::Joined;
use service::Service;
use unit::Unit;

/// Runs a plan; rows go to `sink` in the order of the plan.
pub(super) async fn run(
    aws: &Aws,
    plan: &Plan,
    interval: Option<Interval>,
    progress: &Arc<Progress>,
    sink: &mut (dyn RowSink + Send),
) -> Result<RunStats, account::Error> {
    let _query = aws.stop.query();
    let started = Instant::now();
    let joined = name::joined(plan)?;
    let names = if joined.has_names() { Some(names(aws.inventory().await?)) } else { None };
    let asked = unit::asked(aws, &joined.plan, interval).await?;
    sink.columns(&plan.columns()).map_err(account::Error::Sink)?;
    let service = Service::new(aws, progress);
    let query = Query { plan, kinds: plan.kinds(), joined, names, units: &asked.units, service: &service };
    let mut answer = Answer { sink, outcome: Outcome::default() };
    let ended = match &plan.shape {
        _ if plan.is_never() => query.never(&mut answer),
        Shape::Records { .. } => query.records(&mut answer).await,
        Shape::Groups(groups) => query.groups(groups, &mut answer).await,
    };
    service.stop_all().await;
    ended?;
    let Outcome { rows, matched, truncated, mut notes, cut } = answer.outcome;
    if let Some(cut) = cut {
        return Err(cut.into());
    }
    if matched == 0 && !plan.is_never() {
        notes.extend(empty::notes(&asked));
    }
    let (records_scanned, bytes_scanned) = service.scanned();
    Ok(RunStats {
        rows,
        truncated,
        records_scanned,
        bytes_scanned,
        log_groups: asked.sources.len() as u64,
        queries: service.queries(),
        cost_usd: Some(aws.options.cost_usd(bytes_scanned)),
        notes,
        elapsed: started.elapsed(),
        ..RunStats::default()
    })
}

/// How many bytes a plan would scan: the service says so for nothing.
pub(super) async fn estimate(aws: &Aws, plan: &Plan, interval: Option<Interval>) -> Result<Estimate, account::Error> {
    let _query = aws.stop.query();
    let plan = name::joined(plan)?.plan;
    let asked = unit::asked(aws, &plan, interval).await?;
    let progress = Arc::default();
    let service = Service::new(aws, &progress);
    let estimates = asked.units.iter().map(|unit| unit.estimate(&service, &plan));
    let outcome = try_join_all(estimates).await;
    service.stop_all().await;
    let bytes = outcome?.into_iter().sum();
    Ok(Estimate { bytes, cost_usd: aws.options.cost_usd(bytes) })
}

/// A plan and what it is asked of.
struct Query<'a> {
    /// What the answer is to be.
    plan: &'a Plan,
    /// What its columns have.
    kinds: Vec<Kind>,
    /// What the service is asked, where names are asked for.
    joined: Joined,
    names: Option<Names>,
    units: &'a [Unit],
    service: &'a Service<'a>,
}

/// What came of a plan.
#[derive(Default)]
struct Outcome {
    rows: u64,
    /// Records that the filters let through.
    matched: u64,
    truncated: bool,
    notes: Vec<String>,
    /// Why the rows are not all there are.
    cut: Option<Error>,
}

/// Rows on their way to whoever asked.
struct Answer<'a> {
    sink: &'a mut (dyn RowSink + Send),
    outcome: Outcome,
}

impl Answer<'_> {
    fn rows(&mut self, rows: Vec<Row>) -> Result<(), account::Error> {
        self.outcome.rows += rows.len() as u64;
        self.sink.rows(rows).map_err(account::Error::Sink)
    }

    /// Rows up to a limit; the default one cuts.
    fn rows_within(&mut self, mut rows: Vec<Row>, limit: Limit) -> Result<(), account::Error> {
        if let Some(most) = limit.rows() {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            self.outcome.truncated |= limit == Limit::Default && rows.len() > most;
            rows.truncate(most);
        }
        self.rows(rows)
    }
}

impl Query<'_> {
    /// Nothing can match: nothing is asked.
    fn never(&self, answer: &mut Answer<'_>) -> Result<(), account::Error> {
        match &self.plan.shape {
            Shape::Groups(groups) => answer.rows(merge::selected(groups, groups::of_nothing(groups))),
            Shape::Records { .. } => Ok(()),
        }
    }

    /// A row with what its values stand for, and its names.
    fn finished(&self, mut row: Row) -> Row {
        if let Some(names) = &self.names {
            self.joined.name(names, &mut row);
        }
        self.kinds.iter().zip(row).map(|(kind, value)| cell::finished(*kind, value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::query::clock::Clock;
    use crate::query::{Context, compile};

    /// The plan of a sentence.
    pub(super) fn plan(text: &str) -> Plan {
        compile(text, &Context::new(Clock { now: 1_795_435_200, zone: TimeZone::UTC })).unwrap()
    }
}
