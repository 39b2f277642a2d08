//! Problems of an account: orphans, failing delivery, interfaces that are not covered, missing permissions.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::LogGroup;
use aws_sdk_ec2::types::FlowLog as Ec2FlowLog;
use aws_sdk_iam::operation::simulate_principal_policy::SimulatePrincipalPolicyOutput;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType, Role};

use super::client::{Caller, Clients};
use super::connection::Aws;
use super::error::Error;
use super::flow_logs::{self, Group, PENDING, Resources};
use super::naming::PROJECT;
use super::policy::{self, Action, Home, Probe};
use super::{log_groups, roles, transit_gateways};
use crate::account::expiry::Expiry;
use crate::account::finding::{Finding, Leftover, Remedy};
use crate::kind::TargetKind;
use crate::value::{EpochSeconds, time_utc};

/// Checks everything; a permission that the caller lacks is a finding too.
pub(super) async fn findings(aws: &Aws, min_age: Duration) -> Result<Vec<Finding>, Error> {
    let clients = aws.clients().await?;
    let (inventory, gateways, all, groups, roles, denied) = tokio::join!(
        aws.network(),
        transit_gateways::read(clients),
        flow_logs::all(clients),
        log_groups::list(clients),
        roles::list(clients),
        denied_actions(aws, clients),
    );
    let mut denied = denied;
    let inventory = seen(inventory, &mut denied)?;
    // The inventory has no transit gateways if the caller may not list them, so this call tells the two cases apart.
    let knows_gateways = seen(gateways, &mut denied)?.is_some();
    let all = seen(all, &mut denied)?;
    let mut groups = seen(groups, &mut denied)?;
    let roles = seen(roles, &mut denied)?;

    let mut findings = Vec::new();
    // A younger resource may be about to be used: its flow log is created last.
    let until = jiff::Timestamp::now().as_second() - i64::try_from(min_age.as_secs()).unwrap_or(i64::MAX);
    if let Some(all) = &all {
        let resources = inventory.as_deref().map(Resources::new);
        let ours = all.iter().filter(|flow_log| flow_logs::is_ours(flow_log)).cloned().collect();
        let ours = flow_logs::grouped(ours);
        if let Some(groups) = &mut groups {
            let described = roles.iter().flatten().filter_map(roles::described_log_group).map(Into::into);
            let names: BTreeSet<String> = ours.iter().map(Group::log_group).chain(described).collect();
            let names: Vec<String> = names.into_iter().collect();
            groups.extend(seen(log_groups::beside_ours(clients, &names).await, &mut denied)?.unwrap_or_default());
        }
        for group in ours {
            let is_known = knows_gateways || !group.kind.is_of_transit_gateways();
            let resources = resources.as_ref().filter(|_| is_known);
            findings.extend(of_group(clients, &group, resources, groups.as_deref(), roles.as_deref()));
        }
        let (orphaned_groups, orphaned_roles) = tokio::join!(
            orphaned_log_groups(clients, groups.unwrap_or_default(), all, until),
            orphaned_roles(clients, roles.unwrap_or_default(), all, until),
        );
        findings.extend(seen(orphaned_groups, &mut denied)?.unwrap_or_default());
        findings.extend(seen(orphaned_roles, &mut denied)?.unwrap_or_default());
    }
    findings.extend(denied.into_iter().map(|action| {
        let problem = format!("the caller is not allowed `{action}`; `flowlogs policy` prints what commands need");
        Finding::new(problem, None)
    }));
    Ok(findings)
}

/// The result of a call; `None` if it was denied, and the denied action is recorded.
fn seen<T>(outcome: Result<T, Error>, denied: &mut BTreeSet<String>) -> Result<Option<T>, Error> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) => match error.denied() {
            Some(action) => {
                denied.insert(action.into());
                Ok(None)
            }
            None => Err(error),
        },
    }
}

