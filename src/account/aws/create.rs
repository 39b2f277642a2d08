//! Creating: log group and role at once, then the flow logs. A failure rolls back what was created.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_sdk_ec2::types::FlowLog;

use super::client::Clients;
use super::connection::Aws;
use super::error::{Error, RETENTIONS_DAYS};
use super::flow_logs::{self, RESOURCES_PER_CALL, Request};
use super::naming::role_name;
use super::roll_back::Undo;
use super::run::Run;
use super::{log_format, log_groups, roles};
use crate::account::cancellation::Cancellation;
use crate::account::created::Created;
use crate::account::naming::LOG_GROUP_PREFIX;
use crate::account::resource::Resource;
use crate::account::settings::{DEFAULT_AGGREGATION_S, DEFAULT_RETENTION_DAYS, Settings};

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
    if let Some(days) = settings.retention_days.filter(|days| !RETENTIONS_DAYS.contains(days)) {
        return Err(Error::BadRetention { days });
    }
    let clients = aws.clients().await?;
    let there = flow_logs::of(clients, resource).await?;
    match there.first() {
        Some(first) => extend(aws, resource, settings, first, &there, cancellation).await,
        None => make(aws, resource, settings, cancellation).await,
    }
}

/// The ids of the resources that the flow logs are created for: the resource itself, or its interfaces.
fn resource_ids(resource: &Resource) -> Vec<String> {
    if resource.kind.covers_whole() { vec![resource.id.clone()] } else { resource.interfaces.clone() }
}

async fn extend(
    aws: &Aws,
    resource: &Resource,
    settings: &Settings,
    first: &FlowLog,
    there: &[FlowLog],
    cancellation: &Cancellation,
) -> Result<Created, Error> {
    let clients = aws.clients().await?;
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
        run: Run::new(),
    };
    let mut notes = kept_settings(settings, &request);
    notes.extend(longer_retention(clients, &request.log_group, settings).await?);
    let covered: BTreeSet<&str> = there.iter().filter_map(FlowLog::resource_id).collect();
    let joined: Vec<String> = resource_ids(resource).into_iter().filter(|id| !covered.contains(id.as_str())).collect();
    if joined.is_empty() {
        return Ok(Created::Unchanged { notes });
    }
    let mut undo = Undo::new(request.name.clone(), request.run.clone());
    let outcome = async {
        let (log_group, role_arn) = (request.log_group.clone(), request.role_arn.clone());
        let gone = make_flow_logs(aws, request, &[], &joined, &mut undo.flow_logs, cancellation).await?;
        check_still_there(clients, &log_group, &role_arn).await?;
        Ok(gone)
    };
    match outcome.await {
        Ok(gone) => {
            let interfaces = joined.into_iter().filter(|id| !gone.contains(id)).collect();
            notes.extend(note_of_gone(&gone));
            Ok(Created::Extended { interfaces, notes })
        }
        Err(cause) => Err(undo.roll_back(clients, cause).await),
    }
}

/// Notes on settings that were asked for and that an existing flow log does not take.
fn kept_settings(settings: &Settings, there: &Request) -> Vec<String> {
    let mut notes = Vec::new();
    let asked = log_format::choices(&settings.fields);
    if !settings.fields.is_empty() && !asked.contains(&there.format) {
        notes.push("it keeps its fields: delete and create it to change them".into());
    }
    let aggregation_s = settings.aggregation_s.filter(|asked| i64::from(*asked) != i64::from(there.aggregation_s));
    if aggregation_s.is_some() {
        let kept = there.aggregation_s;
        notes.push(format!("it keeps its interval of {kept} s: delete and create it to change that"));
    }
    notes
}

/// Keeps the records of a log group that exists longer, if that was asked for; never for a shorter time, which would
/// delete some. Returns a note on what came of it.
async fn longer_retention(clients: &Clients, group: &str, settings: &Settings) -> Result<Option<String>, Error> {
    let Some(days) = settings.retention_days else { return Ok(None) };
    let Some(found) = log_groups::check(clients, group).await? else { return Ok(None) };
    match found.group.retention_in_days().and_then(|kept| u32::try_from(kept).ok()) {
        Some(kept) if kept < days => {
            log_groups::keep(clients, group, days).await?;
            Ok(Some(format!("its records are kept for {days} days now, before for {kept}")))
        }
        Some(kept) if kept == days => Ok(None),
        kept => {
            let kept = kept.map_or("forever".into(), |kept| format!("for {kept} days"));
            Ok(Some(format!("its records are still kept {kept}: a shorter time would delete some")))
        }
    }
}

/// Fails if a delete has taken log group or role away meanwhile.
async fn check_still_there(clients: &Clients, group: &str, role_arn: &str) -> Result<(), Error> {
    let role = role_arn.rsplit('/').next().unwrap_or_default();
    let (groups, role_found) =
        tokio::try_join!(log_groups::named(clients, vec![group.to_string()]), roles::get(clients, role))?;
    match (groups.is_empty(), role_found) {
        (true, _) => Err(Error::Gone { what: format!("the log group {group}") }),
        (_, None) => Err(Error::Gone { what: format!("the role {role}") }),
        _ => Ok(()),
    }
}

fn note_of_gone(gone: &[String]) -> Option<String> {
    (!gone.is_empty()).then(|| format!("gone meanwhile: {}", gone.join(", ")))
}

