//! Runs plans, and estimates their cost.

use std::sync::Arc;
use std::time::Instant;

use futures::future::try_join_all;

use super::super::budget::bytes_of;
use super::super::connection::Aws;
use super::super::error::Error;
use super::answer::{Answer, Query, Totals};
use super::asked::{Asked, Unit};
use super::past_names::PastNames;
use super::service::Service;
use super::{console, empty, join, merge, unit};
use crate::account::cancellation::Cancellation;
use crate::account::estimate::Estimate;
use crate::query::plan::{Plan, Shape};
use crate::query::window::Interval;
use crate::value::{EpochSeconds, Progress, RowSink, RunStats};

/// Runs a plan; rows go to `sink` in the order of the plan.
pub(in super::super) async fn run(
    aws: &Aws,
    plan: &Plan,
    interval: Option<Interval>,
    progress: &Arc<Progress>,
    sink: &mut (dyn RowSink + Send),
    cancellation: &Cancellation,
) -> Result<RunStats, Error> {
    let _query = cancellation.query();
    let started = Instant::now();
    let mut joined = join::joined(plan)?;
    let names = if joined.has_names() { Some(past_names(aws, plan, interval).await?) } else { None };
    let asked = unit::asked(aws, &joined.plan, interval).await?;
    joined.plan.clone_from(&asked.plan);
    check_budget(aws, &asked, &joined.plan, cancellation).await?;
    if names.as_ref().is_some_and(PastNames::depend_on_interface) && asked.units.iter().all(Unit::has_interface) {
        joined.add_interface();
    }
    if names.as_ref().is_some_and(PastNames::depend_on_time) {
        joined.add_time();
    }
    sink.columns(&plan.columns()).map_err(Error::Sink)?;
    let service = Service::new(aws, progress, cancellation);
    let until = interval.map_or(asked.now, |interval| interval.until);
    let query = Query { plan, kinds: plan.kinds(), joined, names, until, units: &asked.units, service: &service };
    let mut answer = Answer { sink, totals: Totals::default() };
    let ended = match &plan.shape {
        _ if plan.is_never() => never(&plan.shape, &mut answer),
        Shape::Records { .. } => query.records(&mut answer).await,
        Shape::Groups(groups) => Box::pin(query.groups(groups, &mut answer)).await,
    };
    service.stop_all().await;
    ended?;
    let Totals { rows, matched, truncated, mut notes, cut } = answer.totals;
    if let Some(cut) = cut {
        return Err(cut);
    }
    notes.splice(0..0, asked.plan.run_notes.iter().chain(&asked.notes).cloned());
    if matched == 0 && !plan.is_never() {
        notes.extend(empty::notes(&asked));
    }
    notes.extend(emission_notes(&query)?);
    notes.extend(service.note_of_cut_values());
    let (records_scanned, bytes_scanned) = service.scanned();
    Ok(RunStats {
        rows,
        truncated,
        matched: matches!(plan.shape, Shape::Records { .. }).then_some(matched),
        records_scanned,
        bytes_scanned,
        log_groups: asked.log_groups(),
        queries: service.queries(),
        recorded_from: interval.and_then(|interval| asked.recorded_from(interval.from)),
        cost_usd: Some(aws.options.cost_usd(bytes_scanned)),
        notes,
        elapsed: started.elapsed(),
        ..RunStats::default()
    })
}

/// The names of the interfaces that recorded in an interval, and of the addresses that they talked to.
async fn past_names(aws: &Aws, plan: &Plan, interval: Option<Interval>) -> Result<PastNames, Error> {
    let today = aws.network().await?;
    let all = Interval { from: 0, until: EpochSeconds::MAX };
    let days = aws.kept(&today).map(|kept| kept.of_window(interval.unwrap_or(all)));
    for field in plan.located() {
        aws.options.geo.open(field.name()).map_err(Error::Geo)?;
    }
    Ok(PastNames::new(&today, &days.unwrap_or_default(), &plan.networks).with_geo(Arc::clone(&aws.options.geo)))
}

