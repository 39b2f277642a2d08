//! Creates, lists and deletes flow logs. AWS has one for each interface; those that share a `Name` are one here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::SystemTime;

use aws_sdk_cloudwatchlogs::types::LogGroup;
use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::{
    self as ec2, Filter, FlowLogsResourceType, LogDestinationType, ResourceType, Tag, TagFieldSpecificationRequest,
    TagSpecification, TrafficType, UnsuccessfulItem,
};

use super::client::Clients;
use super::error::Error;
use super::interface::tag;
use super::log_format;
use super::naming::{self, NAME, PROJECT, PROJECT_ALONE};
use super::policy::Action;
use super::run::RUN;
use super::tags::{Tags, expiry};
use crate::account::coverage::Destination;
use crate::account::expiry::Expiry;
use crate::account::flow_log::{AnyFlowLog, FlowLog};
use crate::account::inventory::Inventory;
use crate::account::naming::LOG_GROUP_PREFIX;
use crate::account::naming::hash;
use crate::account::resource::{KINDS, Resource};
use crate::account::settings::{Settings, Traffic};
use crate::field::{Field, Origin};
use crate::kind::{Covers, TargetKind};
use crate::value::EpochSeconds;

/// The largest number of resources in a call.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html>.
pub(super) const RESOURCES_PER_CALL: usize = 300;

/// The status of a flow log that has not delivered yet.
pub(super) const PENDING: &str = "PENDING";

/// Every flow log, including those that other tools created.
pub(super) async fn all(clients: &Clients) -> Result<Vec<ec2::FlowLog>, Error> {
    matching(clients, Vec::new()).await
}

/// The flow logs of this tool and the Go tool.
pub(super) async fn ours(clients: &Clients) -> Result<Vec<ec2::FlowLog>, Error> {
    matching(clients, vec![project()]).await
}

/// Our flow logs with one of these names.
pub(super) async fn named(clients: &Clients, names: &[String]) -> Result<Vec<ec2::FlowLog>, Error> {
    let by_name = Filter::builder().name("tag:Name").set_values(Some(names.to_vec())).build();
    let mut found = matching(clients, vec![project(), by_name]).await?;
    // The filter treats `*` and `?` as wildcards.
    found.retain(|flow_log| name(flow_log).is_some_and(|name| names.contains(&name)));
    Ok(found)
}

/// Our flow logs of a resource.
pub(super) async fn of(clients: &Clients, resource: &Resource) -> Result<Vec<ec2::FlowLog>, Error> {
    let groups = grouped(named(clients, &resource.flow_log_names()).await?).into_iter();
    let is_its = |group: &Group| {
        let covered: Vec<&str> = group.resource_ids().collect();
        resource.has_flow_log(&group.name, &covered)
    };
    Ok(groups.filter(is_its).flat_map(|group| group.flow_logs).collect())
}

/// The flow logs on a VPC itself, including those that other tools created.
pub(super) async fn of_vpc(clients: &Clients, vpc: &str) -> Result<Vec<ec2::FlowLog>, Error> {
    matching(clients, vec![Filter::builder().name("resource-id").values(vpc).build()]).await
}

fn project() -> Filter {
    Filter::builder().name(format!("tag:{}", PROJECT.0)).values(PROJECT.1).values(PROJECT_ALONE).build()
}

async fn matching(clients: &Clients, filters: Vec<Filter>) -> Result<Vec<ec2::FlowLog>, Error> {
    let request = clients.ec2.describe_flow_logs().set_filter(Some(filters));
    let send = |token| request.clone().set_next_token(token).send();
    clients.pages(Action::DescribeFlowLogs, "list flow logs", send, |page| (page.flow_logs, page.next_token)).await
}

/// Returns whether a flow log has our tag.
pub(super) fn is_ours(flow_log: &ec2::FlowLog) -> bool {
    naming::is_ours(tag(flow_log.tags(), PROJECT.0).as_deref())
}

fn name(flow_log: &ec2::FlowLog) -> Option<String> {
    tag(flow_log.tags(), NAME)
}

