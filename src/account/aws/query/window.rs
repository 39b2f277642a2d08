//! Clamps a window to what a log group can answer: the service refuses the rest of it.

use std::collections::HashMap;

use aws_sdk_cloudwatchlogs::types::LogGroup;
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
        let mut names = names.to_vec();
        names.sort_unstable();
        names.dedup();
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
