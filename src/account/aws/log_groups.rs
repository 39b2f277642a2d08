//! Creates, reads and deletes log groups.

use aws_sdk_cloudwatchlogs::types::{LogGroup, LogGroupClass};

use super::client::Clients;
use super::error::Error;
use super::naming::{PROJECT, is_ours};
use super::policy::Action;
use super::run::{RUN, Run, began};
use super::tags::Tags;
use crate::account::naming::LOG_GROUP_PREFIX;
use crate::account::settings::{LogClass, Settings};
use crate::value::EpochSeconds;

/// Every log group whose name has our prefix.
pub(super) async fn list(clients: &Clients) -> Result<Vec<LogGroup>, Error> {
    starting_with(clients, LOG_GROUP_PREFIX).await
}

pub(super) async fn starting_with(clients: &Clients, prefix: &str) -> Result<Vec<LogGroup>, Error> {
    let send = |token| clients.logs.describe_log_groups().log_group_name_prefix(prefix).set_next_token(token).send();
    clients.pages(Action::DescribeLogGroups, "list log groups", send, |page| (page.log_groups, page.next_token)).await
}

/// The most log groups that one call describes by name.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>.
pub(super) const NAMES_PER_CALL: usize = 50;

/// The log groups with these names, at most [`NAMES_PER_CALL`]; those that do not exist are left out.
pub(super) async fn named(clients: &Clients, names: Vec<String>) -> Result<Vec<LogGroup>, Error> {
    let send = || clients.logs.describe_log_groups().set_log_group_identifiers(Some(names.clone())).send();
    let found = clients.call(Action::DescribeLogGroups, "describe log groups", send).await?;
    Ok(found.log_groups.unwrap_or_default())
}

/// The log groups with these names that do not have our prefix.
pub(super) async fn beside_ours(clients: &Clients, names: &[String]) -> Result<Vec<LogGroup>, Error> {
    let others: Vec<String> = names.iter().filter(|name| !name.starts_with(LOG_GROUP_PREFIX)).cloned().collect();
    let mut groups = Vec::new();
    for names in others.chunks(NAMES_PER_CALL) {
        groups.extend(named(clients, names.to_vec()).await?);
    }
    Ok(groups)
}

/// The class of a new log group.
pub(super) fn class(settings: &Settings) -> LogGroupClass {
    match settings.log_class.unwrap_or_default() {
        LogClass::Standard => LogGroupClass::Standard,
        LogClass::InfrequentAccess => LogGroupClass::InfrequentAccess,
    }
}

/// Creates a log group. If the name exists already, [`Error::is_taken`] is true of the error.
pub(super) async fn create(clients: &Clients, group: &str, tags: &Tags, settings: &Settings) -> Result<(), Error> {
    let request = (clients.logs.create_log_group().log_group_name(group).log_group_class(class(settings)))
        .set_kms_key_id(settings.kms_key.clone())
        .set_tags(Some(tags.all().into_iter().collect()));
    let send = || request.clone().send();
    clients.call(Action::CreateLogGroup, &format!("create the log group {group}"), send).await?;
    Ok(())
}

/// Sets the retention period.
pub(super) async fn keep(clients: &Clients, group: &str, days: u32) -> Result<(), Error> {
    let days = i32::try_from(days).map_err(|_| Error::BadRetention { days })?;
    let send = || clients.logs.put_retention_policy().log_group_name(group).retention_in_days(days).send();
    clients.call(Action::PutRetentionPolicy, &format!("set the retention of {group}"), send).await?;
    Ok(())
}

/// A log group with our tag.
pub(super) struct Ours {
    pub(super) group: LogGroup,
    /// The run that created it, or took it over last.
    pub(super) run: Option<String>,
}

impl Ours {
    /// The time when it was created, or taken over last.
    pub(super) fn touched(&self) -> EpochSeconds {
        let created = self.group.creation_time().map_or(0, |milliseconds| milliseconds.div_euclid(1000));
        self.run.as_deref().and_then(began).map_or(created, |began| began.max(created))
    }
}

/// Checks that the log group of this name is ours; `None` if it does not exist.
pub(super) async fn check(clients: &Clients, group: &str) -> Result<Option<Ours>, Error> {
    let found = starting_with(clients, group).await?;
    let Some(found) = found.into_iter().find(|found| found.log_group_name() == Some(group)) else { return Ok(None) };
    let ours = ours(clients, found).await?;
    ours.ok_or_else(|| Error::NotOurs { what: format!("the log group {group}") }).map(Some)
}

/// A log group, if it has our tag.
pub(super) async fn ours(clients: &Clients, group: LogGroup) -> Result<Option<Ours>, Error> {
    let doing = format!("read the tags of {}", group.log_group_name().unwrap_or_default());
    let send = || clients.logs.list_tags_for_resource().resource_arn(arn(&group)).send();
    let tagged = clients.call(Action::ListTagsForResource, &doing, send).await?;
    let tag = |key: &str| tagged.tags().and_then(|tags| tags.get(key));
    let is_ours = is_ours(tag(PROJECT.0).map(String::as_str));
    let run = tag(RUN).cloned();
    Ok(is_ours.then_some(Ours { group, run }))
}

/// Returns whether nothing was ever delivered to a log group.
pub(super) async fn is_empty(clients: &Clients, group: &str) -> Result<bool, Error> {
    let send = || clients.logs.describe_log_streams().log_group_name(group).limit(1).send();
    let found = clients.call(Action::DescribeLogStreams, &format!("list the streams of {group}"), send).await?;
    Ok(found.log_streams().is_empty())
}

/// Marks a log group of an earlier run as used by this run.
pub(super) async fn take_over(clients: &Clients, ours: &Ours, run: &Run) -> Result<(), Error> {
    let doing = format!("tag the log group {}", ours.group.log_group_name().unwrap_or_default());
    let send = || clients.logs.tag_resource().resource_arn(arn(&ours.group)).tags(RUN, run.value()).send();
    clients.call(Action::TagLogGroup, &doing, send).await?;
    Ok(())
}

/// The ARN as calls take it: without the `:*` at the end of `arn`.
fn arn(group: &LogGroup) -> &str {
    group.log_group_arn().or_else(|| group.arn().map(|arn| arn.trim_end_matches(":*"))).unwrap_or_default()
}

/// Deletes a log group that was checked; one that is already gone is a success.
pub(super) async fn delete(clients: &Clients, group: &str) -> Result<(), Error> {
    let send = || clients.logs.delete_log_group().log_group_name(group).send();
    match clients.call(Action::DeleteLogGroup, &format!("delete the log group {group}"), send).await {
        Err(error) if !error.is_missing() => Err(error),
        _ => Ok(()),
    }
}