/// The run that created a flow log.
pub(super) fn run(flow_log: &ec2::FlowLog) -> Option<String> {
    tag(flow_log.tags(), RUN)
}

/// The time when a flow log was created.
pub(super) fn created(flow_log: &ec2::FlowLog) -> EpochSeconds {
    flow_log.creation_time().map_or(0, DateTime::secs)
}

/// The problem of delivery, if it has one.
pub(super) fn trouble(flow_log: &ec2::FlowLog) -> Option<String> {
    let status = flow_log.deliver_logs_status().filter(|status| !["SUCCESS", ""].contains(status));
    let message = flow_log.deliver_logs_error_message().filter(|message| !message.is_empty());
    message.or(status).map(ToString::to_string)
}

/// The destination of a flow log. A log group of another account is named by its ARN.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html>.
pub(super) fn destination(flow_log: &ec2::FlowLog) -> Destination {
    let arn = flow_log.log_destination().unwrap_or_default();
    match flow_log.log_destination_type() {
        Some(LogDestinationType::S3) => Destination::S3(arn.rsplit(":::").next().unwrap_or_default().into()),
        Some(LogDestinationType::KinesisDataFirehose) => {
            Destination::Firehose(arn.rsplit('/').next().unwrap_or_default().into())
        }
        _ => Destination::LogGroup(log_group(flow_log, arn)),
    }
}

/// The name of a log group, or its ARN. Both end in `:*` if the flow log was created by ARN.
fn log_group(flow_log: &ec2::FlowLog, arn: &str) -> String {
    let arn = arn.trim_end_matches(":*");
    let name = arn.split_once(":log-group:").map(|(_, name)| name);
    let name = flow_log.log_group_name().or(name).unwrap_or_default().trim_end_matches(":*");
    let is_elsewhere = flow_log.deliver_cross_account_role().is_some() && !arn.is_empty();
    if is_elsewhere { arn.into() } else { name.into() }
}

/// The format of a flow log; the service may leave out the default one.
pub(super) fn format(flow_log: &ec2::FlowLog) -> String {
    let format = flow_log.log_format().filter(|format| !format.is_empty());
    format.map_or_else(|| log_format::default_format(flow_log.resource_id()), Into::into)
}

/// Returns whether the format of a flow log has a field.
pub(super) fn has_field(flow_log: &ec2::FlowLog, field: Field) -> bool {
    let Origin::Record(name) = field.info().origin else { return false };
    format(flow_log).contains(&format!("${{{name}}}"))
}

/// Converts a flow log of any tool for listing.
pub(super) fn describe(flow_log: &ec2::FlowLog) -> AnyFlowLog {
    let (destination_type, destination) = match destination(flow_log) {
        Destination::LogGroup(name) => ("log group", name),
        Destination::S3(place) => ("S3", place),
        Destination::Firehose(stream) => ("Firehose", stream),
    };
    let resource = flow_log.resource_id().unwrap_or_default().to_string();
    AnyFlowLog {
        id: flow_log.flow_log_id().unwrap_or_default().into(),
        kind: AnyFlowLog::kind_of(&resource),
        resource,
        // Flow logs of transit gateways have no traffic type: they record everything.
        traffic: flow_log.traffic_type().unwrap_or(&TrafficType::All).as_str().into(),
        destination_type,
        destination,
        format: flow_log.log_format().unwrap_or_default().into(),
        is_ours: is_ours(flow_log),
        created: created(flow_log),
        status: trouble(flow_log).unwrap_or_else(|| flow_log.deliver_logs_status().unwrap_or(PENDING).into()),
        usd_a_month: None,
        place: None,
    }
}

/// Resources that flow logs can be created for, by kind and by each `Name` that this tool or the Go tool gives their
/// flow logs. Instances of one name in several VPCs may share a `Name`.
pub(super) struct Resources(HashMap<(TargetKind, String), Vec<Resource>>);

impl Resources {
    pub(super) fn new(inventory: &Inventory) -> Self {
        let mut by_name: HashMap<(TargetKind, String), Vec<Resource>> = HashMap::new();
        for resource in KINDS.into_iter().flat_map(|kind| inventory.resources(kind)) {
            let names: BTreeSet<String> = resource.flow_log_names().into_iter().collect();
            for name in names {
                by_name.entry((resource.kind, name)).or_default().push(resource.clone());
            }
        }
        Self(by_name)
    }
}

