//! Log groups: created, read, deleted.

use aws_sdk_cloudwatchlogs::types::{LogGroup, LogGroupClass};

use super::client::Clients;
use super::error::Error;
use super::naming::{PROJECT, tags};
use super::policy::Action;
use crate::account::naming::LOG_GROUP_PREFIX;

/// Every log group whose name has our prefix.
pub(super) async fn list(clients: &Clients) -> Result<Vec<LogGroup>, Error> {
    starting_with(clients, LOG_GROUP_PREFIX).await
}

pub(super) async fn starting_with(clients: &Clients, prefix: &str) -> Result<Vec<LogGroup>, Error> {
    let send = |token| clients.logs.describe_log_groups().log_group_name_prefix(prefix).set_next_token(token).send();
    clients.pages(Action::DescribeLogGroups, "list log groups", send, |page| (page.log_groups, page.next_token)).await
}

/// The number of log groups that one call describes by name.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>.
pub(super) const NAMES_PER_CALL: usize = 50;

/// The log groups of these names, at most [`NAMES_PER_CALL`]; those that do not exist are left out.
pub(super) async fn named(clients: &Clients, names: Vec<String>) -> Result<Vec<LogGroup>, Error> {
    let send = || clients.logs.describe_log_groups().set_log_group_identifiers(Some(names.clone())).send();
    let found = clients.call(Action::DescribeLogGroups, "describe log groups", send).await?;
    Ok(found.log_groups.unwrap_or_default())
}

/// Creates a log group. If the name exists already, [`Error::is_taken`] is true of the error.
pub(super) async fn create(clients: &Clients, group: &str, name: &str) -> Result<(), Error> {
    let mut request = clients.logs.create_log_group().log_group_name(group).log_group_class(LogGroupClass::Standard);
    for (key, value) in tags(name) {
        request = request.tags(key, value);
    }
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

/// Checks that a log group of this name is ours; `false` if it does not exist.
pub(super) async fn check(clients: &Clients, group: &str) -> Result<bool, Error> {
    let found = starting_with(clients, group).await?;
    match found.iter().find(|found| found.log_group_name() == Some(group)) {
        Some(found) if is_ours(clients, found).await? => Ok(true),
        Some(_) => Err(Error::NotOurs { what: format!("the log group {group}") }),
        None => Ok(false),
    }
}

/// Returns whether a log group has our tag.
pub(super) async fn is_ours(clients: &Clients, group: &LogGroup) -> Result<bool, Error> {
    // The call takes the ARN without the `:*` that `arn` ends in.
    let arn = group.log_group_arn().or_else(|| group.arn().map(|arn| arn.trim_end_matches(":*"))).unwrap_or_default();
    let doing = format!("read the tags of {}", group.log_group_name().unwrap_or_default());
    let send = || clients.logs.list_tags_for_resource().resource_arn(arn).send();
    let tagged = clients.call(Action::ListTagsForResource, &doing, send).await?;
    let project = tagged.tags().and_then(|tags| tags.get(PROJECT.0));
    Ok(project.is_some_and(|project| project == PROJECT.1))
}

/// Deletes a log group that was checked; if it is already gone, that is a success.
pub(super) async fn delete(clients: &Clients, group: &str) -> Result<(), Error> {
    let send = || clients.logs.delete_log_group().log_group_name(group).send();
    match clients.call(Action::DeleteLogGroup, &format!("delete the log group {group}"), send).await {
        Err(error) if !error.is_missing() => Err(error),
        _ => Ok(()),
    }
}
