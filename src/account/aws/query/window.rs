//! Clamps a window to the time that a log group can answer: the service refuses the rest.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_cloudwatchlogs::types::{LogGroup, LogGroupClass};
use futures::future::try_join_all;

use super::super::connection::Aws;
use super::super::error::Error;
use super::super::log_groups;
use crate::query::window::Interval;
use crate::value::EpochSeconds;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// Log groups by name.
pub(in super::super) struct LogGroups(HashMap<String, LogGroup>);

impl LogGroups {
    /// Reads these log groups; those that do not exist are left out.
    pub(in super::super) async fn read(aws: &Aws, names: &[&str]) -> Result<Self, Error> {
        let clients = aws.clients().await?;
        // Log groups of other accounts cannot be described.
        let names: BTreeSet<&str> = names.iter().copied().filter(|name| !name.starts_with("arn:")).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let names = names.chunks(log_groups::NAMES_PER_CALL).map(|names| names.iter().map(ToString::to_string));
        let asked = names.map(|names| log_groups::named(clients, names.collect()));
        let found: Vec<Vec<LogGroup>> = try_join_all(asked).await?;
        let named = |group: LogGroup| Some((group.log_group_name()?.to_string(), group));
        Ok(Self(found.into_iter().flatten().filter_map(named).collect()))
    }

    /// The reason why a log group cannot be queried, if there is one.
    pub(super) fn refusal(&self, name: &str) -> Option<String> {
        match self.0.get(name) {
            None if name.starts_with("arn:") => None,
            None => Some(format!(
                "the log group {name} does not exist, so its flow logs deliver nothing: `flowlogs doctor` names them"
            )),
            Some(group) if group.log_group_class() == Some(&LogGroupClass::Delivery) => Some(format!(
                "the log group {name} is of class DELIVERY, which cannot be queried: let the flow log deliver to one of \
                 class STANDARD"
            )),
            Some(_) => None,
        }
    }

    /// The class of a log group: a query takes log groups of one class only.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html>.
    pub(in super::super) fn class(&self, name: &str) -> Option<LogGroupClass> {
        self.0.get(name).and_then(|group| group.log_group_class().cloned())
    }

    /// The first second that a log group can answer.
    pub(in super::super) fn first_second(&self, name: &str, now: EpochSeconds) -> Option<EpochSeconds> {
        let group = self.0.get(name)?;
        let created = group.creation_time().map(|milliseconds| milliseconds.div_euclid(1000));
        let kept = group.retention_in_days().map(|days| now - i64::from(days) * SECONDS_PER_DAY);
        created.max(kept)
    }

    /// The bytes that a log group stores for an interval, if its records are spread evenly over its retention period; 0
    /// if it does not report its size, as a new one.
    pub(in super::super) fn stored_bytes(&self, name: &str, interval: Interval, now: EpochSeconds) -> u64 {
        let stored = self.0.get(name).and_then(LogGroup::stored_bytes).and_then(|bytes| u64::try_from(bytes).ok());
        let (Some(stored), Some(first)) = (stored, self.first_second(name, now)) else { return 0 };
        let seconds = |from: i64, until: i64| u128::try_from(until - from).unwrap_or(0) + 1;
        let kept = seconds(first, now);
        let asked = seconds(interval.from.max(first), interval.until.min(now)).min(kept);
        // `asked` is at most `kept`, so the result is at most `stored`.
        u64::try_from(u128::from(stored) * asked / kept).unwrap_or(stored)
    }

    /// The part of an interval that a log group can answer, if there is one.
    pub(super) fn clamped(&self, name: &str, interval: Interval, now: EpochSeconds) -> Option<Interval> {
        let from = self.first_second(name, now).map_or(interval.from, |first| interval.from.max(first));
        (from <= interval.until).then_some(Interval { from, ..interval })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_time_that_is_kept_has_its_part_of_the_bytes() {
        let group = LogGroup::builder().creation_time(0).retention_in_days(10).stored_bytes(8_640_000);
        let groups = LogGroups(HashMap::from([("g".to_string(), group.build())]));
        let stored = |from, until, now| groups.stored_bytes("g", Interval { from, until }, now);
        // The log group is a day old: 100 bytes per second.
        assert_eq!(stored(0, 999, 86_399), 100_000);
        assert_eq!(stored(0, 1 << 40, 86_399), 8_640_000);
        // It is twenty days old and keeps ten days.
        let now = 20 * 86_400 - 1;
        assert_eq!(stored(now - 86_399, now, now), 863_999);
        assert_eq!(groups.stored_bytes("other", Interval { from: 0, until: 9 }, 9), 0);
    }

    #[test]
    fn a_window_starts_with_the_log_group_and_with_what_it_keeps() {
        let group = LogGroup::builder().creation_time(1_000_999).retention_in_days(1).build();
        let groups = LogGroups(HashMap::from([("g".to_string(), group)]));
        let clamped = |from, until, now| groups.clamped("g", Interval { from, until }, now).map(|kept| kept.from);
        assert_eq!(clamped(900, 1_100, 2_000), Some(1_000));
        assert_eq!(clamped(1_050, 1_100, 2_000), Some(1_050));
        assert_eq!(clamped(900, 999, 2_000), None);
        assert_eq!(clamped(900, 100_000, 100_000), Some(100_000 - 86_400));
        assert_eq!(groups.clamped("other", Interval { from: 1, until: 2 }, 9), Some(Interval { from: 1, until: 2 }));
    }
}