/// Flow logs of one `Name`.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) kind: TargetKind,
    pub(super) flow_logs: Vec<ec2::FlowLog>,
}

/// Groups flow logs by `Name`; leaves out names that neither this tool nor the Go tool gives.
pub(super) fn grouped(flow_logs: Vec<ec2::FlowLog>) -> Vec<Group> {
    let mut by_name: BTreeMap<String, Vec<ec2::FlowLog>> = BTreeMap::new();
    for flow_log in flow_logs {
        if let Some(name) = name(&flow_log) {
            by_name.entry(name).or_default().push(flow_log);
        }
    }
    let group = |(name, flow_logs): (String, Vec<ec2::FlowLog>)| {
        let kind = TargetKind::of_flow_log(&name)?;
        Some(Group { name, kind, flow_logs })
    };
    by_name.into_iter().filter_map(group).collect()
}

impl Group {
    /// The id of the only flow log, or the `Name` that several share.
    pub(super) fn id(&self) -> String {
        match self.flow_logs.as_slice() {
            [one] => one.flow_log_id().unwrap_or_default().to_string(),
            _ => self.name.clone(),
        }
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.flow_logs.iter().filter_map(ec2::FlowLog::flow_log_id).map(Into::into).collect()
    }

    pub(super) fn log_group(&self) -> String {
        let named = self.flow_logs.iter().find_map(|flow_log| match destination(flow_log) {
            Destination::LogGroup(group) if !group.is_empty() => Some(group),
            _ => None,
        });
        named.unwrap_or_else(|| format!("{LOG_GROUP_PREFIX}{}", self.name))
    }

    /// The ARN of the role that delivers the records.
    pub(super) fn role_arn(&self) -> Option<&str> {
        self.flow_logs.iter().find_map(ec2::FlowLog::deliver_logs_permission_arn)
    }

    /// The expiry, if the flow log expires.
    pub(super) fn expiry(&self) -> Option<Expiry> {
        self.flow_logs.iter().find_map(|flow_log| expiry(flow_log.tags()))
    }

    /// Returns whether the user chose its names, so that the log group and the role may belong to others.
    pub(super) fn has_chosen_names(&self) -> bool {
        let project = |flow_log: &ec2::FlowLog| tag(flow_log.tags(), PROJECT.0);
        self.flow_logs.iter().any(|flow_log| project(flow_log).as_deref() == Some(PROJECT_ALONE))
    }

