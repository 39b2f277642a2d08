//! Groups that are computed from other plans: conversations, rates and shares, comparisons of two windows.
//!
//! The computation is the same for all kinds of accounts.

use std::sync::Arc;

use super::compare;
use super::conversations::Conversations;
use super::derived;
use super::finish::finished;
use crate::account::{Account, Cancellation, Error, SelectError};
use crate::query::plan::{Compared, GroupKey, Groups, KeyBy, Limit, Plan, Shape};
use crate::query::window::Interval;
use crate::value::{EpochSeconds, Progress, Row, Rows, RunStats, Value, time_utc};

/// A query of an account.
pub(super) struct Question<'a> {
    pub(super) account: &'a dyn Account,
    pub(super) progress: &'a Arc<Progress>,
    pub(super) cancellation: &'a Cancellation,
}

impl Question<'_> {
    /// The rows of a plan whose groups are computed from other groups.
    pub(super) async fn answer(
        &self,
        plan: &Plan,
        groups: &Groups,
        interval: Option<Interval>,
    ) -> Result<(Vec<Row>, RunStats), Error> {
        let (rows, mut stats) = match groups.compare {
            Some(compare) => {
                let interval = interval.ok_or(Error::NoWindow { what: "compare" })?;
                let before = interval.before(compare.by_s);
                let now = Plan { shape: Shape::Groups(groups.now()), ..plan.clone() };
                let windows = [interval, before];
                let (rows, stats) = if self.account.answers_at_once() {
                    self.at_once(&now, windows).await?
                } else if before.until + 1 == interval.from {
                    self.in_one_scan(&now, windows).await?
                } else {
                    let here = self.made(&now, Some(interval)).await?;
                    beside(here, self.made(&now, Some(before)).await)?
                };
                let [here, there] = rows;
                (compare::joined(groups, here, there, windows), stats)
            }
            None => self.made(plan, interval).await?,
        };
        let rows = finished(plan, groups, rows, &mut stats);
        Ok((rows, stats))
    }

    /// The groups of two windows, queried concurrently.
    async fn at_once(&self, plan: &Plan, [now, before]: [Interval; 2]) -> Result<([Vec<Row>; 2], RunStats), Error> {
        let (here, there) = tokio::join!(self.made(plan, Some(now)), self.made(plan, Some(before)));
        beside(here?, there)
    }

    /// The groups of two adjacent windows, from a single scan over both.
    async fn in_one_scan(&self, plan: &Plan, windows: [Interval; 2]) -> Result<([Vec<Row>; 2], RunStats), Error> {
        let [now, before] = windows;
        let mut asked = parts_of(plan);
        let mut of_nothing = Vec::new();
        if let Shape::Groups(groups) = &mut asked.shape {
            of_nothing = groups.of_nothing();
            groups.keys.insert(0, GroupKey { by: KeyBy::Since(now.from), name: "now".into() });
        }
        let whole = Interval { from: before.from, until: now.until };
        let (found, mut stats) = self.run(&asked, Some(whole)).await?;
        let mut rows = [Vec::new(), Vec::new()];
        for mut row in found {
            let is_now = row.remove(0) == Value::Int(1);
            rows[usize::from(!is_now)].push(row);
        }
        for rows in rows.iter_mut().filter(|rows| rows.is_empty()) {
            rows.clone_from(&of_nothing);
        }
        let mut noted = [RunStats::default(), RunStats::default()];
        for ((rows, window), noted) in rows.iter_mut().zip(windows).zip(&mut noted) {
            *rows = derived_rows(plan, std::mem::take(rows), Some(window), noted)?;
        }
        let [here, mut there] = noted;
        match stats.recorded_from {
            Some(from) if from >= now.from => there.notes.push(UNRECORDED.into()),
            recorded_from => there.recorded_from = recorded_from,
        }
        stats.notes.extend(both(here, there).notes);
        Ok((rows, stats))
    }

    /// Every group of a plan without a comparison, in any order.
    async fn made(&self, plan: &Plan, interval: Option<Interval>) -> Result<(Vec<Row>, RunStats), Error> {
        let (rows, mut stats) = self.run(&parts_of(plan), interval).await?;
        Ok((derived_rows(plan, rows, interval, &mut stats)?, stats))
    }

    async fn run(&self, plan: &Plan, interval: Option<Interval>) -> Result<(Vec<Row>, RunStats), Error> {
        let mut found = Rows::default();
        let run = self.account.run(plan, interval, self.progress, &mut found, self.cancellation);
        let stats = run.await?;
        Ok((found.rows, stats))
    }
}

