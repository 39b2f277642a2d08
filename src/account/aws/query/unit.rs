//! Units: log groups that are queried together, because they have the same format and condition.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::connection::Aws;
use super::super::error::Error;
use super::super::prefix_lists;
use super::asked::{Asked, LogSource, Unit};
use super::service::{Question, Reply, Service};
use super::target::{self, Sources};
use super::window::LogGroups;
use super::{cell, discovery};
use crate::account::answering::{Answering, Answers};
use crate::account::belonging;
use crate::account::inventory::Inventory;
use crate::field::Field;
use crate::insights::{self, Format};
use crate::query::kind::Kind;
use crate::query::owner::Owner;
use crate::query::plan::{Check, Plan};
use crate::query::window::Interval;
use crate::value::{EpochSeconds, Value, time_utc};

/// The largest number of log groups in a query.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html>.
const GROUPS_PER_QUERY: usize = 50;

/// The most parts that a query with too long a list is split into.
const MOST_PARTS: usize = 16;

/// Finds the log groups that a plan queries; fails before any query starts if the plan cannot be answered.
pub(super) async fn asked(aws: &Aws, plan: &Plan, interval: Option<Interval>) -> Result<Asked, Error> {
    if let Some(asked) = aws.estimated.take(plan, interval) {
        return Ok(asked);
    }
    let now = jiff::Timestamp::now().as_second();
    let interval = interval.unwrap_or(all_until(now));
    let Sources { sources, mut notes } = target::sources(aws, plan, interval).await?;
    let names: Vec<&str> = sources.iter().map(|source| source.group.as_str()).collect();
    let (formats, log_groups) = tokio::try_join!(discovery::formats(aws, &sources), LogGroups::read(aws, &names))?;
    let (sources, formats) = answering(sources.into_iter().zip(formats).collect(), &log_groups, &mut notes)?;
    check_fields(plan, &sources, &formats)?;
    let said = plan;
    let resolved;
    let plan = if plan.is_open() {
        let network = network_of(aws, plan).await?;
        let has = |field| formats.iter().all(|format| format.has(field));
        resolved = belonging::resolved(plan, &network, has)?.into_owned();
        &resolved
    } else {
        plan
    };
    let mut units: Vec<Unit> = Vec::new();
    for (source, format) in sources.iter().zip(formats) {
        let Some(clamped) = log_groups.clamped(&source.group, source.interval, now) else { continue };
        let unit = Unit::new(source, format, &log_groups, clamped, now);
        let Some(unit) = unit.since_its_format(aws, plan, source) else { continue };
        match units.iter_mut().find(|other| other.fits(&unit)) {
            Some(other) => other.join(unit),
            None => units.push(unit),
        }
    }
    let units = in_parts(units, plan).map_err(|error| error.with_shorter(said))?;
    let first = units.iter().map(|unit| unit.interval.from).min();
    if let Some(first) = first.filter(|first| *first > interval.from) {
        aws.tell(&format!("the window starts at {}: the log groups keep nothing older", time_utc(first)));
    }
    Ok(Asked { sources, units, plan: plan.clone(), notes, now })
}

/// The inventory that a plan needs.
async fn network_of(aws: &Aws, plan: &Plan) -> Result<Arc<Inventory>, Error> {
    let network = aws.network().await?;
    let is_of_lists = |check: &Check| matches!(check, Check::Belongs { owner: Owner::PrefixLists { .. }, .. });
    if !plan.open_tests().iter().any(|(_, check)| is_of_lists(check)) {
        return Ok(network);
    }
    let prefix_lists = prefix_lists::read(aws.clients().await?).await?;
    Ok(Arc::new(Inventory { prefix_lists, ..(*network).clone() }))
}

/// Splits each unit into as many parts as it takes for every query text to fit.
fn in_parts(units: Vec<Unit>, plan: &Plan) -> Result<Vec<Unit>, Error> {
    let mut all = Vec::new();
    for unit in units {
        match unit.emit(plan) {
            Err(Error::Insights(insights::Error::TooLong { .. })) => all.extend(unit.in_parts(plan)?),
            emitted => {
                emitted?;
                all.push(unit);
            }
        }
    }
    Ok(all)
}

/// The log groups that would answer a plan.
pub(in super::super) async fn answers(aws: &Aws, plan: &Plan, interval: Option<Interval>) -> Result<Answers, Error> {
    let window = interval.unwrap_or_else(|| all_until(jiff::Timestamp::now().as_second()));
    let Sources { sources, notes } = target::sources(aws, plan, window).await?;
    let answering = sources.into_iter().map(|source| Answering {
        log_group: source.group,
        flow_logs: source.flow_logs.into_iter().collect(),
        interfaces: source.interfaces.into_iter().collect(),
        condition: source.condition,
        interval: source.interval,
        since: source.since,
        place: None,
    });
    Ok(Answers { answering: answering.collect(), notes })
}

