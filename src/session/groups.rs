//! Groups whose answer is made of another: conversations, rates and shares, comparisons of two windows.
//!
//! What makes them is the same wherever the records are.

use std::sync::Arc;

use super::compare;
use super::conversations::Conversations;
use super::derived;
use super::finish::finished;
use crate::account::{Account, Cancellation, Error, SelectError};
use crate::query::plan::{Compared, Groups, Limit, Plan, Shape};
use crate::query::window::Interval;
use crate::value::{Progress, Row, Rows, RunStats, time_utc};

/// A question to an account.
pub(super) struct Question<'a> {
    pub(super) account: &'a dyn Account,
    pub(super) progress: &'a Arc<Progress>,
    pub(super) cancellation: &'a Cancellation,
}

impl Question<'_> {
    /// The rows of a plan's answer, whose groups are made of others.
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
                let (here, there) = if self.account.answers_at_once() {
                    tokio::join!(self.made(&now, Some(interval)), self.made(&now, Some(before)))
                } else {
                    (self.made(&now, Some(interval)).await, self.made(&now, Some(before)).await)
                };
                let (here, there) = (here?, unrecorded_is_nothing(there)?);
                let stats = both(here.1, there.1);
                (compare::joined(groups, here.0, there.0, [interval, before]), stats)
            }
            None => self.made(plan, interval).await?,
        };
        let rows = finished(plan, groups, rows, &mut stats);
        Ok((rows, stats))
    }

    /// Every group of a plan without a comparison, in no order.
    async fn made(&self, plan: &Plan, interval: Option<Interval>) -> Result<(Vec<Row>, RunStats), Error> {
        let in_parts = plan.in_parts();
        let mut parts = plan.clone();
        parts.sort.clear();
        parts.limit = Limit::None;
        let mut found = Rows::default();
        let asked = in_parts.as_ref().unwrap_or(&parts);
        let run = self.account.run(asked, interval, self.progress, &mut found, self.cancellation);
        let mut stats = run.await?;
        let Shape::Groups(groups) = &plan.shape else { return Ok((found.rows, stats)) };
        let mut rows = found.rows;
        if let Some(conversations) = Conversations::of(groups) {
            rows = conversations.rows(rows, &mut stats);
        }
        derived::compute(groups, &mut rows, interval)?;
        Ok((rows, stats))
    }
}

/// The groups of a window in which no flow log recorded the targets: none, with a note.
fn unrecorded_is_nothing(before: Result<(Vec<Row>, RunStats), Error>) -> Result<(Vec<Row>, RunStats), Error> {
    match before {
        Err(Error::Select(SelectError::NoFlowLog { .. } | SelectError::NoFlowLogs { .. })) => {
            let note = "no flow log recorded anything: all that is now counts as new".to_string();
            Ok((Vec::new(), RunStats { notes: vec![note], cost_usd: Some(0.0), ..RunStats::default() }))
        }
        before => before,
    }
}

/// The statistics of a window and of the one before it. What is noted of one only says of which.
fn both(now: RunStats, mut before: RunStats) -> RunStats {
    if let Some(from) = before.recorded_from {
        let from = time_utc(from);
        before.notes.push(format!("the flow logs record since {from}: what came earlier may count as new"));
    }
    let of = |window: &str, notes: &[String], others: &[String]| -> Vec<String> {
        let noted = |note: &String| if others.contains(note) { note.clone() } else { format!("{window}: {note}") };
        notes.iter().map(noted).collect()
    };
    let mut stats = RunStats { notes: of("in the window", &now.notes, &before.notes), ..now.clone() };
    stats.add(RunStats { notes: of("in the window before", &before.notes, &now.notes), ..before });
    stats
}

/// Returns whether the answer of a plan is made of another.
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
