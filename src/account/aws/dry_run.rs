//! The dry run of a create: the resources, and every call with its parameters.

use aws_sdk_ec2::types::{TagFieldSpecificationRequest, TaggableResourceType};
use serde_json::{Value, json};

use super::base::{Base, Role};
use super::client::Clients;
use super::create::{request, resource_ids};
use super::error::Error;
use super::flow_logs::{RESOURCES_PER_CALL, Request};
use super::naming::POLICY;
use super::run::Run;
use super::tags::Tags;
use super::{log_format, log_groups, roles};
use crate::account::lifecycle::Steps;
use crate::account::resource::Resource;
use crate::account::settings::{DEFAULT_RETENTION_DAYS, Settings};

/// The resources and calls that create the flow log of a resource.
pub(super) async fn steps(clients: &Clients, resource: &Resource, settings: &Settings) -> Result<Steps, Error> {
    let base = Base::new(clients, resource, settings, Run::unknown());
    let [mut group, flow_log] = resource.steps(settings);
    let mut calls = Vec::new();
    if base.has_log_group_of_others().await? {
        group = format!("log group {} as it is", base.log_group);
    } else {
        calls.extend(log_group_calls(&base));
    }
    let (role, role_arn) = match &base.role {
        Role::New(name) => {
            calls.extend(role_calls(&base, name).await?);
            (format!("role {name} for it"), roles::arn(clients, name, settings).await?)
        }
        Role::Named(arn) => (format!("role {arn} as it is"), arn.clone()),
    };
    let format = log_format::choices(resource, &settings.fields).into_iter().next().unwrap_or_default();
    let request = request(&base, resource, role_arn, format);
    calls.extend(resource_ids(resource).chunks(RESOURCES_PER_CALL).map(|ids| flow_log_call(&request, ids)));
    let written = |(name, parameters): (&str, Value)| format!("{name} {parameters}");
    Ok(Steps { resources: vec![group, role, flow_log], calls: calls.into_iter().map(written).collect() })
}

/// A call and its parameters, as the API names them.
type Call = (&'static str, Value);

fn log_group_calls(base: &Base<'_>) -> [Call; 2] {
    let Base { settings, log_group, tags, .. } = base;
    let class = log_groups::class(settings);
    let mut create = json!({"logGroupName": log_group, "logGroupClass": class.as_str(), "tags": tags.all()});
    if let Some(key) = &settings.kms_key {
        create["kmsKeyId"] = json!(key);
    }
    let days = settings.retention_days.unwrap_or(DEFAULT_RETENTION_DAYS);
    let keep = json!({"logGroupName": log_group, "retentionInDays": days});
    [("logs:CreateLogGroup", create), ("logs:PutRetentionPolicy", keep)]
}

async fn role_calls(base: &Base<'_>, role: &str) -> Result<[Call; 2], Error> {
    let Base { clients, settings, log_group, tags, .. } = base;
    let mut create = json!({
        "RoleName": role,
        "Description": roles::description(settings),
        "AssumeRolePolicyDocument": roles::trust(clients).await?,
        "Tags": listed(tags),
    });
    if let Some(path) = &settings.role_path {
        create["Path"] = json!(path);
    }
    if let Some(boundary) = &settings.permissions_boundary {
        create["PermissionsBoundary"] = json!(boundary);
    }
    let policy = roles::permissions(clients, log_group).await?;
    let allow = json!({"RoleName": role, "PolicyName": POLICY, "PolicyDocument": policy});
    Ok([("iam:CreateRole", create), ("iam:PutRolePolicy", allow)])
}

fn listed(tags: &Tags) -> Value {
    tags.all().into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

fn flow_log_call(request: &Request, ids: &[String]) -> Call {
    let mut parameters = json!({
        "ResourceType": request.resource_type.as_str(),
        "ResourceIds": ids,
        "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": request.log_group,
        "DeliverLogsPermissionArn": request.role_arn,
        "LogFormat": request.format,
        "MaxAggregationInterval": request.aggregation_s,
        "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": listed(&request.tags)}],
    });
    if !request.tag_fields.is_empty() {
        let of = |one: &TagFieldSpecificationRequest| json!({"ResourceType": one.resource_type().map(TaggableResourceType::as_str), "TagKeys": one.tag_keys()});
        parameters["TagFieldSpecifications"] = request.tag_fields.iter().map(of).collect();
    }
    if let Some(traffic) = &request.traffic {
        parameters["TrafficType"] = json!(traffic.as_str());
    }
    ("ec2:CreateFlowLogs", parameters)
}