fn of_group(
    clients: &Clients,
    group: &Group,
    resources: Option<&Resources>,
    log_groups: Option<&[LogGroup]>,
    roles: Option<&[Role]>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let label = format!("the flow log {} ({})", group.name, group.id());
    let mut add = |problem: String, remedy| findings.push(Finding::new(problem, remedy));
    let status = group.status();
    if !["SUCCESS", PENDING].contains(&status.as_str()) {
        add(format!("{label}: delivery: {status}"), None);
    }
    let Some(resources) = resources else { return findings };
    let deletes = || Remedy::Delete(group.describe(resources, log_groups.unwrap_or_default()));
    if let Some(expiry) = group.expiry().filter(Expiry::is_past) {
        add(format!("{label}: it expired at {}", time_utc(expiry.at)), Some(deletes()));
        return findings;
    }
    let resource = group.resource(resources);
    for what in missing(clients, group, log_groups, roles) {
        add(format!("{label}: there is no {what}"), resource.cloned().map(Remedy::Restore));
    }
    match resource {
        // Instances with this name may start again, and deleting the flow log would delete its records.
        None if group.kind == TargetKind::Instance => {
            add(format!("{label}: no instance of this name is running"), None);
        }
        None => add(format!("{label}: there is no such resource"), Some(deletes())),
        Some(resource) => {
            let covered = group.describe(resources, &[]).covered;
            let missing = resource.interfaces.iter().filter(|id| !covered.contains(id)).count();
            if missing > 0 {
                let problem = format!("{label}: {missing} of {} interfaces are not covered", resource.interfaces.len());
                add(problem, Some(Remedy::Extend(resource.clone())));
            }
        }
    }
    findings
}

/// The log group and the role that a flow log needs, as far as they do not exist.
fn missing(clients: &Clients, group: &Group, log_groups: Option<&[LogGroup]>, roles: Option<&[Role]>) -> Vec<String> {
    let name = group.log_group();
    let is_gone = log_groups.is_some_and(|groups| !groups.iter().any(|known| known.log_group_name() == Some(&name)));
    let is_listed = |arn: &str| roles.is_none_or(|roles| roles.iter().any(|role| role.arn == arn));
    let role_arns = group.flow_logs.iter().filter_map(Ec2FlowLog::deliver_logs_permission_arn);
    // Roles with other names are not listed.
    let mut gone = role_arns.filter(|arn| roles::own_name(clients, &group.name, arn).is_some() && !is_listed(arn));
    let role = gone.next().map(|arn| format!("role {arn}"));
    is_gone.then(|| format!("log group {name}")).into_iter().chain(role).collect()
}

async fn orphaned_log_groups(
    clients: &Clients,
    groups: Vec<LogGroup>,
    all: &[Ec2FlowLog],
    until: EpochSeconds,
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for group in groups {
        let name = group.log_group_name().unwrap_or_default().to_string();
        if all.iter().any(|flow_log| flow_log.log_group_name() == Some(&name)) {
            continue;
        }
        let Some(ours) = log_groups::ours(clients, group).await? else {
            let problem = format!(
                "no flow log delivers to the log group {name}, and it is not tagged `{}={}`: a late delivery may have \
                 created one of ours again, which `aws logs delete-log-group --log-group-name {name}` deletes, or \
                 somebody else created it",
                PROJECT.0, PROJECT.1
            );
            findings.push(Finding::new(problem, None));
            continue;
        };
        if ours.touched() > until {
            continue;
        }
        let problem = format!("no flow log delivers to the log group {name}");
        if log_groups::is_empty(clients, &name).await? {
            let remedy = Remedy::Remove(Leftover::LogGroup { name, run: ours.run });
            findings.push(Finding::new(problem, Some(remedy)));
        } else {
            let size =
                indicatif::HumanBytes(ours.group.stored_bytes().and_then(|bytes| bytes.try_into().ok()).unwrap_or(0));
            let delete = format!("`aws logs delete-log-group --log-group-name {name}` deletes them");
            findings.push(Finding::new(format!("{problem}, which keeps records ({size}): {delete}"), None));
        }
    }
    Ok(findings)
}