/// The plan of all groups that a plan's result is computed from, in any order.
fn parts_of(plan: &Plan) -> Plan {
    plan.in_parts().unwrap_or_else(|| Plan { sort: Vec::new(), limit: Limit::None, ..plan.clone() })
}

/// The groups of a plan, computed from the rows of its parts.
fn derived_rows(
    plan: &Plan,
    mut rows: Vec<Row>,
    interval: Option<Interval>,
    stats: &mut RunStats,
) -> Result<Vec<Row>, Error> {
    let Shape::Groups(groups) = &plan.shape else { return Ok(rows) };
    if let Some(conversations) = Conversations::of(groups) {
        rows = conversations.rows(rows, stats);
    }
    derived::compute(groups, &mut rows, interval)?;
    Ok(rows)
}

/// Combines the results of a window and of the one before.
fn beside(
    now: (Vec<Row>, RunStats),
    before: Result<(Vec<Row>, RunStats), Error>,
) -> Result<([Vec<Row>; 2], RunStats), Error> {
    let before = unrecorded_is_nothing(before)?;
    Ok(([now.0, before.0], both(now.1, before.1)))
}

const UNRECORDED: &str = "no flow log recorded anything: everything counts as new";

fn note_of_younger(from: EpochSeconds) -> String {
    format!("the flow logs record since {}: what came earlier may count as new", time_utc(from))
}

/// Replaces the error that no flow log recorded the targets in the window before with no groups and a note.
fn unrecorded_is_nothing(before: Result<(Vec<Row>, RunStats), Error>) -> Result<(Vec<Row>, RunStats), Error> {
    match before {
        Err(Error::Select(SelectError::NoFlowLog { .. } | SelectError::NoFlowLogs { .. })) => {
            Ok((Vec::new(), RunStats { notes: vec![UNRECORDED.into()], cost_usd: Some(0.0), ..RunStats::default() }))
        }
        before => before,
    }
}

/// Merges the statistics of a window and of the one before. A note that applies to only one of them says which.
fn both(now: RunStats, mut before: RunStats) -> RunStats {
    if let Some(from) = before.recorded_from {
        before.notes.push(note_of_younger(from));
    }
    let of = |window: &str, notes: &[String], others: &[String]| -> Vec<String> {
        let noted = |note: &String| if others.contains(note) { note.clone() } else { format!("{window}: {note}") };
        notes.iter().map(noted).collect()
    };
    let notes = [of("in the window", &now.notes, &before.notes), of("in the window before", &before.notes, &now.notes)];
    let [of_now, of_before] = notes;
    let mut stats = RunStats { notes: of_now, ..now };
    stats.add(RunStats { notes: of_before, ..before });
    stats
}

/// Returns the groups of a plan if they are computed from other plans.
pub(super) fn is_made(plan: &Plan) -> Option<&Groups> {
    let Shape::Groups(groups) = &plan.shape else { return None };
    let is_compared = groups.aggregates.iter().any(|aggregate| aggregate.compared != Compared::Now);
    (is_compared || plan.in_parts().is_some()).then_some(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_one_of_two_windows_say_of_which() {
        let stats =
            |notes: &[&str]| RunStats { notes: notes.iter().map(ToString::to_string).collect(), ..RunStats::default() };
        let before =
            RunStats { recorded_from: Some(1_795_435_200), ..stats(&["a name is not known", "three are gone"]) };
        assert_eq!(
            both(stats(&["two are gone", "a name is not known"]), before).notes,
            [
                "in the window: two are gone",
                "a name is not known",
                "in the window before: three are gone",
                "in the window before: the flow logs record since 2026-11-23T12:00:00Z: what came earlier may count as \
                 new"
            ]
        );
    }
}