/// The notes on the plan's queries, without duplicates.
fn emission_notes(query: &Query<'_>) -> Result<Vec<String>, Error> {
    let mut plan = query.joined.plan.clone();
    if query.units.len() > 1 && matches!(plan.shape, Shape::Groups(_)) {
        // The parts are sorted when they are merged.
        plan.sort.clear();
    }
    let mut notes: Vec<String> = Vec::new();
    for unit in query.units {
        let new = unit.emit(&plan)?.notes.into_iter().filter(|note| !notes.contains(note));
        notes.extend(new.collect::<Vec<_>>());
    }
    Ok(notes)
}

/// The most bytes that a query scans for each byte that a log group reports to store. Whether that size is before or
/// after compression is not documented.
const MOST_OF_STORED: u64 = 8;

/// Checks that the session's budget suffices for a plan, before anything is scanned.
async fn check_budget(aws: &Aws, asked: &Asked, plan: &Plan, cancellation: &Cancellation) -> Result<(), Error> {
    let Some(left_bytes) = aws.options.budget.left_bytes().filter(|_| !plan.is_never()) else { return Ok(()) };
    let bytes = estimated_bytes(aws, asked, plan, Some(left_bytes), cancellation).await?;
    if bytes <= left_bytes {
        return Ok(());
    }
    let [cost_usd, left_usd] = [bytes, left_bytes].map(|bytes| aws.options.cost_usd(bytes));
    Err(Error::TooExpensive { bytes, cost_usd, left_usd })
}

/// The bytes that a plan would scan: a guess from the size of the log groups, or, if that is not far below
/// `above_bytes`, the service's estimate, which is free of charge.
async fn estimated_bytes(
    aws: &Aws,
    asked: &Asked,
    plan: &Plan,
    above_bytes: Option<u64>,
    cancellation: &Cancellation,
) -> Result<u64, Error> {
    let guess = asked.stored_bytes();
    if above_bytes.is_some_and(|above| guess.saturating_mul(MOST_OF_STORED) <= above) {
        return Ok(guess);
    }
    let progress = Arc::default();
    let service = Service::new(aws, &progress, cancellation);
    let estimates = asked.units.iter().map(|unit| unit.estimate(&service, plan));
    let outcome = try_join_all(estimates).await;
    service.stop_all().await;
    Ok(outcome?.into_iter().sum())
}

/// Estimates the bytes that a plan would scan; asks the service if they may cost more than `above_usd`.
pub(in super::super) async fn estimate(
    aws: &Aws,
    plan: &Plan,
    interval: Option<Interval>,
    above_usd: Option<f64>,
    cancellation: &Cancellation,
) -> Result<Estimate, Error> {
    let _query = cancellation.query();
    let plan = join::joined(plan)?.plan;
    let asked = unit::asked(aws, &plan, interval).await?;
    let above_bytes = above_usd.map(|usd| bytes_of(usd, aws.options.usd_per_gb));
    let bytes = estimated_bytes(aws, &asked, &asked.plan, above_bytes, cancellation).await?;
    aws.estimated.keep(plan, interval, asked);
    Ok(Estimate { bytes, cost_usd: aws.options.cost_usd(bytes) })
}

/// The addresses of the console's pages with the queries of a plan.
pub(in super::super) async fn console_links(
    aws: &Aws,
    plan: &Plan,
    interval: Option<Interval>,
) -> Result<Vec<String>, Error> {
    let plan = join::joined(plan)?.plan;
    let asked = unit::asked(aws, &plan, interval).await?;
    let clients = aws.clients().await?;
    let partition = clients.caller().await?.partition();
    let link = |unit: &Unit| {
        let text = unit.emit(&asked.plan)?.text;
        Ok(console::link(partition, &clients.region, unit.groups(), &text, unit.interval))
    };
    asked.units.iter().map(link).collect()
}

/// Answers a plan that cannot match any record, without a query.
fn never(shape: &Shape, answer: &mut Answer<'_>) -> Result<(), Error> {
    match shape {
        Shape::Groups(groups) => answer.rows(merge::selected(groups, groups.of_nothing())),
        Shape::Records { .. } => Ok(()),
    }
}