/// What a create needs before its flow logs.
struct Base<'a> {
    clients: &'a Clients,
    name: &'a str,
    log_group: &'a str,
    role: &'a str,
    retention_days: Option<u32>,
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
    let mut undo = Undo::new(name.clone(), Run::new());
    let base =
        Base { clients, name: &name, log_group: &log_group, role: &role, retention_days: settings.retention_days };
    let outcome = async {
        let role_arn = base.make(&mut undo).await?;
        let mut formats = log_format::choices(&settings.fields).into_iter();
        let request = Request {
            kind: resource.kind,
            name: name.clone(),
            log_group: log_group.clone(),
            role_arn,
            format: formats.next().unwrap_or_default(),
            aggregation_s: i32::try_from(settings.aggregation_s.unwrap_or(DEFAULT_AGGREGATION_S)).unwrap_or(600),
            run: undo.run.clone(),
        };
        let others: Vec<String> = formats.collect();
        let ids = resource_ids(resource);
        let gone = make_flow_logs(aws, request, &others, &ids, &mut undo.flow_logs, cancellation).await?;
        // Another create that failed, or a delete, may have taken them away before the flow logs used them.
        if !base.is_there().await? {
            base.make(&mut undo).await?;
        }
        Ok(gone)
    };
    match outcome.await {
        // Another create was faster with all of them.
        Ok(_) if undo.flow_logs.is_empty() => Ok(Created::Unchanged { notes: Vec::new() }),
        Ok(gone) => {
            let mut notes = vec!["its first records arrive in 5 to 10 minutes".into()];
            notes.extend(note_of_gone(&gone));
            Ok(Created::New { id: undo.id(), notes })
        }
        Err(cause) => Err(undo.roll_back(clients, cause).await),
    }
}

impl Base<'_> {
    /// Creates log group and role, or takes over those that an earlier run left; returns the role's ARN.
    async fn make(&self, undo: &mut Undo) -> Result<String, Error> {
        let Undo { run, log_group, role, .. } = undo;
        // Both are awaited, even if one fails: a call in flight could not be rolled back.
        let (group_made, role_made) = tokio::join!(self.make_log_group(run, log_group), self.make_role(run, role));
        group_made?;
        role_made
    }

    async fn is_there(&self) -> Result<bool, Error> {
        match check_still_there(self.clients, self.log_group, self.role).await {
            Err(Error::Gone { .. }) => Ok(false),
            outcome => outcome.map(|()| true),
        }
    }

    /// Creates the log group, or takes over one that is there; `made` is set if it may be new.
    async fn make_log_group(&self, run: &Run, made: &mut Option<String>) -> Result<(), Error> {
        let Self { clients, log_group: group, .. } = self;
        match log_groups::create(clients, group, self.name, run).await {
            Ok(()) => *made = Some((*group).into()),
            Err(error) if error.is_taken() => {
                let ours = log_groups::check(clients, group).await?.ok_or(error)?;
                // The answer to an earlier try of the same call may have been lost.
                if run.is(ours.run.as_deref()) {
                    *made = Some((*group).into());
                } else {
                    log_groups::take_over(clients, &ours, run).await?;
                }
                if let Some(kept) = ours.group.retention_in_days() {
                    let asked = self.retention_days.and_then(|days| i32::try_from(days).ok());
                    // A shorter time would delete records.
                    if asked.is_none_or(|asked| asked <= kept) {
                        return Ok(());
                    }
                }
            }
            Err(error) => {
                *made = may_be_made(&error).then(|| (*group).into());
                return Err(error);
            }
        }
        log_groups::keep(clients, group, self.retention_days.unwrap_or(DEFAULT_RETENTION_DAYS)).await
    }

    /// Creates the role, or takes over one that is there; `made` is set if it may be new.
    async fn make_role(&self, run: &Run, made: &mut Option<String>) -> Result<String, Error> {
        let Self { clients, role, name, .. } = self;
        let arn = match roles::create(clients, role, name, run).await {
            Ok(arn) => {
                *made = Some((*role).into());
                arn
            }
            Err(error) if error.is_taken() => {
                let found = roles::check(clients, role).await?.ok_or(error)?;
                if roles::owner(&found) != Some(name) {
                    let owner = roles::owner(&found).unwrap_or("nothing").to_string();
                    return Err(Error::OfAnother { what: format!("the role {role}"), owner });
                }
                if run.is(roles::run(&found)) {
                    *made = Some((*role).into());
                } else {
                    roles::take_over(clients, role, run).await?;
                }
                found.arn
            }
            Err(error) => {
                *made = may_be_made(&error).then(|| (*role).into());
                return Err(error);
            }
        };
        roles::allow(clients, role, self.log_group).await?;
        Ok(arn)
    }
}

/// Returns whether a resource may have been created although the call failed.
fn may_be_made(error: &Error) -> bool {
    !error.is_refusal()
}

/// Creates flow logs in as many calls as needed, and waits until the service can assume the role. Returns the resources
/// that are gone meanwhile, which is an error only if nothing is left.
async fn make_flow_logs(
    aws: &Aws,
    mut request: Request,
    other_formats: &[String],
    resources: &[String],
    made: &mut Vec<String>,
    cancellation: &Cancellation,
) -> Result<Vec<String>, Error> {
    let clients = aws.clients().await?;
    let mut other_formats = other_formats.iter();
    let mut chunks = resources.chunks(RESOURCES_PER_CALL);
    let mut chunk = chunks.next();
    let (started, mut pause) = (Instant::now(), PAUSES.0);
    let mut gone = Vec::new();
    while let Some(resources) = chunk {
        cancellation.check()?;
        match flow_logs::create(clients, &request, resources, made, &mut gone).await {
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
    if gone.len() == resources.len() {
        return Err(Error::Gone { what: gone.join(", ") });
    }
    Ok(gone)
}