/// The interval of every second up to `until`.
const fn all_until(until: EpochSeconds) -> Interval {
    Interval { from: 0, until }
}

/// The sources whose log groups can be queried, with their formats; the others get a note.
fn answering(
    sources: Vec<(LogSource, Format)>,
    log_groups: &LogGroups,
    notes: &mut Vec<String>,
) -> Result<(Vec<LogSource>, Vec<Format>), Error> {
    let refusals: BTreeSet<String> =
        sources.iter().filter_map(|(source, _)| log_groups.refusal(&source.group)).collect();
    let is_answering = |(source, _): &(LogSource, Format)| log_groups.refusal(&source.group).is_none();
    let answering: Vec<(LogSource, Format)> = sources.into_iter().filter(is_answering).collect();
    if answering.is_empty() && !refusals.is_empty() {
        return Err(Error::NotQueried { reasons: refusals.into_iter().collect() });
    }
    notes.extend(refusals);
    Ok(answering.into_iter().unzip())
}

/// Checks that each named field is in the records of some log group.
fn check_fields(plan: &Plan, sources: &[LogSource], formats: &[Format]) -> Result<(), Error> {
    let Some(missing) = insights::missing(plan, formats) else { return Ok(()) };
    let flow_logs = sources.iter().flat_map(|source| &source.flow_logs).cloned().collect();
    Err(Error::FieldMissing { missing: missing.to_string(), flow_logs })
}

impl Unit {
    fn new(source: &LogSource, format: Format, log_groups: &LogGroups, interval: Interval, now: EpochSeconds) -> Self {
        let LogSource { group, condition, interval: part, .. } = source.clone();
        let (class, stored_bytes) = (log_groups.class(&group), log_groups.stored_bytes(&group, interval, now));
        Self { groups: vec![group], format, class, condition, of_list: None, part, interval, stored_bytes }
    }

    /// The log groups.
    pub(super) fn groups(&self) -> &[String] {
        &self.groups
    }

    /// Returns whether another unit's log groups can be queried together with these.
    fn fits(&self, other: &Self) -> bool {
        self.format == other.format
            && self.class == other.class
            && self.condition == other.condition
            && self.part == other.part
            && self.groups.len() + other.groups.len() <= GROUPS_PER_QUERY
    }

    fn join(&mut self, other: Self) {
        self.groups.extend(other.groups);
        self.interval.from = self.interval.from.min(other.interval.from);
        self.stored_bytes = self.stored_bytes.saturating_add(other.stored_bytes);
    }

    /// Limits the interval to the time since the flow log was created, if the query parses the text of records: an
    /// earlier flow log may have written another format into the log group, whose values would be misread. `None` if
    /// nothing is left.
    fn since_its_format(mut self, aws: &Aws, plan: &Plan, source: &LogSource) -> Option<Self> {
        if source.created > self.interval.from && insights::parses(&self.narrowed(plan), &self.format) {
            self.interval.from = source.created;
            let (group, created) = (&source.group, time_utc(source.created));
            aws.tell(&format!(
                "the window in {group} starts at {created}, when its flow log was created: older records \
                               may have another format"
            ));
        }
        (self.interval.from <= self.interval.until).then_some(self)
    }

    /// Splits the unit into several queries, each with a part of the plan's longest list.
    fn in_parts(self, plan: &Plan) -> Result<Vec<Self>, Error> {
        let mut outcome = Ok(Vec::new());
        for count in (1..).map(|power| 1 << power).take_while(|count| *count <= MOST_PARTS) {
            let narrowed = self.narrowed(plan).into_owned();
            let parts = narrowed.list_in_parts(count).into_iter().flatten();
            let units: Vec<Self> = parts.map(|part| Self { of_list: Some(part), ..self.clone() }).collect();
            outcome = units.iter().try_for_each(|unit| unit.emit(plan).map(|_| ())).map(|()| units);
            if outcome.as_ref().is_ok_and(|units| !units.is_empty()) {
                return outcome;
            }
        }
        // The error of the unsplit text says best what is too long.
        self.emit(plan)?;
        outcome
    }

    /// Returns whether the records have the interface.
    pub(super) fn has_interface(&self) -> bool {
        self.format.has(Field::Eni)
    }

