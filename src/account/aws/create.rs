//! Creates the log group and the role at once, then the flow logs. A failure rolls back what was created.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_sdk_ec2::types::FlowLog;

use super::base::{Base, check_still_there};
use super::client::Clients;
use super::connection::Aws;
use super::error::{Error, RETENTIONS_DAYS};
use super::flow_logs::{self, RESOURCES_PER_CALL, Request};
use super::roll_back::Undo;
use super::run::Run;
use super::tags::{self, Tags};
use super::{kept_settings, log_format, log_groups, roles};
use crate::account::cancellation::Cancellation;
use crate::account::created::Created;
use crate::account::resource::Resource;
use crate::account::settings::{DEFAULT_AGGREGATION_S, Settings};

/// The error message for ECS fields if there is no cluster, or no permission to see one.
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

/// The ids that the flow logs are created on: the resource itself, or its interfaces.
pub(super) fn resource_ids(resource: &Resource) -> Vec<String> {
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
    let doing = || format!("extend the flow log of {}", resource.label());
    let text = |value: Option<&str>, what| {
        value.map(ToString::to_string).ok_or_else(|| Error::Incomplete { doing: doing(), what })
    };
    let tags = Tags::beside(first, Run::new());
    let request = Request {
        resource_type: flow_logs::resource_type(resource),
        log_group: text(first.log_group_name(), "log group")?,
        role_arn: text(first.deliver_logs_permission_arn(), "role")?,
        role_is_new: true,
        format: text(first.log_format(), "format")?,
        tag_fields: log_format::tag_fields_of(first),
        aggregation_s: first.max_aggregation_interval().unwrap_or(600),
        traffic: first.traffic_type().cloned(),
        tags: tags.ok_or_else(|| Error::Incomplete { doing: doing(), what: "name" })?,
    };
    let mut notes = kept_settings::notes(clients, resource, settings, &request).await?;
    if settings.lifetime.is_some() {
        let kept = tags::expiry(first.tags()).map_or("it does not expire".into(), |expiry| expiry.note());
        notes.push(format!("{kept}; delete and create it to change that"));
    }
    notes.extend(longer_retention(clients, &request.log_group, settings).await?);
    notes.extend(restored(clients, settings, &request).await?);
    let covered: BTreeSet<&str> = there.iter().filter_map(FlowLog::resource_id).collect();
    let joined: Vec<String> = resource_ids(resource).into_iter().filter(|id| !covered.contains(id.as_str())).collect();
    if joined.is_empty() {
        return Ok(Created::Unchanged { notes });
    }
    let mut undo = Undo::new(request.tags.name.clone(), request.tags.run.clone());
    let outcome = async {
        let (name, log_group, role_arn) =
            (request.tags.name.clone(), request.log_group.clone(), request.role_arn.clone());
        let gone = make_flow_logs(aws, request, &[], &joined, &mut undo.flow_logs, cancellation).await?;
        check_still_there(clients, &log_group, roles::own_name(clients, &name, &role_arn)).await?;
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

/// Creates the log group and the role of an existing flow log again if they are gone, and returns a note if so. They
/// stay even if a later step fails: the flow log delivers nothing without them.
async fn restored(clients: &Clients, settings: &Settings, there: &Request) -> Result<Option<String>, Error> {
    let restored = Base::of_existing(clients, settings, there).restore().await?;
    Ok((!restored.is_empty()).then(|| format!("created again: {}", restored.join(", "))))
}

/// Prolongs the retention of an existing log group, if that was asked for. Never shortens it, which would delete
/// records. Returns a note on the outcome.
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

fn note_of_gone(gone: &[String]) -> Option<String> {
    (!gone.is_empty()).then(|| format!("gone meanwhile: {}", gone.join(", ")))
}

async fn make(
    aws: &Aws,
    resource: &Resource,
    settings: &Settings,
    cancellation: &Cancellation,
) -> Result<Created, Error> {
    let clients = aws.clients().await?;
    cancellation.check()?;
    let base = Base::new(clients, resource, settings, Run::new());
    let mut undo = Undo::new(base.tags.name.clone(), base.tags.run.clone());
    let mut notes = vec!["its first records arrive in 5 to 10 minutes".to_string()];
    notes.extend(note_of_vpc(clients, resource).await?);
    let outcome = async {
        let role_arn = base.make(&mut undo, &mut notes).await?;
        let mut formats = log_format::choices(resource, &settings.fields).into_iter();
        let request = request(&base, resource, role_arn, formats.next().unwrap_or_default());
        let others: Vec<String> = formats.collect();
        let ids = resource_ids(resource);
        let gone = make_flow_logs(aws, request, &others, &ids, &mut undo.flow_logs, cancellation).await?;
        // A failing create or a delete of another process may have removed them before the flow logs used them.
        if !base.is_there().await? {
            base.make(&mut undo, &mut Vec::new()).await?;
        }
        Ok(gone)
    };
    match outcome.await {
        // Another create has already created all of them.
        Ok(_) if undo.flow_logs.is_empty() => Ok(Created::Unchanged { notes: Vec::new() }),
        Ok(gone) => {
            if !settings.is_shared_with_go_tool() {
                notes.push("only this tool lists and deletes it, not the Go tool".into());
            }
            notes.extend(base.expiry.map(|expiry| expiry.note()));
            notes.extend(note_of_gone(&gone));
            Ok(Created::New { id: undo.id(), notes })
        }
        Err(cause) => Err(undo.roll_back(clients, cause).await),
    }
}

/// A note if the resource's VPC has a flow log, which records the same traffic.
async fn note_of_vpc(clients: &Clients, resource: &Resource) -> Result<Option<String>, Error> {
    if resource.vpc.is_empty() || resource.vpc == resource.id {
        return Ok(None);
    }
    let of_vpc = flow_logs::of_vpc(clients, &resource.vpc).await?;
    let first = of_vpc.first().and_then(FlowLog::flow_log_id);
    Ok(first.map(|id| {
        format!("{id} of its VPC {} records the same traffic: it is stored and paid for twice", resource.vpc)
    }))
}

/// The request for new flow logs.
pub(super) fn request(base: &Base<'_>, resource: &Resource, role_arn: String, format: String) -> Request {
    let aggregation_s = base.settings.aggregation_s.unwrap_or(DEFAULT_AGGREGATION_S);
    Request {
        resource_type: flow_logs::resource_type(resource),
        log_group: base.log_group.clone(),
        role_arn,
        role_is_new: base.settings.role.is_none(),
        format,
        tag_fields: log_format::tag_fields(&base.settings.fields),
        aggregation_s: i32::try_from(aggregation_s).unwrap_or(600),
        traffic: flow_logs::traffic(resource.kind, base.settings),
        tags: base.tags.clone().expiring(base.expiry),
    }
}

/// Creates flow logs in as many calls as needed, and waits until the service can assume the role. Returns the resources
/// that no longer exist, which is an error only if none is left.
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
            Err(error)
                if request.role_is_new
                    && error.message().contains(NOT_ASSUMABLE)
                    && started.elapsed() + pause <= ASSUME_WITHIN =>
            {
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