    /// The resource that it was created for, if that still exists.
    pub(super) fn resource<'r>(&self, resources: &'r Resources) -> Option<&'r Resource> {
        let named = resources.0.get(&(self.kind, self.name.clone()))?;
        let covered: Vec<&str> = self.resource_ids().collect();
        named.iter().find(|resource| resource.has_flow_log(&self.name, &covered))
    }

    /// The ids of its resources on AWS: interfaces, or a VPC or subnet.
    pub(super) fn resource_ids(&self) -> impl Iterator<Item = &str> {
        self.flow_logs.iter().filter_map(ec2::FlowLog::resource_id)
    }

    /// The first problem of delivery, or its state.
    pub(super) fn status(&self) -> String {
        let of = |flow_log: &ec2::FlowLog| {
            // The status is empty until the first delivery.
            let status = flow_log.deliver_logs_status().filter(|status| !status.is_empty()).unwrap_or(PENDING);
            match flow_log.deliver_logs_error_message().filter(|message| !message.is_empty()) {
                Some(message) => format!("{status}: {message}"),
                None => status.to_string(),
            }
        };
        let all: Vec<String> = self.flow_logs.iter().map(of).collect();
        let bad = all.iter().find(|status| !["SUCCESS", PENDING].contains(&status.as_str()));
        bad.or(all.first()).cloned().unwrap_or_default()
    }

    /// Converts it to this project's type.
    pub(super) fn describe(&self, resources: &Resources, log_groups: &[LogGroup]) -> FlowLog {
        let resource = self.resource(resources);
        let log_group = self.log_group();
        let kept = log_groups.iter().find(|group| group.log_group_name() == Some(&log_group));
        let covers_all = self.kind.covers_whole();
        let covered = match resource {
            Some(resource) if covers_all => resource.interfaces.clone(),
            None if covers_all => Vec::new(),
            _ => self.resource_ids().map(Into::into).collect(),
        };
        let created = self.flow_logs.iter().map(created).min();
        FlowLog {
            id: self.id(),
            kind: self.kind,
            resource: resource.map_or_else(|| self.resource_id(), |resource| resource.id.clone()),
            name: resource.and_then(|resource| resource.name.clone()),
            vpc: resource.filter(|resource| !resource.namesakes.is_empty()).map(|resource| resource.vpc.clone()),
            log_group,
            covered,
            interfaces: resource.map_or(0, |resource| resource.interfaces.len()),
            created: created.unwrap_or_default(),
            retention_days: kept.and_then(LogGroup::retention_in_days).and_then(|d| d.try_into().ok()).unwrap_or(0),
            stored_bytes: kept.and_then(LogGroup::stored_bytes).and_then(|b| b.try_into().ok()).unwrap_or(0),
            status: self.status(),
            expiry: self.expiry(),
            place: None,
        }
    }

    /// The id of the resource, as far as the `Name` contains it. The Go tool gives the flow logs of all instances
    /// without a name the same `Name`, `instance-`.
    pub(super) fn resource_id(&self) -> String {
        let of_instances = self.name.strip_prefix("instance-").filter(|name| !name.is_empty());
        of_instances.unwrap_or(&self.name).to_string()
    }
}

/// The traffic that new flow logs of a kind record; `None` if the service offers no choice.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/tgw/flow-logs-api-cli.html>.
pub(super) fn traffic(kind: TargetKind, settings: &Settings) -> Option<TrafficType> {
    if kind.is_of_transit_gateways() {
        return None;
    }
    Some(match settings.traffic.unwrap_or_default() {
        Traffic::All => TrafficType::All,
        Traffic::Accept => TrafficType::Accept,
        Traffic::Reject => TrafficType::Reject,
    })
}

/// The settings of new flow logs.
pub(super) struct Request {
    pub(super) resource_type: FlowLogsResourceType,
    pub(super) log_group: String,
    pub(super) role_arn: String,
    /// Whether the service may not be able to assume the role yet.
    pub(super) role_is_new: bool,
    pub(super) format: String,
    /// The tags that its fields hold.
    pub(super) tag_fields: Vec<TagFieldSpecificationRequest>,
    pub(super) aggregation_s: i32,
    /// The traffic; `None` if the service offers no choice.
    pub(super) traffic: Option<TrafficType>,
    pub(super) tags: Tags,
}

/// Creates the flow logs of resources in one call. The new ids are added to `made` even if others fail, and resources
/// that no longer exist to `gone`.
pub(super) async fn create(
    clients: &Clients,
    request: &Request,
    resources: &[String],
    made: &mut Vec<String>,
    gone: &mut Vec<String>,
) -> Result<(), Error> {
    match send(clients, request, resources, made, gone).await {
        // A retry after a lost response, or a concurrent create: a success if every resource has its flow log now,
        // whichever process created it.
        Err(error) if error.is_taken() => {
            let there = named(clients, std::slice::from_ref(&request.tags.name)).await?;
            let of = |resource: &String| there.iter().find(|flow_log| flow_log.resource_id() == Some(resource));
            let its: Option<Vec<&ec2::FlowLog>> = resources.iter().map(of).collect();
            let own = its.ok_or(error)?.into_iter().filter(|flow_log| request.tags.run.is(run(flow_log).as_deref()));
            made.extend(own.filter_map(ec2::FlowLog::flow_log_id).map(Into::into));
            made.sort();
            made.dedup();
            Ok(())
        }
        outcome => outcome,
    }
}