    /// The plan, narrowed to the selected records.
    fn narrowed<'p>(&self, plan: &'p Plan) -> Cow<'p, Plan> {
        let narrowed = match &self.condition {
            None => Cow::Borrowed(plan),
            Some(condition) => Cow::Owned(plan.narrowed(condition.clone())),
        };
        match &self.of_list {
            None => narrowed,
            Some(part) => Cow::Owned(narrowed.with_part(part)),
        }
    }

    /// The query text of a plan, narrowed to the selected records.
    pub(super) fn emit(&self, plan: &Plan) -> Result<insights::Query, Error> {
        Ok(insights::emit_part(&self.narrowed(plan), &self.format)?)
    }

    /// The part of an interval that the log groups can answer.
    pub(super) fn within(&self, interval: Interval) -> Option<Interval> {
        let from = interval.from.max(self.interval.from);
        let until = interval.until.min(self.interval.until);
        (from <= until).then_some(Interval { from, until })
    }

    /// The bytes that a plan would scan.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Estimate.html>.
    pub(super) async fn estimate(&self, service: &Service<'_>, plan: &Plan) -> Result<u64, Error> {
        let text = format!("{}\n| estimate", self.emit(plan)?.text);
        let reply = self.ask(service, &text, self.interval).await?;
        if let Some(cut) = reply.cut {
            return Err(cut);
        }
        let is_bytes = |name: &String| name.to_ascii_lowercase().contains("bytes");
        let cells = reply.rows.iter().flatten().find(|(name, _)| is_bytes(name));
        match cells.map(|(_, text)| cell::value(Kind::Number, Some(text))) {
            Some(Value::Int(bytes)) => Ok(u64::try_from(bytes).unwrap_or(0)),
            _ => Err(Error::Incomplete { doing: "estimate the query".into(), what: "number of bytes" }),
        }
    }

    /// Runs a query over the log groups.
    pub(super) async fn ask(&self, service: &Service<'_>, text: &str, interval: Interval) -> Result<Reply, Error> {
        match service.ask(&Question { groups: &self.groups, text, interval }).await {
            // A log group that was deleted meanwhile must not prevent the answer of the others.
            Err(error) if error.is_missing() => Box::pin(self.ask_the_others(service, text, interval, error)).await,
            outcome => outcome,
        }
    }

    /// Runs a query over the log groups that still exist, if any.
    async fn ask_the_others(
        &self,
        service: &Service<'_>,
        text: &str,
        interval: Interval,
        error: Error,
    ) -> Result<Reply, Error> {
        let groups = service.still_there(&self.groups).await?;
        if groups.is_empty() || groups.len() == self.groups.len() {
            return Err(error);
        }
        service.ask(&Question { groups: &groups, text, interval }).await
    }
}

/// The two halves of an interval, the later one first; `None` for a single second.
pub(super) fn halves(interval: Interval) -> Option<[Interval; 2]> {
    let Interval { from, until } = interval;
    let middle = from + (until - from) / 2;
    (from < until).then_some([Interval { from: middle + 1, until }, Interval { from, until: middle }])
}

/// Splits an interval into `count` parts of similar length, the latest first; each has at least one second.
pub(super) fn parts(interval: Interval, count: u64) -> Vec<Interval> {
    let seconds = interval.until - interval.from + 1;
    let count = i64::try_from(count).unwrap_or(i64::MAX).clamp(1, seconds);
    let start = |part: i64| {
        let start = i128::from(seconds) * i128::from(part) / i128::from(count);
        // `start` is less than the number of seconds in the interval.
        interval.from + i64::try_from(start).unwrap_or(seconds)
    };
    (0..count).rev().map(|part| Interval { from: start(part), until: start(part + 1) - 1 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(intervals: &[Interval]) -> Vec<(i64, i64)> {
        intervals.iter().map(|interval| (interval.from, interval.until)).collect()
    }

    #[test]
    fn halves_meet_and_a_second_has_none() {
        assert_eq!(pairs(&halves(Interval { from: 10, until: 13 }).unwrap()), [(12, 13), (10, 11)]);
        assert_eq!(pairs(&halves(Interval { from: 10, until: 11 }).unwrap()), [(11, 11), (10, 10)]);
        assert!(halves(Interval { from: 10, until: 10 }).is_none());
    }

    #[test]
    fn parts_are_disjoint_and_leave_nothing_out() {
        assert_eq!(pairs(&parts(Interval { from: 0, until: 9 }, 3)), [(6, 9), (3, 5), (0, 2)]);
        assert_eq!(pairs(&parts(Interval { from: 5, until: 6 }, 9)), [(6, 6), (5, 5)]);
        assert_eq!(pairs(&parts(Interval { from: 5, until: 6 }, 0)), [(5, 6)]);
    }
}
