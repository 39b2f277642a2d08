//! The log groups that a plan queries, and the records it wants of each.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_cloudwatchlogs::types::LogGroupClass;

use crate::insights::Format;
use crate::query::plan::{Check, Condition, Plan};
use crate::query::window::Interval;
use crate::value::EpochSeconds;

/// A log group, and the records in it that answer.
#[derive(Clone, Debug)]
pub(super) struct LogSource {
    /// The log group's name; its ARN if it is in another account.
    pub(super) group: String,
    /// The ids of the flow logs that deliver to it.
    pub(super) flow_logs: BTreeSet<String>,
    /// Their formats.
    pub(super) formats: BTreeSet<String>,
    /// The current interfaces whose records answer; empty if the plan names the log group itself.
    pub(super) interfaces: BTreeSet<String>,
    /// The condition of the records that answer; `None` for all.
    pub(super) condition: Option<Condition>,
    /// The part of the window in which these records start.
    pub(super) interval: Interval,
    /// The creation time of the oldest of these flow logs.
    pub(super) created: EpochSeconds,
    /// The creation time of the youngest one.
    pub(super) since: EpochSeconds,
    /// The state of delivery, if it has problems.
    pub(super) trouble: Option<String>,
}

/// Log groups that are queried together.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) groups: Vec<String>,
    pub(super) format: Format,
    pub(super) class: Option<LogGroupClass>,
    /// The condition of the records that answer; `None` for all.
    pub(super) condition: Option<Condition>,
    /// The part of a list that is too long for one query.
    pub(super) of_list: Option<Check>,
    /// The part of the window that the unit answers for.
    pub(super) part: Interval,
    /// The part of it that the log groups can answer.
    pub(super) interval: Interval,
    /// The bytes stored for that part, as far as the log groups report them.
    pub(super) stored_bytes: u64,
}

/// The log groups that a plan queries.
pub(super) struct Asked {
    pub(super) sources: Vec<LogSource>,
    pub(super) units: Vec<Unit>,
    /// The plan with every test rewritten to fields of the record.
    pub(super) plan: Plan,
    /// Notes on records that are missing from the answer, or counted twice.
    pub(super) notes: Vec<String>,
    pub(super) now: EpochSeconds,
}

impl Asked {
    /// The number of log groups.
    pub(super) fn log_groups(&self) -> u64 {
        self.sources.iter().map(|source| &source.group).collect::<BTreeSet<_>>().len() as u64
    }

    /// The creation time of the first flow log, if it is after `start`.
    pub(super) fn recorded_from(&self, start: EpochSeconds) -> Option<EpochSeconds> {
        self.sources.iter().map(|source| source.created).min().filter(|created| *created > start)
    }

    /// The bytes that the log groups store for the window, as far as they report them.
    pub(super) fn stored_bytes(&self) -> u64 {
        self.units.iter().map(|unit| unit.stored_bytes).fold(0, u64::saturating_add)
    }
}

/// The time for which the log groups of an estimated plan are reused.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// The log groups of the plan that was estimated last, which is usually run next.
#[derive(Default)]
pub(in super::super) struct Estimated(Mutex<Option<Kept>>);

/// A plan with its log groups.
struct Kept {
    plan: Plan,
    interval: Option<Interval>,
    asked: Asked,
    at: Instant,
}

impl Estimated {
    /// Keeps the log groups of a plan, and drops those of the one before.
    pub(super) fn keep(&self, plan: Plan, interval: Option<Interval>, asked: Asked) {
        let kept = Kept { plan, interval, asked, at: Instant::now() };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    /// Takes out the log groups, if they are those of this plan and recent.
    pub(super) fn take(&self, plan: &Plan, interval: Option<Interval>) -> Option<Asked> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let is_its = |kept: &Kept| kept.plan == *plan && kept.interval == interval && kept.at.elapsed() < KEPT_FOR;
        last.filter(is_its).map(|kept| kept.asked)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::plan;
    use super::*;

    #[test]
    fn log_groups_are_taken_once_and_by_their_own_plan() {
        let kept = Estimated::default();
        let keep = || {
            let asked = Asked {
                sources: Vec::new(),
                units: Vec::new(),
                plan: plan("vpc | count()"),
                notes: Vec::new(),
                now: 9,
            };
            kept.keep(plan("vpc | count()"), None, asked);
        };
        keep();
        assert_eq!(kept.take(&plan("vpc | count()"), None).map(|asked| asked.now), Some(9));
        assert!(kept.take(&plan("vpc | count()"), None).is_none());
        keep();
        assert!(kept.take(&plan("subnet | count()"), None).is_none());
        keep();
        assert!(kept.take(&plan("vpc | count()"), Some(Interval { from: 0, until: 9 })).is_none());
        keep();
        if let Some(kept) = kept.0.lock().unwrap().as_mut() {
            kept.at = kept.at.checked_sub(KEPT_FOR).unwrap();
        }
        assert!(kept.take(&plan("vpc | count()"), None).is_none());
    }
}