async fn send(
    clients: &Clients,
    request: &Request,
    resources: &[String],
    made: &mut Vec<String>,
    gone: &mut Vec<String>,
) -> Result<(), Error> {
    let request = clients
        .ec2
        .create_flow_logs()
        .client_token(token(&request.tags.name))
        .resource_type(request.resource_type.clone())
        .set_resource_ids(Some(resources.to_vec()))
        .set_traffic_type(request.traffic.clone())
        .log_destination_type(LogDestinationType::CloudWatchLogs)
        .log_group_name(&request.log_group)
        .deliver_logs_permission_arn(&request.role_arn)
        .log_format(&request.format)
        .set_tag_field_specifications(Some(request.tag_fields.clone()))
        .max_aggregation_interval(request.aggregation_s)
        .tag_specifications(tag_specification(&request.tags));
    let doing = format!("create flow logs of {}", listed(resources));
    let answer = clients.call(Action::CreateFlowLogs, &doing, || request.clone().send()).await?;
    made.extend(answer.flow_log_ids().iter().cloned());
    // Existing flow logs matter only if there is no other error.
    let mut errors = unsuccessful("create the flow log of", answer.unsuccessful());
    // Interfaces of an autoscaling group may disappear while it is worked on.
    errors.retain(|error| match error {
        Error::Unsuccessful { resource, code, .. } if code == "InvalidNetworkInterfaceId.NotFound" => {
            gone.push(resource.clone());
            false
        }
        _ => true,
    });
    if errors.iter().any(|error| !error.is_taken()) {
        errors.retain(|error| !error.is_taken());
    } else {
        errors.truncate(1);
    }
    // A message that decides about a retry must not be combined with others.
    let of_one_kind = errors.windows(2).all(|pair| pair[0].message() == pair[1].message());
    match errors.len() {
        0 => Ok(()),
        _ if of_one_kind => Err(errors.remove(0)),
        _ => Error::of(errors),
    }
}

/// Returns the client token: a retry of a call reuses it, a new attempt gets a new one.
fn token(name: &str) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_nanos());
    format!("flowlogs-{:016x}-{now:x}", hash(u64::from(std::process::id()), name))
}

/// The type of the resources that the flow logs are created on.
pub(super) fn resource_type(resource: &Resource) -> FlowLogsResourceType {
    match resource.kind.info().covers {
        Covers::Whole { resource_type } | Covers::Itself { resource_type } => resource_type.into(),
        Covers::Interfaces if resource.is_logged_itself => FlowLogsResourceType::RegionalNatGateway,
        Covers::Interfaces | Covers::Nothing => FlowLogsResourceType::NetworkInterface,
    }
}

fn tag_specification(tags: &Tags) -> TagSpecification {
    let tags = tags.all().into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    TagSpecification::builder().resource_type(ResourceType::VpcFlowLog).set_tags(Some(tags.collect())).build()
}

/// The only id, or the first one and the number of the others.
fn listed(ids: &[String]) -> String {
    match ids {
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => "nothing".into(),
    }
}

fn unsuccessful(doing: &'static str, items: &[UnsuccessfulItem]) -> Vec<Error> {
    let text = |value: Option<&str>| value.unwrap_or("unknown").to_string();
    let error = |item: &UnsuccessfulItem| Error::Unsuccessful {
        doing,
        resource: text(item.resource_id()),
        code: text(item.error().and_then(|error| error.code())),
        message: text(item.error().and_then(|error| error.message())),
    };
    items.iter().map(error).collect()
}

/// Deletes flow logs and returns the failures; a flow log that is already gone is a success.
pub(super) async fn delete(clients: &Clients, ids: &[String]) -> Vec<Error> {
    let mut errors = Vec::new();
    for ids in ids.chunks(RESOURCES_PER_CALL) {
        let send = || clients.ec2.delete_flow_logs().set_flow_log_ids(Some(ids.to_vec())).send();
        match clients.call(Action::DeleteFlowLogs, &format!("delete the flow log {}", listed(ids)), send).await {
            Ok(answer) => errors.extend(unsuccessful("delete the flow log", answer.unsuccessful())),
            Err(error) => errors.push(error),
        }
    }
    errors.retain(|error| !error.is_missing());
    errors
}
