//! The services that a life cycle changes, in memory: set to a state at once, and compared as a whole.
//!
//! It takes seconds to bring moto to a state, and a table of faults needs a thousand states.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::canned::item;
use crate::form::form;
use crate::proxy::{Call, refusal, response};

pub(crate) const REGION: &str = "eu-west-1";
const ACCOUNT: &str = "123456789012";

pub(crate) type Tags = BTreeMap<String, String>;

/// Everything that a life cycle may change.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) flow_logs: BTreeMap<String, FlowLog>,
    pub(crate) log_groups: BTreeMap<String, LogGroup>,
    pub(crate) roles: BTreeMap<String, Role>,
    /// The number of flow logs that were created so far, including deleted ones.
    pub(crate) created: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FlowLog {
    pub(crate) resource: String,
    pub(crate) log_group: String,
    pub(crate) role_arn: String,
    pub(crate) format: String,
    pub(crate) token: String,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LogGroup {
    /// Milliseconds since 1970.
    pub(crate) created: i64,
    pub(crate) retention_days: Option<i64>,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Role {
    pub(crate) created: jiff::Timestamp,
    pub(crate) description: String,
    pub(crate) policies: BTreeSet<String>,
    pub(crate) tags: Tags,
}

pub(crate) fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn group_arn(name: &str) -> String {
    format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}")
}

/// An account with a VPC `prod`, a security group `web` of two interfaces, and a NAT gateway `out`.
pub(crate) struct Cloud(Mutex<State>);

/// An error of a service: its code and message.
struct Refusal(&'static str, String);

type Outcome = Result<String, Refusal>;

impl Cloud {
    pub(crate) fn new(state: State) -> Self {
        Self(Mutex::new(state))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a call.
    pub(crate) fn answer(&self, call: &Call) -> io::Result<Vec<u8>> {
        let (head, body) = call.request.split_once("\r\n\r\n").unwrap_or_default();
        let is_logs = head.to_lowercase().contains("x-amz-target:");
        let mut state = self.state();
        let outcome = if is_logs {
            let input = serde_json::from_str(body).map_err(io::Error::other)?;
            state.logs(&call.action, &input).map(|output| output.to_string())
        } else {
            let input: BTreeMap<String, String> = form(body).into_iter().collect();
            match network(&call.action) {
                Some(inside) => Ok(ec2(&call.action, &inside)),
                None => state.other(&call.action, &input),
            }
        };
        let kind = if is_logs { "application/x-amz-json-1.1" } else { "text/xml" };
        let answer = match outcome {
            Ok(body) => response("200 OK", kind, &body),
            Err(Refusal(code, message)) => refusal(&call.request, code, &message),
        };
        Ok(answer.into_bytes())
    }
}

/// The descriptions of the network, which never changes.
fn network(action: &str) -> Option<String> {
    let named = |name: &str| item(&[("key", "Name"), ("value", name)]);
    let interface = |id: &str, more: &str| {
        item(&[("networkInterfaceId", id), ("subnetId", "subnet-1"), ("vpcId", "vpc-1"), ("groupSet", more)])
    };
    let web = item(&[("groupId", "sg-1"), ("groupName", "web")]);
    let list = |name: &str, items: String| Some(format!("<{name}>{items}</{name}>"));
    match action {
        "DescribeVpcs" => {
            let vpc = [("vpcId", "vpc-1"), ("cidrBlock", "10.0.0.0/16"), ("tagSet", &named("prod"))];
            list("vpcSet", item(&vpc))
        }
        "DescribeSubnets" => {
            list("subnetSet", item(&[("subnetId", "subnet-1"), ("vpcId", "vpc-1"), ("cidrBlock", "10.0.0.0/24")]))
        }
        "DescribeSecurityGroups" => {
            list("securityGroupInfo", item(&[("groupId", "sg-1"), ("groupName", "web"), ("vpcId", "vpc-1")]))
        }
        "DescribeNetworkInterfaces" => {
            let all = interface("eni-1", &web) + &interface("eni-2", &web) + &interface("eni-3", "");
            list("networkInterfaceSet", all)
        }
        "DescribeNatGateways" => {
            let addresses = item(&[("networkInterfaceId", "eni-3")]);
            let nat = [
                ("natGatewayId", "nat-1"),
                ("vpcId", "vpc-1"),
                ("state", "available"),
                ("natGatewayAddressSet", &addresses),
                ("tagSet", &named("out")),
            ];
            list("natGatewaySet", item(&nat))
        }
        "DescribeFlowLogs" => None,
        // There are no resources of other kinds; log groups are described by another service.
        _ => action.starts_with("Describe").then(String::new),
    }
}

fn ec2(action: &str, inside: &str) -> String {
    format!("<{action}Response>{inside}</{action}Response>")
}

/// The values of a list of a form: `ResourceId.1`, `ResourceId.2`.
fn listed(input: &BTreeMap<String, String>, name: &str) -> Vec<String> {
    (1..).map_while(|number| input.get(&format!("{name}.{number}"))).cloned().collect()
}

/// The tags of a form, each a key and a value under `{name}.{number}`.
fn tags(input: &BTreeMap<String, String>, name: &str) -> Tags {
    let pair = |number: usize| {
        let of = |part: &str| input.get(&format!("{name}.{number}.{part}")).cloned();
        Some((of("Key")?, of("Value")?))
    };
    (1..).map_while(pair).collect()
}

fn missing_role(name: &str) -> Refusal {
    Refusal("NoSuchEntity", format!("The role with name {name} cannot be found."))
}

fn missing_group(name: &str) -> Refusal {
    Refusal("ResourceNotFoundException", format!("The specified log group does not exist: {name}"))
}

impl State {
    /// A call of EC2, IAM or STS.
    fn other(&mut self, action: &str, input: &BTreeMap<String, String>) -> Outcome {
        match action {
            "GetCallerIdentity" => {
                let caller =
                    format!("<Account>{ACCOUNT}</Account><UserId>A</UserId><Arn>arn:aws:iam::{ACCOUNT}:user/a</Arn>");
                Ok(iam(action, &caller))
            }
            "DescribeFlowLogs" => Ok(ec2(action, &self.describe_flow_logs(input))),
            "CreateFlowLogs" => Ok(ec2(action, &self.create_flow_logs(input))),
            "DeleteFlowLogs" => {
                for id in listed(input, "FlowLogId") {
                    let gone = || Refusal("InvalidFlowLogId.NotFound", format!("{id} does not exist"));
                    self.flow_logs.remove(&id).ok_or_else(gone)?;
                }
                Ok(ec2(action, "<unsuccessful/>"))
            }
            "ListRoles" => {
                let roles: String = self.roles.iter().map(|(name, role)| member(&role_text(name, role))).collect();
                Ok(iam(action, &format!("<Roles>{roles}</Roles><IsTruncated>false</IsTruncated>")))
            }
            "SimulatePrincipalPolicy" => Err(Refusal("AccessDenied", "nobody may".into())),
            _ => self.of_role(action, input),
        }
    }

    fn describe_flow_logs(&self, input: &BTreeMap<String, String>) -> String {
        let filters: Vec<(String, Vec<String>)> = (1..)
            .map_while(|number| {
                let name = input.get(&format!("Filter.{number}.Name"))?.clone();
                Some((name, listed(input, &format!("Filter.{number}.Value"))))
            })
            .collect();
        let fits = |flow_log: &FlowLog| {
            filters.iter().all(|(name, values)| match name.strip_prefix("tag:") {
                Some(key) => flow_log.tags.get(key).is_some_and(|value| values.contains(value)),
                None => name == "resource-id" && values.contains(&flow_log.resource),
            })
        };
        let shown = |(id, flow_log): (&String, &FlowLog)| {
            let tags: String =
                flow_log.tags.iter().map(|(key, value)| item(&[("key", key), ("value", value)])).collect();
            item(&[
                ("flowLogId", id),
                ("resourceId", &flow_log.resource),
                ("logGroupName", &flow_log.log_group),
                ("logDestinationType", "cloud-watch-logs"),
                ("deliverLogsPermissionArn", &flow_log.role_arn),
                ("deliverLogsStatus", "SUCCESS"),
                ("trafficType", "ALL"),
                ("logFormat", &flow_log.format),
                ("maxAggregationInterval", "60"),
                ("tagSet", &tags),
            ])
        };
        let all: String = self.flow_logs.iter().filter(|(_, flow_log)| fits(flow_log)).map(shown).collect();
        format!("<flowLogSet>{all}</flowLogSet>")
    }

    /// A call with a token that was used before creates nothing: its flow log exists already.
    fn create_flow_logs(&mut self, input: &BTreeMap<String, String>) -> String {
        let text = |name: &str| input[name].clone();
        let (mut made, mut failed) = (Vec::new(), String::new());
        for resource in listed(input, "ResourceId") {
            let new = FlowLog {
                resource,
                log_group: text("LogGroupName"),
                role_arn: text("DeliverLogsPermissionArn"),
                format: text("LogFormat"),
                token: text("ClientToken"),
                tags: tags(input, "TagSpecification.1.Tag"),
            };
            let is_same =
                |(_, known): &(&String, &FlowLog)| known.resource == new.resource && known.log_group == new.log_group;
            match self.flow_logs.iter().find(is_same) {
                Some((id, known)) if known.token == new.token => made.push(id.clone()),
                Some(_) => {
                    let error = "<code>FlowLogAlreadyExists</code><message>there is one</message>";
                    failed += &item(&[("resourceId", &new.resource), ("error", error)]);
                }
                None => {
                    self.created += 1;
                    let id = format!("fl-{}", self.created);
                    self.flow_logs.insert(id.clone(), new);
                    made.push(id);
                }
            }
        }
        let made: Vec<String> = made.iter().map(|id| format!("<item>{id}</item>")).collect();
        let made = made.concat();
        format!("<flowLogIdSet>{made}</flowLogIdSet><unsuccessful>{failed}</unsuccessful>")
    }

    /// A call of IAM about one role.
    fn of_role(&mut self, action: &str, input: &BTreeMap<String, String>) -> Outcome {
        let name = &input["RoleName"];
        if action == "CreateRole" {
            if self.roles.contains_key(name) {
                return Err(Refusal("EntityAlreadyExists", format!("Role with name {name} already exists.")));
            }
            let role = Role {
                created: jiff::Timestamp::now(),
                description: input["Description"].clone(),
                policies: BTreeSet::new(),
                tags: tags(input, "Tags.member"),
            };
            let text = role_text(name, &role);
            self.roles.insert(name.clone(), role);
            return Ok(iam(action, &format!("<Role>{text}</Role>")));
        }
        let role = self.roles.get_mut(name).ok_or_else(|| missing_role(name))?;
        let mut result = String::new();
        match action {
            "GetRole" => result = format!("<Role>{}</Role>", role_text(name, role)),
            "TagRole" => role.tags.extend(tags(input, "Tags.member")),
            "PutRolePolicy" => drop(role.policies.insert(input["PolicyName"].clone())),
            "DeleteRolePolicy" if !role.policies.remove(&input["PolicyName"]) => {
                return Err(Refusal("NoSuchEntity", "The role policy cannot be found.".into()));
            }
            "DeleteRolePolicy" => {}
            "ListRolePolicies" => {
                let names: String = role.policies.iter().map(|name| member(name)).collect();
                result = format!("<PolicyNames>{names}</PolicyNames><IsTruncated>false</IsTruncated>");
            }
            "ListAttachedRolePolicies" => {
                result = "<AttachedPolicies/><IsTruncated>false</IsTruncated>".into();
            }
            "DeleteRole" if !role.policies.is_empty() => {
                return Err(Refusal("DeleteConflict", "Cannot delete entity, must delete policies first.".into()));
            }
            "DeleteRole" => drop(self.roles.remove(name)),
            other => panic!("nothing is known of {other}"),
        }
        Ok(iam(action, &result))
    }

    /// A call of CloudWatch Logs.
    fn logs(&mut self, action: &str, input: &Value) -> Result<Value, Refusal> {
        let text = |name: &str| input[name].as_str().unwrap_or_default().to_string();
        let tags = || -> Tags { serde_json::from_value(input["tags"].clone()).unwrap_or_default() };
        match action {
            "DescribeLogGroups" => {
                let (prefix, names) = (text("logGroupNamePrefix"), input["logGroupIdentifiers"].as_array());
                let is_meant = |name: &String| match names {
                    Some(names) => names.iter().any(|known| known == name),
                    None => name.starts_with(&prefix),
                };
                let found = self.log_groups.iter().filter(|(name, _)| is_meant(name));
                Ok(json!({ "logGroups": found.map(|(name, group)| group_text(name, group)).collect::<Vec<_>>() }))
            }
            "CreateLogGroup" => {
                let name = text("logGroupName");
                if self.log_groups.contains_key(&name) {
                    let message = "The specified log group already exists";
                    return Err(Refusal("ResourceAlreadyExistsException", message.into()));
                }
                let created = jiff::Timestamp::now().as_millisecond();
                self.log_groups.insert(name, LogGroup { created, retention_days: None, tags: tags() });
                Ok(json!({}))
            }
            "ListTagsForResource" | "TagResource" => {
                let arn = text("resourceArn");
                let name = arn.split_once(":log-group:").map_or("", |(_, name)| name);
                let group = self.log_groups.get_mut(name).ok_or_else(|| missing_group(name))?;
                group.tags.extend(tags());
                Ok(json!({ "tags": group.tags }))
            }
            _ => self.of_group(action, &text("logGroupName"), input),
        }
    }

    /// A call about one log group.
    fn of_group(&mut self, action: &str, name: &str, input: &Value) -> Result<Value, Refusal> {
        let group = self.log_groups.get_mut(name).ok_or_else(|| missing_group(name))?;
        match action {
            "PutRetentionPolicy" => group.retention_days = input["retentionInDays"].as_i64(),
            "DescribeLogStreams" => return Ok(json!({ "logStreams": [] })),
            "DeleteLogGroup" => drop(self.log_groups.remove(name)),
            other => panic!("nothing is known of {other}"),
        }
        Ok(json!({}))
    }
}

fn group_text(name: &str, group: &LogGroup) -> Value {
    let mut text = json!({
        "logGroupName": name, "logGroupArn": group_arn(name), "arn": format!("{}:*", group_arn(name)),
        "creationTime": group.created, "storedBytes": 0, "logGroupClass": "STANDARD"
    });
    if let Some(days) = group.retention_days {
        text["retentionInDays"] = days.into();
    }
    text
}

fn iam(action: &str, inside: &str) -> String {
    format!("<{action}Response><{action}Result>{inside}</{action}Result></{action}Response>")
}

fn member(inside: &str) -> String {
    format!("<member>{inside}</member>")
}

fn role_text(name: &str, role: &Role) -> String {
    let tag = |(key, value): (&String, &String)| member(&format!("<Key>{key}</Key><Value>{value}</Value>"));
    let tags: String = role.tags.iter().map(tag).collect();
    format!(
        "<Path>/</Path><RoleName>{name}</RoleName><RoleId>AROA</RoleId><Arn>{}</Arn><CreateDate>{}</CreateDate>\
         <Description>{}</Description><Tags>{tags}</Tags>",
        role_arn(name),
        role.created,
        role.description
    )
}
