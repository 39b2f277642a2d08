//! The leftovers of a delete that failed in part: the role of a flow log, its log group, or both.

use aws_sdk_cloudwatchlogs::types::LogGroup;
use aws_sdk_iam::types::Role;

use super::client::Clients;
use super::error::Error;
use super::naming::role_name;
use super::{log_groups, roles};
use crate::account::flow_log::FlowLog;
use crate::account::resource::Resource;

/// The status of a flow log of which only the role or the log group is left.
pub(super) const DELETED: &str = "DELETED";

/// The leftovers of a resource's flow log, in the form of a flow log; `None` if nothing of ours is left.
pub(super) async fn remains(clients: &Clients, resource: &Resource) -> Result<Option<FlowLog>, Error> {
    let id = resource.flow_log_name();
    let role = role(clients, &id).await?;
    let chosen = role.as_ref().and_then(roles::described_log_group);
    let log_group = chosen.map_or_else(|| resource.log_group(), Into::into);
    let group = expected(log_groups::check(clients, &log_group).await, true)?;
    if role.is_none() && group.is_none() {
        return Ok(None);
    }
    let group = group.map(|ours| ours.group);
    let of_group = |value: fn(&LogGroup) -> Option<i64>| group.as_ref().and_then(value).unwrap_or(0);
    Ok(Some(FlowLog {
        id,
        kind: resource.kind,
        resource: resource.id.clone(),
        name: resource.name.clone(),
        vpc: (!resource.namesakes.is_empty()).then(|| resource.vpc.clone()),
        log_group,
        covered: Vec::new(),
        interfaces: resource.interfaces.len(),
        created: of_group(LogGroup::creation_time).div_euclid(1000),
        retention_days: of_group(|group| group.retention_in_days().map(Into::into)).try_into().unwrap_or(0),
        stored_bytes: of_group(LogGroup::stored_bytes).try_into().unwrap_or(0),
        status: DELETED.into(),
        expiry: None,
        place: None,
    }))
}

/// The role that was created for the flow log of this `Name`; a role of the same name may belong to another flow log.
pub(super) async fn role(clients: &Clients, name: &str) -> Result<Option<Role>, Error> {
    let found = expected(roles::check(clients, &role_name(&clients.region, name)).await, true)?;
    Ok(found.filter(|role| roles::owner(role) == Some(name)))
}

/// The result, or `None` instead of [`Error::NotOurs`] if that is expected.
pub(super) fn expected<T>(found: Result<Option<T>, Error>, is_expected: bool) -> Result<Option<T>, Error> {
    match found {
        Err(Error::NotOurs { .. }) if is_expected => Ok(None),
        found => found,
    }
}
