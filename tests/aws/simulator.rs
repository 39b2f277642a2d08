//! A small IAM policy simulator: what each call has to be allowed, and whether a policy allows it.
//!
//! Source of what each action needs:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.

#![allow(dead_code, reason = "each test uses a part")]

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::moto::{array, text};

const ACCOUNT: &str = "123456789012";

/// An action on a resource that a caller has to be allowed.
#[derive(Debug)]
pub(crate) struct Need {
    pub(crate) action: String,
    resource: String,
    /// What the policy's conditions can ask for.
    context: Vec<(&'static str, String)>,
}

impl Need {
    fn new(action: &str, resource: String) -> Self {
        Self { action: action.into(), resource, context: Vec::new() }
    }

    fn with(mut self, key: &'static str, value: &str) -> Self {
        self.context.push((key, value.into()));
        self
    }
}

/// What a request to a service needs.
pub(crate) fn needs(request: &str, region: &str) -> Vec<Need> {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let target = head.lines().find(|line| line.to_lowercase().starts_with("x-amz-target:"));
    if let Some(target) = target {
        let operation = target.rsplit('.').next().unwrap().trim();
        return needs_of_logs(operation, &serde_json::from_str(body).unwrap(), region);
    }
    let input: Map<String, Value> = form(body).into_iter().map(|(key, value)| (key, value.into())).collect();
    let action = input["Action"].as_str().unwrap().to_string();
    match input["Version"].as_str() {
        Some("2016-11-15") => needs_of_ec2(&action, &input, region),
        Some("2010-05-08") => needs_of_iam(&action, &input),
        Some("2011-06-15") => vec![Need::new(&format!("sts:{action}"), "*".into())],
        other => panic!("a service of version {other:?}"),
    }
}

/// What a call of CloudWatch Logs needs.
pub(crate) fn needs_of_logs(operation: &str, input: &Value, region: &str) -> Vec<Need> {
    let group = |name: &Value| match text(name) {
        name if name.starts_with("arn:") => name,
        name => format!("arn:aws:logs:{region}:{ACCOUNT}:log-group:{name}"),
    };
    let action = format!("logs:{operation}");
    let on = |resource: String| vec![Need::new(&action, resource)];
    match operation {
        "DescribeLogGroups" | "GetQueryResults" | "StopQuery" => on("*".into()),
        "StartQuery" => {
            let groups = array(input, "logGroupIdentifiers");
            groups.iter().map(|name| Need::new(&action, group(name))).collect()
        }
        "GetLogGroupFields" => on(group(input.get("logGroupIdentifier").unwrap_or(&input["logGroupName"]))),
        "ListTagsForResource" | "TagResource" => on(text(&input["resourceArn"])),
        "CreateLogGroup" => {
            let group = group(&input["logGroupName"]);
            let tags = input.get("tags").map(|_| Need::new("logs:TagResource", group.clone()));
            on(group).into_iter().chain(tags).collect()
        }
        "PutRetentionPolicy" | "DeleteLogGroup" | "DescribeLogStreams" => on(group(&input["logGroupName"])),
        other => panic!("nothing is known of logs:{other}"),
    }
}

fn needs_of_ec2(action: &str, input: &Map<String, Value>, region: &str) -> Vec<Need> {
    let arn = |kind: &str, id: &str| format!("arn:aws:ec2:{region}:{ACCOUNT}:{kind}/{id}");
    let of_list = |key: &str| {
        let prefix = format!("{key}.");
        let values = input.iter().filter(move |(name, _)| name.starts_with(&prefix));
        values.map(|(_, value)| text(value)).collect::<Vec<_>>()
    };
    let name = format!("ec2:{action}");
    match action {
        "CreateFlowLogs" => {
            let made = arn("vpc-flow-log", "fl-new");
            let mut needs = vec![Need::new(&name, made.clone())];
            for id in of_list("ResourceId") {
                let kind = match id.split('-').next() {
                    Some("vpc") => "vpc",
                    Some("subnet") => "subnet",
                    Some("eni") => "network-interface",
                    _ => panic!("{id} has no flow log"),
                };
                needs.push(Need::new(&name, arn(kind, &id)));
            }
            if input.keys().any(|key| key.starts_with("TagSpecification.")) {
                needs.push(Need::new("ec2:CreateTags", made).with("ec2:CreateAction", action));
            }
            let role = text(&input["DeliverLogsPermissionArn"]);
            needs.push(Need::new("iam:PassRole", role).with("iam:PassedToService", "vpc-flow-logs.amazonaws.com"));
            if text(&input["LogFormat"]).contains("${ecs-") {
                needs.push(Need::new("ecs:ListClusters", "*".into()));
            }
            needs
        }
        "DeleteFlowLogs" => of_list("FlowLogId").iter().map(|id| Need::new(&name, arn("vpc-flow-log", id))).collect(),
        describe if describe.starts_with("Describe") => vec![Need::new(&name, "*".into())],
        other => panic!("nothing is known of ec2:{other}"),
    }
}

fn needs_of_iam(action: &str, input: &Map<String, Value>) -> Vec<Need> {
    let name = format!("iam:{action}");
    let role = || format!("arn:aws:iam::{ACCOUNT}:role/{}", text(&input["RoleName"]));
    match action {
        "ListRoles" | "SimulatePrincipalPolicy" => vec![Need::new(&name, "*".into())],
        "CreateRole" => {
            let is_tagged = input.keys().any(|key| key.starts_with("Tags."));
            let tags = is_tagged.then(|| Need::new("iam:TagRole", role()));
            [Need::new(&name, role())].into_iter().chain(tags).collect()
        }
        "GetRole"
        | "PutRolePolicy"
        | "DeleteRolePolicy"
        | "DeleteRole"
        | "ListRolePolicies"
        | "ListAttachedRolePolicies"
        | "TagRole" => vec![Need::new(&name, role())],
        other => panic!("nothing is known of iam:{other}"),
    }
}

/// The pairs of a form.
pub(crate) fn form(body: &str) -> Vec<(String, String)> {
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (decoded(key), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// A policy and which of its permissions were of use.
pub(crate) struct Policy {
    statements: Vec<Value>,
    used: BTreeSet<(usize, String)>,
}

impl Policy {
    pub(crate) fn new(document: &Value) -> Self {
        Self { statements: array(document, "Statement"), used: BTreeSet::new() }
    }

    /// Whether the caller may do it.
    pub(crate) fn allows(&mut self, need: &Need) -> bool {
        let found = self.statements.iter().enumerate().find_map(|(place, statement)| {
            let mut actions = array(statement, "Action").into_iter().map(|action| text(&action));
            let action = actions.find(|action| matches(action, &need.action))?;
            let is_meant = matches(&text(&statement["Resource"]), &need.resource)
                && statement["Effect"] == "Allow"
                && holds(&statement["Condition"], need);
            is_meant.then_some((place, action))
        });
        let is_allowed = found.is_some();
        self.used.extend(found);
        is_allowed
    }

    /// The permissions that nothing needed.
    pub(crate) fn unused(&self) -> Vec<String> {
        let all = self.statements.iter().enumerate().flat_map(|(place, statement)| {
            array(statement, "Action").into_iter().map(move |action| (place, text(&action)))
        });
        all.filter(|permission| !self.used.contains(permission)).map(|(_, action)| action).collect()
    }
}

/// Whether every condition of a statement holds.
fn holds(condition: &Value, need: &Need) -> bool {
    let Some(condition) = condition.as_object() else { return condition.is_null() };
    condition.iter().all(|(operator, keys)| {
        assert_eq!(operator, "StringEquals", "nothing else is known here");
        keys.as_object()
            .unwrap()
            .iter()
            .all(|(key, value)| need.context.iter().any(|(known, is)| known == key && value == is))
    })
}

/// Whether a pattern with `*` matches the whole text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text
            .strip_prefix(head)
            .is_some_and(|tail| (0..=tail.len()).any(|at| tail.is_char_boundary(at) && matches(rest, &tail[at..]))),
    }
}

#[test]
fn a_policy_is_judged_by_action_resource_and_condition() {
    let mut policy = Policy::new(&json!({"Statement": [
        {"Effect": "Allow", "Action": ["iam:GetRole", "iam:DeleteRole"], "Resource": "arn:*:iam::*:role/fl-cli-*"},
        {"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": "arn:*:iam::*:role/fl-cli-*",
         "Condition": {"StringEquals": {"iam:PassedToService": "vpc-flow-logs.amazonaws.com"}}},
    ]}));
    let role = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    assert!(policy.allows(&Need::new("iam:GetRole", role("fl-cli-x"))));
    assert!(!policy.allows(&Need::new("iam:GetRole", role("admin"))));
    assert!(!policy.allows(&Need::new("iam:PutRolePolicy", role("fl-cli-x"))));
    let pass = |service: &str| Need::new("iam:PassRole", role("fl-cli-x")).with("iam:PassedToService", service);
    assert!(!policy.allows(&pass("ec2.amazonaws.com")));
    assert!(!policy.allows(&Need::new("iam:PassRole", role("fl-cli-x"))));
    assert_eq!(policy.unused(), ["iam:DeleteRole", "iam:PassRole"]);
    assert!(policy.allows(&pass("vpc-flow-logs.amazonaws.com")));
    assert_eq!(policy.unused(), ["iam:DeleteRole"]);
}

#[test]
fn a_request_says_what_it_needs() {
    let request = "POST / HTTP/1.1\r\nhost: x\r\n\r\nAction=DeleteRole&Version=2010-05-08&RoleName=fl-cli-a%2Bb+c";
    let needs = needs(request, "eu-west-1");
    assert_eq!((needs[0].action.as_str(), needs.len()), ("iam:DeleteRole", 1));
    assert_eq!(needs[0].resource, format!("arn:aws:iam::{ACCOUNT}:role/fl-cli-a+b c"));
}