async fn orphaned_roles(
    clients: &Clients,
    roles: Vec<Role>,
    all: &[Ec2FlowLog],
    until: EpochSeconds,
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for role in roles {
        let is_used = all.iter().any(|flow_log| flow_log.deliver_logs_permission_arn() == Some(&role.arn));
        let name = role.role_name;
        if is_used {
            continue;
        }
        // Only this call returns tags.
        let ours = roles::get(clients, &name).await?.filter(roles::is_ours);
        if let Some(ours) = ours.filter(|role| roles::touched(role) <= until) {
            let problem = format!("no flow log uses the role {name}");
            let remedy = Remedy::Remove(Leftover::Role { name, run: roles::run(&ours).map(Into::into) });
            findings.push(Finding::new(problem, Some(remedy)));
        }
    }
    Ok(findings)
}

/// The actions that IAM's simulator denies the caller; empty, with a note to the user, if the simulator cannot be used.
async fn denied_actions(aws: &Aws, clients: &Clients) -> BTreeSet<String> {
    match simulated(clients).await {
        Ok(denied) => denied,
        Err(error) => {
            aws.tell(&format!("the caller's permissions are not checked: {error}"));
            BTreeSet::new()
        }
    }
}

async fn simulated(clients: &Clients) -> Result<BTreeSet<String>, Error> {
    let caller = clients.caller().await?;
    let Some(source) = principal(clients, caller).await? else { return Ok(BTreeSet::new()) };
    let mut denied = BTreeSet::new();
    let home = Home { partition: caller.partition(), region: &clients.region, account: &caller.account };
    for probe in policy::probes(home) {
        denied.extend(simulate(clients, &source, probe).await?);
    }
    Ok(denied)
}

async fn simulate(clients: &Clients, source: &str, probe: Probe) -> Result<Vec<String>, Error> {
    let actions = probe.actions.into_iter().map(Into::into).collect();
    let mut request = (clients.iam.simulate_principal_policy())
        .policy_source_arn(source)
        .set_action_names(Some(actions))
        .resource_arns(probe.resource);
    for (_, key, mut values) in probe.context {
        values.truncate(1);
        let entry = ContextEntry::builder().context_key_name(key).set_context_key_values(Some(values));
        request = request.context_entries(entry.context_key_type(ContextKeyTypeEnum::String).build());
    }
    let send = |marker| request.clone().set_marker(marker).send();
    let parts = |page: SimulatePrincipalPolicyOutput| (page.evaluation_results, page.marker);
    let results = clients.pages(Action::SimulatePrincipalPolicy, "check the permissions", send, parts).await?;
    // A policy that tests keys which the simulated request lacks, such as a boundary, may allow the real request.
    let is_denied = |result: &EvaluationResult| {
        result.eval_decision != PolicyEvaluationDecisionType::Allowed && result.missing_context_values().is_empty()
    };
    Ok(results.into_iter().filter(is_denied).map(|result| result.eval_action_name).collect())
}

/// The user or role whose policies apply. The ARN of a session lacks its role's path; the root user has no policies.
async fn principal(clients: &Clients, caller: &Caller) -> Result<Option<String>, Error> {
    let session = caller.arn.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next());
    match session {
        Some(role) => match roles::get(clients, role).await {
            Ok(found) => Ok(found.map(|role| role.arn)),
            // Most roles have no path, and not every caller may read the caller's own role.
            Err(error) if error.denied().is_some() => {
                Ok(Some(format!("arn:{}:iam::{}:role/{role}", caller.partition(), caller.account)))
            }
            Err(error) => Err(error),
        },
        None if caller.arn.ends_with(":root") => Ok(None),
        None => Ok(Some(caller.arn.clone())),
    }
}
