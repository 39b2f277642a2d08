//! Deleting: the flow logs first, then their role and log group, unless other flow logs use them.

use aws_sdk_ec2::types::FlowLog as Ec2FlowLog;

use super::client::Clients;
use super::connection::Aws;
use super::error::Error;
use super::naming::role_name;
use super::{flow_logs, log_groups, roles};
use crate::account::cancellation::Cancellation;
use crate::account::flow_log::FlowLog;
use crate::account::naming::LOG_GROUP_PREFIX;

/// Deletes a flow log and everything that was created for it; continues after failures.
pub(super) async fn delete(aws: &Aws, flow_log: &FlowLog, cancellation: &Cancellation) -> Result<(), Error> {
    cancellation.check()?;
    let clients = aws.clients().await?;
    let all = flow_logs::all(clients).await?;
    let ours = all.iter().filter(|flow_log| flow_logs::is_ours(flow_log)).cloned().collect();
    // Not by id, which changes when an interface joins.
    let is_meant = |group: &flow_logs::Group| group.kind == flow_log.kind && group.log_group() == flow_log.log_group;
    let group = flow_logs::grouped(ours).into_iter().find(is_meant);
    let group = group.ok_or_else(|| Error::Gone { what: format!("the flow log {}", flow_log.id) })?;
    let ids = group.ids();
    let role = role_name(&clients.region, &group.name);
    // The Go tool derives it from the name too.
    let log_group = format!("{LOG_GROUP_PREFIX}{}", group.name);

    // Resources that are not ours are detected before anything is deleted.
    let (its_role, its_group) = tokio::join!(roles::check(clients, &role), log_groups::check(clients, &log_group));
    let errors = flow_logs::delete(clients, &ids).await;
    if !errors.is_empty() {
        // The remaining flow logs need their role and log group.
        return Error::of(errors);
    }
    let others: Vec<&Ec2FlowLog> = all.iter().filter(|other| !is_one_of(other, &ids)).collect();
    let (role_gone, group_gone) = tokio::join!(
        async {
            match its_role? {
                Some(found) if !others.iter().any(|o| o.deliver_logs_permission_arn() == Some(&found.arn)) => {
                    roles::delete(clients, &role).await
                }
                _ => Ok(()),
            }
        },
        async {
            if its_group? && !others.iter().any(|o| o.log_group_name() == Some(&log_group)) {
                return log_groups::delete(clients, &log_group).await;
            }
            Ok(())
        },
    );
    Error::of([role_gone, group_gone].into_iter().filter_map(Result::err).collect())
}

fn is_one_of(flow_log: &Ec2FlowLog, ids: &[String]) -> bool {
    flow_log.flow_log_id().is_some_and(|id| ids.iter().any(|known| known == id))
}

/// Deletes a role, unless a flow log uses it by now.
pub(super) async fn orphaned_role(clients: &Clients, role: &str) -> Result<(), Error> {
    let (found, all) = tokio::try_join!(roles::check(clients, role), flow_logs::all(clients))?;
    match found {
        Some(found) if !all.iter().any(|flow_log| flow_log.deliver_logs_permission_arn() == Some(&found.arn)) => {
            roles::delete(clients, role).await
        }
        _ => Ok(()),
    }
}

/// Deletes a log group, unless a flow log delivers to it by now.
pub(super) async fn orphaned_log_group(clients: &Clients, group: &str) -> Result<(), Error> {
    let (is_there, all) = tokio::try_join!(log_groups::check(clients, group), flow_logs::all(clients))?;
    if is_there && !all.iter().any(|flow_log| flow_log.log_group_name() == Some(group)) {
        log_groups::delete(clients, group).await?;
    }
    Ok(())
}
