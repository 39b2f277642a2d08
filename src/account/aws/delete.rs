//! Deletes flow logs, then their role and log group, unless other flow logs use them.

use aws_sdk_ec2::types::FlowLog as Ec2FlowLog;

use super::client::Clients;
use super::connection::Aws;
use super::error::Error;
use super::remains::{DELETED, expected};
use super::{flow_logs, log_groups, remains, roles};
use crate::account::cancellation::Cancellation;
use crate::account::flow_log::FlowLog;
use crate::account::lifecycle::Records;

/// Deletes a flow log and everything that was created for it; continues after failures.
pub(super) async fn delete(
    aws: &Aws,
    flow_log: &FlowLog,
    records: Records,
    cancellation: &Cancellation,
) -> Result<(), Error> {
    cancellation.check()?;
    let clients = aws.clients().await?;
    let Whole { ids, role, log_group, stays } = Whole::of(clients, flow_log).await?;

    // Finds resources that are not ours before anything is deleted: they stay, and the flow logs are deleted.
    let check_role = async {
        match &role {
            Some(role) => roles::check(clients, role).await,
            None => Ok(None),
        }
    };
    let (its_role, its_group) = tokio::join!(check_role, log_groups::check(clients, &log_group));
    let (its_role, its_group) = (expected(its_role, stays), expected(its_group, stays));
    let [role_error, group_error] = [its_role.as_ref().err(), its_group.as_ref().err()];
    if [role_error, group_error].into_iter().flatten().any(|error| !matches!(error, Error::NotOurs { .. })) {
        return Error::of([its_role.err(), its_group.err()].into_iter().flatten().collect());
    }
    let errors = flow_logs::delete(clients, &ids).await;
    if !errors.is_empty() && !are_gone(clients, &ids, &errors).await {
        // The remaining flow logs need their role and log group.
        return Error::of(errors);
    }
    let (role_gone, group_gone) = tokio::join!(
        async {
            match (its_role?, &role) {
                (Some(found), Some(role)) => orphaned_role(clients, role, roles::run(&found), &ids).await,
                _ => Ok(()),
            }
        },
        async {
            match its_group? {
                _ if records == Records::Kept => Ok(()),
                Some(found) => orphaned_log_group(clients, &log_group, found.run.as_deref(), &ids).await,
                None => Ok(()),
            }
        },
    );
    match Error::of([role_gone, group_gone].into_iter().filter_map(Result::err).collect()) {
        Err(cause) => Err(Error::Remains { cause: Box::new(cause) }),
        done => done,
    }
}

/// A flow log and the resources that were created for it, as they are now.
struct Whole {
    ids: Vec<String>,
    /// The role, if this tool created it.
    role: Option<String>,
    log_group: String,
    /// Whether role and log group may belong to others, because the user chose their names; if so, they stay.
    stays: bool,
}

impl Whole {
    async fn of(clients: &Clients, flow_log: &FlowLog) -> Result<Self, Error> {
        if flow_log.status == DELETED {
            let role = remains::role(clients, &flow_log.id).await?.map(|role| role.role_name);
            return Ok(Self { ids: Vec::new(), role, log_group: flow_log.log_group.clone(), stays: true });
        }
        let group = found(clients, flow_log).await?;
        let role = group.role_arn().and_then(|arn| roles::own_name(clients, &group.name, arn));
        Ok(Self {
            ids: group.ids(),
            role: role.map(Into::into),
            log_group: group.log_group(),
            stays: group.has_chosen_names(),
        })
    }
}

/// Returns whether flow logs are gone although the calls failed: the response may have been lost.
async fn are_gone(clients: &Clients, ids: &[String], errors: &[Error]) -> bool {
    if errors.iter().any(Error::is_refusal) {
        return false;
    }
    let is_one = |flow_log: &Ec2FlowLog| flow_log.flow_log_id().is_some_and(|id| ids.iter().any(|known| known == id));
    flow_logs::all(clients).await.is_ok_and(|all| !all.iter().any(is_one))
}

/// Deletes the flow logs of some interfaces, and nothing else.
pub(super) async fn shrink(
    aws: &Aws,
    flow_log: &FlowLog,
    interfaces: &[String],
    cancellation: &Cancellation,
) -> Result<(), Error> {
    cancellation.check()?;
    let clients = aws.clients().await?;
    let group = found(clients, flow_log).await?;
    let is_meant = |one: &&Ec2FlowLog| one.resource_id().is_some_and(|id| interfaces.iter().any(|meant| meant == id));
    let meant = group.flow_logs.iter().filter(is_meant);
    let ids: Vec<String> = meant.filter_map(Ec2FlowLog::flow_log_id).map(Into::into).collect();
    Error::of(flow_logs::delete(clients, &ids).await)
}

/// The flow logs that the user sees as one, as they are now.
async fn found(clients: &Clients, flow_log: &FlowLog) -> Result<flow_logs::Group, Error> {
    // `flow_log.id` is an id until a second interface joins, then the `Name`. The log group does not identify it:
    // several may share one.
    let is_meant = |group: &flow_logs::Group| group.name == flow_log.id || group.ids().contains(&flow_log.id);
    let group = flow_logs::grouped(flow_logs::ours(clients).await?).into_iter().find(is_meant);
    group.ok_or_else(|| Error::Gone { what: format!("the flow log {}", flow_log.id) })
}

/// Deletes a role that `run` used last, unless another run has taken it over, or a flow log that is not in `gone` uses
/// it: the service may list deleted flow logs for a while.
pub(super) async fn orphaned_role(
    clients: &Clients,
    role: &str,
    run: Option<&str>,
    gone: &[String],
) -> Result<(), Error> {
    let (found, all) = tokio::try_join!(roles::check(clients, role), flow_logs_but(clients, gone))?;
    match found {
        Some(found) if roles::run(&found) == run => {
            let is_used = all.iter().any(|other| other.deliver_logs_permission_arn() == Some(&found.arn));
            if is_used { Ok(()) } else { roles::delete(clients, role).await }
        }
        _ => Ok(()),
    }
}

/// Deletes a log group that `run` used last, unless another run has taken it over, or a flow log that is not in `gone`
/// uses it.
pub(super) async fn orphaned_log_group(
    clients: &Clients,
    group: &str,
    run: Option<&str>,
    gone: &[String],
) -> Result<(), Error> {
    let (found, all) = tokio::try_join!(log_groups::check(clients, group), flow_logs_but(clients, gone))?;
    match found {
        Some(found) if found.run.as_deref() == run => {
            let is_used = all.iter().any(|other| other.log_group_name() == Some(group));
            if is_used { Ok(()) } else { log_groups::delete(clients, group).await }
        }
        _ => Ok(()),
    }
}

/// Every flow log that exists now, without those in `gone`.
async fn flow_logs_but(clients: &Clients, gone: &[String]) -> Result<Vec<Ec2FlowLog>, Error> {
    let is_gone = |flow_log: &Ec2FlowLog| flow_log.flow_log_id().is_some_and(|id| gone.iter().any(|known| known == id));
    let mut all = flow_logs::all(clients).await?;
    all.retain(|flow_log| !is_gone(flow_log));
    Ok(all)
}
