//! Creating: log group and role at once, then the flow logs. A failure rolls back what was created.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_sdk_ec2::types::FlowLog;

use super::client::Clients;
use super::connection::Aws;
use super::error::{Error, RETENTIONS_DAYS};
use super::flow_logs::{self, RESOURCES_PER_CALL, Request};
use super::naming::role_name;
use super::{log_format, log_groups, roles};
use crate::account::cancellation::Cancellation;
use crate::account::created::Created;
use crate::account::naming::LOG_GROUP_PREFIX;
use crate::account::resource::Resource;
use crate::account::settings::Settings;

/// The error message for ECS fields where there is no cluster, or no permission to see one.
const NO_ECS: &str = "Caller is not authorized to obtain ECS field(s)";
/// The error message for a role that has not propagated yet.
const NOT_ASSUMABLE: &str = "Unable to assume given IAM role";
/// The time that a new role may take to propagate.
const ASSUME_WITHIN: Duration = Duration::from_mins(1);
/// The first and the longest pause between tries.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// Creates the flow logs of a resource, or extends the existing ones to interfaces that joined.
pub(super) async fn create(
    aws: &Aws,
    resource: &Resource,
    settings: &Settings,
    cancellation: &Cancellation,
) -> Result<Created, Error> {
    if !RETENTIONS_DAYS.contains(&settings.retention_days) {
        return Err(Error::BadRetention { days: settings.retention_days });
    }
    let clients = aws.clients().await?;
    let there = flow_logs::of(clients, resource).await?;
    match there.first() {
        Some(first) => extend(aws, resource, first, &there, cancellation).await,
        None => make(aws, resource, settings, cancellation).await,
    }
}

/// The ids of the resources that the flow logs are created for: the resource itself, or its interfaces.
fn resource_ids(resource: &Resource) -> Vec<String> {
    if resource.kind.covers_whole() { vec![resource.id.clone()] } else { resource.interfaces.clone() }
}

/// The resources that this run created or may have created, to be rolled back if it fails.
struct Undo {
    name: String,
    /// The flow logs that existed before; `None` until one is requested.
    before: Option<BTreeSet<String>>,
    flow_logs: Vec<String>,
    log_group: Option<String>,
    role: Option<String>,
}

async fn extend(
    aws: &Aws,
    resource: &Resource,
    first: &FlowLog,
    there: &[FlowLog],
    cancellation: &Cancellation,
) -> Result<Created, Error> {
    let clients = aws.clients().await?;
    let covered: BTreeSet<&str> = there.iter().filter_map(FlowLog::resource_id).collect();
    let joined: Vec<String> = resource_ids(resource).into_iter().filter(|id| !covered.contains(id.as_str())).collect();
    if joined.is_empty() {
        return Ok(Created::Unchanged);
    }
    let text = |value: Option<&str>, what| {
        let doing = || format!("extend the flow log of {}", resource.label());
        value.map(ToString::to_string).ok_or_else(|| Error::Incomplete { doing: doing(), what })
    };
    let name = super::interface::tag(first.tags(), "Name");
    let request = Request {
        kind: resource.kind,
        name: text(name.as_deref(), "name")?,
        log_group: text(first.log_group_name(), "log group")?,
        role_arn: text(first.deliver_logs_permission_arn(), "role")?,
        format: text(first.log_format(), "format")?,
        aggregation_s: first.max_aggregation_interval().unwrap_or(600),
    };
    let before = there.iter().filter_map(FlowLog::flow_log_id).map(Into::into).collect();
    let mut undo =
        Undo { name: request.name.clone(), before: Some(before), flow_logs: Vec::new(), log_group: None, role: None };
    match make_flow_logs(aws, request, &[], &joined, &mut undo.flow_logs, cancellation).await {
        Ok(()) => Ok(Created::Extended { interfaces: joined }),
        Err(cause) => Err(roll_back(clients, undo, cause).await),
    }
}

async fn make(
    aws: &Aws,
    resource: &Resource,
    settings: &Settings,
    cancellation: &Cancellation,
) -> Result<Created, Error> {
    let clients = aws.clients().await?;
    cancellation.check()?;
    let name = resource.flow_log_name();
    let (log_group, role) = (format!("{LOG_GROUP_PREFIX}{name}"), role_name(&clients.region, &name));
    let mut undo = Undo { name: name.clone(), before: None, flow_logs: Vec::new(), log_group: None, role: None };
    // Both are awaited, even if one fails: a call in flight could not be rolled back.
    let (group_made, role_made) = tokio::join!(
        make_log_group(clients, &log_group, &name, settings.retention_days, &mut undo.log_group),
        make_role(clients, &role, &name, &log_group, &mut undo.role),
    );
    let outcome = async {
        group_made?;
        let mut formats = log_format::choices(&settings.fields).into_iter();
        let request = Request {
            kind: resource.kind,
            name,
            log_group,
            role_arn: role_made?,
            format: formats.next().unwrap_or_default(),
            aggregation_s: i32::try_from(settings.aggregation_s).unwrap_or(600),
        };
        undo.before = Some(BTreeSet::new());
        let others: Vec<String> = formats.collect();
        make_flow_logs(aws, request, &others, &resource_ids(resource), &mut undo.flow_logs, cancellation).await
    };
    match outcome.await {
        Ok(()) => Ok(Created::New { id: undo.id(), note: Some("its first records arrive in 5 to 10 minutes".into()) }),
        Err(cause) => Err(roll_back(clients, undo, cause).await),
    }
}

