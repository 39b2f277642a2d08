//! Clamps a window to what a log group can answer: the service refuses the rest of it.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_cloudwatchlogs::types::{LogGroup, LogGroupClass};
use futures::stream::{self, StreamExt, TryStreamExt};

use super::super::connection::Aws;
use super::super::error::Error;
use super::super::log_groups;
use crate::account::cancellation::Cancellation;
use crate::query::window::Interval;
use crate::value::EpochSeconds;

/// The number of calls at once: the quota is ten a second.
const AT_ONCE: usize = 4;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// Log groups by name.
pub(super) struct LogGroups(HashMap<String, LogGroup>);

impl LogGroups {
    /// Reads these log groups; one that is gone is left out.
    pub(super) async fn read(aws: &Aws, names: &[&str]) -> Result<Self, Error> {
        let clients = aws.clients().await?;
        // Another account does not describe its log groups to this one.
        let names: BTreeSet<&str> = names.iter().copied().filter(|name| !name.starts_with("arn:")).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let cancellation = Cancellation::current();
        let ask = |names: Vec<&str>| {
            let names: Vec<String> = names.into_iter().map(Into::into).collect();
            let cancellation = &cancellation;
            async move { aws.patiently(cancellation, || log_groups::named(clients, names.clone())).await }
        };
        let asked: Vec<_> = names.chunks(log_groups::NAMES_PER_CALL).map(|names| ask(names.to_vec())).collect();
        let found: Vec<Vec<LogGroup>> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
        let named = |group: LogGroup| Some((group.log_group_name()?.to_string(), group));
        Ok(Self(found.into_iter().flatten().filter_map(named).collect()))
    }

    /// Why a log group cannot be queried, if it cannot.
    pub(super) fn refusal(&self, name: &str) -> Option<String> {
        match self.0.get(name) {
            None if name.starts_with("arn:") => None,
            None => Some(format!("the log group {name} does not exist, so that its flow logs deliver nothing")),
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
    pub(super) fn class(&self, name: &str) -> Option<LogGroupClass> {
        self.0.get(name).and_then(|group| group.log_group_class().cloned())
    }

    /// The first second that a log group can answer.
    fn first_second(&self, name: &str, now: EpochSeconds) -> Option<EpochSeconds> {
        let group = self.0.get(name)?;
        let created = group.creation_time().map(|milliseconds| milliseconds.div_euclid(1000));
        let kept = group.retention_in_days().map(|days| now - i64::from(days) * SECONDS_PER_DAY);
        created.max(kept)
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