/// Creates the log group, or reuses one that an earlier run left; `made` is set if it may be new.
async fn make_log_group(
    clients: &Clients,
    group: &str,
    name: &str,
    days: u32,
    made: &mut Option<String>,
) -> Result<(), Error> {
    match log_groups::create(clients, group, name).await {
        Ok(()) => *made = Some(group.into()),
        Err(error) if error.is_taken() => {
            if !log_groups::check(clients, group).await? {
                return Err(error);
            }
        }
        Err(error) => {
            *made = may_be_made(&error).then(|| group.into());
            return Err(error);
        }
    }
    log_groups::keep(clients, group, days).await
}

/// Creates the role, or reuses one that an earlier run left; `made` is set if it may be new.
async fn make_role(
    clients: &Clients,
    role: &str,
    name: &str,
    group: &str,
    made: &mut Option<String>,
) -> Result<String, Error> {
    let arn = match roles::create(clients, role, name).await {
        Ok(arn) => {
            *made = Some(role.into());
            arn
        }
        Err(error) if error.is_taken() => match roles::check(clients, role).await? {
            Some(found) if roles::owner(&found) == Some(name) => found.arn,
            Some(found) => {
                let owner = roles::owner(&found).unwrap_or("nothing").to_string();
                return Err(Error::OfAnother { what: format!("the role {role}"), owner });
            }
            None => return Err(error),
        },
        Err(error) => {
            *made = may_be_made(&error).then(|| role.into());
            return Err(error);
        }
    };
    roles::allow(clients, role, group).await?;
    Ok(arn)
}

/// Returns whether a resource may have been created although the call failed.
fn may_be_made(error: &Error) -> bool {
    !error.is_refusal()
}

/// Creates flow logs in as many calls as needed, and waits until the service can assume the role.
async fn make_flow_logs(
    aws: &Aws,
    mut request: Request,
    other_formats: &[String],
    resources: &[String],
    made: &mut Vec<String>,
    cancellation: &Cancellation,
) -> Result<(), Error> {
    let clients = aws.clients().await?;
    let mut other_formats = other_formats.iter();
    let mut chunks = resources.chunks(RESOURCES_PER_CALL);
    let mut chunk = chunks.next();
    let (started, mut pause) = (Instant::now(), PAUSES.0);
    while let Some(resources) = chunk {
        cancellation.check()?;
        match flow_logs::create(clients, &request, resources, made).await {
            Ok(()) => chunk = chunks.next(),
            Err(error) if error.message().starts_with(NO_ECS) => {
                request.format = other_formats.next().ok_or(error)?.clone();
            }
            Err(error) if error.message().contains(NOT_ASSUMABLE) && started.elapsed() + pause <= ASSUME_WITHIN => {
                let waited = started.elapsed().as_secs();
                aws.tell(&format!("waiting until the service can assume the new role ({waited} s)"));
                cancellation.sleep(pause).await?;
                pause = (pause * 2).min(PAUSES.1);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Rolls back what this run created, and nothing else; returns an error that lists the outcome.
async fn roll_back(clients: &Clients, undo: Undo, cause: Error) -> Error {
    // The interrupt that ended the change does not end this.
    Cancellation::default().scope(rolled_back(clients, undo, cause)).await
}

async fn rolled_back(clients: &Clients, undo: Undo, cause: Error) -> Error {
    let (mut undone, mut left) = (Vec::new(), Vec::new());
    roll_back_flow_logs(clients, &undo, &mut undone, &mut left).await;
    if left.is_empty() {
        let (role, group) = tokio::join!(
            roll_back_role(clients, undo.role.as_deref()),
            roll_back_log_group(clients, undo.log_group.as_deref())
        );
        for (what, outcome) in [role, group].into_iter().flatten() {
            match outcome {
                Ok(()) => undone.push(what),
                Err(error) => left.push(format!("{what}: {error}")),
            }
        }
    } else {
        left.extend(undo.role.map(|role| format!("the role {role} is kept for them")));
        left.extend(undo.log_group.map(|group| format!("the log group {group} is kept for them")));
    }
    Error::RolledBack { cause: Box::new(cause), undone, left }
}

async fn roll_back_flow_logs(clients: &Clients, undo: &Undo, undone: &mut Vec<String>, left: &mut Vec<String>) {
    let Some(before) = &undo.before else { return };
    let mut ids: BTreeSet<String> = undo.flow_logs.iter().cloned().collect();
    // A call without a response may have created some too.
    match flow_logs::named(clients, std::slice::from_ref(&undo.name)).await {
        Ok(now) => ids.extend(now.iter().filter_map(FlowLog::flow_log_id).map(Into::into)),
        Err(error) => left.push(format!("flow logs named {}, if any: {error}", undo.name)),
    }
    let ids: Vec<String> = ids.difference(before).cloned().collect();
    let errors = flow_logs::delete(clients, &ids).await;
    if errors.is_empty() {
        undone.extend(ids.iter().map(|id| format!("flow log {id}")));
    }
    left.extend(errors.iter().map(ToString::to_string));
}

type Undone = Option<(String, Result<(), Error>)>;

async fn roll_back_role(clients: &Clients, role: Option<&str>) -> Undone {
    let role = role?;
    let outcome = match roles::check(clients, role).await {
        Ok(None) => return None,
        Ok(Some(_)) => roles::delete(clients, role).await,
        Err(error) => Err(error),
    };
    Some((format!("role {role}"), outcome))
}

async fn roll_back_log_group(clients: &Clients, group: Option<&str>) -> Undone {
    let group = group?;
    let outcome = match log_groups::check(clients, group).await {
        Ok(false) => return None,
        Ok(true) => log_groups::delete(clients, group).await,
        Err(error) => Err(error),
    };
    Some((format!("log group {group}"), outcome))
}

impl Undo {
    fn id(&self) -> String {
        match self.flow_logs.as_slice() {
            [one] => one.clone(),
            _ => self.name.clone(),
        }
    }
}
