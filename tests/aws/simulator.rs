//! A small IAM policy simulator: the permissions that each call needs, and whether a policy allows them.
//!
//! It stands for AWS, since moto ignores conditions. Its rules are tested against examples of the IAM user guide. The
//! needs of each action, with the keys of their context, are from the service authorization reference:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.

#![allow(dead_code, reason = "each test uses a part")]

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::form::form;
use crate::moto::{array, text};

const ACCOUNT: &str = "123456789012";

/// An action on a resource, which a caller must be allowed.
#[derive(Debug)]
pub(crate) struct Need {
    pub(crate) action: String,
    pub(crate) resource: String,
    /// The keys and values that the policy's conditions can test.
    context: Vec<(String, String)>,
}

impl Need {
    pub(crate) fn new(action: &str, resource: String) -> Self {
        Self { action: action.into(), resource, context: Vec::new() }
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.context.push((key.into(), value.into()));
        self
    }

    /// The same need of another resource.
    pub(crate) fn of(self, resource: String) -> Self {
        Self { resource, ..self }
    }

    /// The same need with the tags of the request.
    fn tagged(self, tags: &[(String, String)]) -> Self {
        tags.iter().fold(self, |need, (key, value)| need.with(&format!("aws:RequestTag/{key}"), value))
    }
}

/// The tags in a form: `Tags.member.1.Key` and `Tags.member.1.Value`.
fn tags_of(input: &Map<String, Value>, list: &str) -> Vec<(String, String)> {
    let keys = input.iter().filter(|(name, _)| name.starts_with(list) && name.ends_with(".Key"));
    keys.map(|(name, key)| (text(key), text(&input[&name.replace(".Key", ".Value")]))).collect()
}

/// The needs of a request.
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

/// The needs of a call of CloudWatch Logs.
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
        "ListTagsForResource" => on(text(&input["resourceArn"])),
        "TagResource" => vec![Need::new(&action, text(&input["resourceArn"])).tagged(&tags_of_map(input))],
        "CreateLogGroup" => {
            let (group, tags) = (group(&input["logGroupName"]), tags_of_map(input));
            let tagging = (!tags.is_empty()).then(|| Need::new("logs:TagResource", group.clone()).tagged(&tags));
            [Need::new(&action, group).tagged(&tags)].into_iter().chain(tagging).collect()
        }
        "PutRetentionPolicy" | "DeleteLogGroup" | "DescribeLogStreams" => on(group(&input["logGroupName"])),
        other => panic!("nothing is known of logs:{other}"),
    }
}

fn tags_of_map(input: &Value) -> Vec<(String, String)> {
    let tags = input.get("tags").and_then(Value::as_object);
    tags.into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect()
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
            let tags = tags_of(input, "TagSpecification.");
            let mut needs = vec![Need::new(&name, made.clone()).tagged(&tags)];
            for id in of_list("ResourceId") {
                let kind = match id.split('-').next() {
                    Some("vpc") => "vpc",
                    Some("subnet") => "subnet",
                    Some("eni") => "network-interface",
                    Some("nat") => "natgateway",
                    Some("tgw") if id.starts_with("tgw-attach-") => "transit-gateway-attachment",
                    Some("tgw") => "transit-gateway",
                    _ => panic!("{id} has no flow log"),
                };
                needs.push(Need::new(&name, arn(kind, &id)));
            }
            if !tags.is_empty() {
                needs.push(Need::new("ec2:CreateTags", made).tagged(&tags).with("ec2:CreateAction", action));
            }
            let role = text(&input["DeliverLogsPermissionArn"]);
            needs.push(Need::new("iam:PassRole", role).with("iam:PassedToService", "vpc-flow-logs.amazonaws.com"));
            if input.get("LogFormat").is_some_and(|format| text(format).contains("${ecs-")) {
                needs.push(Need::new("ecs:ListClusters", "*".into()));
            }
            needs
        }
        "CreateTags" => {
            let tags = tags_of(input, "Tag.");
            of_list("ResourceId").iter().map(|id| Need::new(&name, arn("vpc-flow-log", id)).tagged(&tags)).collect()
        }
        "DeleteFlowLogs" => of_list("FlowLogId").iter().map(|id| Need::new(&name, arn("vpc-flow-log", id))).collect(),
        "GetManagedPrefixListEntries" => vec![Need::new(&name, arn("prefix-list", &text(&input["PrefixListId"])))],
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
            let path = input.get("Path").map_or("/".into(), text);
            let role = format!("arn:aws:iam::{ACCOUNT}:role{path}{}", text(&input["RoleName"]));
            let tags = tags_of(input, "Tags.");
            let tagging = (!tags.is_empty()).then(|| Need::new("iam:TagRole", role.clone()).tagged(&tags));
            let create = Need::new(&name, role).tagged(&tags);
            let create = match input.get("PermissionsBoundary") {
                Some(boundary) => create.with("iam:PermissionsBoundary", &text(boundary)),
                None => create,
            };
            [create].into_iter().chain(tagging).collect()
        }
        "TagRole" => vec![Need::new(&name, role()).tagged(&tags_of(input, "Tags."))],
        "GetRole"
        | "PutRolePolicy"
        | "DeleteRolePolicy"
        | "DeleteRole"
        | "ListRolePolicies"
        | "ListAttachedRolePolicies"
        | "AttachRolePolicy"
        | "UpdateAssumeRolePolicy"
        | "PutRolePermissionsBoundary"
        | "DeleteRolePermissionsBoundary" => vec![Need::new(&name, role())],
        other => panic!("nothing is known of iam:{other}"),
    }
}

/// A policy, and which of its permissions were used.
pub(crate) struct Policy {
    statements: Vec<Value>,
    used: BTreeSet<(usize, String)>,
}

impl Policy {
    pub(crate) fn new(document: &Value) -> Self {
        Self { statements: array(document, "Statement"), used: BTreeSet::new() }
    }

    /// Returns whether the policy allows it: a statement allows it and none denies it.
    pub(crate) fn allows(&mut self, need: &Need) -> bool {
        let meant = |effect: &str| {
            self.statements.iter().enumerate().find_map(|(place, statement)| {
                let action = list(&statement["Action"]).into_iter().find(|action| matches(action, &need.action))?;
                let is_meant = statement["Effect"] == effect
                    && list(&statement["Resource"]).iter().any(|resource| matches(resource, &need.resource))
                    && holds(&statement["Condition"], need);
                is_meant.then_some((place, action))
            })
        };
        let found = meant("Allow").filter(|_| meant("Deny").is_none());
        let is_allowed = found.is_some();
        self.used.extend(found);
        is_allowed
    }

    /// The permissions that nothing needed.
    pub(crate) fn unused(&self) -> Vec<String> {
        let all =
            self.statements.iter().enumerate().flat_map(|(place, statement)| {
                list(&statement["Action"]).into_iter().map(move |action| (place, action))
            });
        all.filter(|permission| !self.used.contains(permission)).map(|(_, action)| action).collect()
    }
}

/// A list, or the only text as a list.
fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => vec![text(value)],
    }
}

/// Whether every condition of a statement holds: every operator, and under it every key for one of its values.
fn holds(condition: &Value, need: &Need) -> bool {
    let Some(condition) = condition.as_object() else { return condition.is_null() };
    let is_one = |operator: &str, key: &str, values: &[String]| {
        // Keys are compared without case, even the keys of tags.
        let found = need.context.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, is)| is);
        match (operator, found) {
            ("StringEquals" | "StringEqualsIfExists", Some(is)) => values.contains(is),
            ("StringEquals", None) => false,
            ("StringEqualsIfExists", None) => true,
            ("StringNotEquals", found) => found.is_none_or(|is| !values.contains(is)),
            _ => panic!("nothing is known of the operator {operator}"),
        }
    };
    condition.iter().all(|(operator, keys)| {
        keys.as_object().unwrap().iter().all(|(key, values)| is_one(operator, key, &list(values)))
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

/// Each case has a sentence of the user guide.
///
/// Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>,
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.
#[test]
fn conditions_are_judged_as_the_user_guide_says() {
    let judged = |statements: Value, need: &Need| Policy::new(&json!({"Statement": statements})).allows(need);
    // A user may be created only with the boundary that is named.
    let delegated = json!([{"Effect": "Allow", "Action": ["iam:CreateUser", "iam:PutUserPolicy"], "Resource": "*",
        "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/XCompanyBoundaries"}}}]);
    let create = || Need::new("iam:CreateUser", format!("arn:aws:iam::{ACCOUNT}:user/x"));
    let bounded = create().with("iam:PermissionsBoundary", "arn:aws:iam::123456789012:policy/XCompanyBoundaries");
    assert!(judged(delegated.clone(), &bounded));
    assert!(!judged(delegated.clone(), &create()));
    assert!(!judged(delegated, &create().with("iam:PermissionsBoundary", "arn:aws:iam::123456789012:policy/Other")));
    // Tags may be given when something is created, not afterwards.
    let tags = json!([{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "arn:aws:ec2:*:*:*/*",
        "Condition": {"StringEquals": {"ec2:CreateAction": "RunInstances"}}}]);
    let tag = || Need::new("ec2:CreateTags", format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1"));
    assert!(judged(tags.clone(), &tag().with("ec2:CreateAction", "RunInstances")));
    assert!(!judged(tags, &tag()));
    // With `IfExists`, an absent key does no harm; without it, the test fails.
    let of = |operator: &str| {
        json!([{"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*",
            "Condition": {operator: {"ec2:InstanceType": ["t1.micro", "m1.small"]}}}])
    };
    let run = || Need::new("ec2:RunInstances", format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:subnet/x"));
    for (operator, type_, expected) in [
        ("StringEqualsIfExists", None, true),
        ("StringEqualsIfExists", Some("m1.small"), true),
        ("StringEqualsIfExists", Some("x1.large"), false),
        ("StringEquals", None, false),
        ("StringEquals", Some("t1.micro"), true),
        ("StringEquals", Some("T1.micro"), false),
        ("StringNotEquals", None, true),
    ] {
        let need = type_.map_or_else(run, |type_| run().with("ec2:InstanceType", type_));
        assert_eq!(judged(of(operator), &need), expected, "{operator} {type_:?}");
    }
    // All conditions have to hold, and a denial wins.
    let both = json!([{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/a": "1", "aws:ResourceTag/b": "2"}}}]);
    let tagged = || run().with("aws:ResourceTag/a", "1");
    assert!(judged(both.clone(), &tagged().with("aws:ResourceTag/b", "2")) && !judged(both, &tagged()));
    let denied = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "ec2:Run*", "Resource": "*"}]);
    assert!(!judged(denied.clone(), &run()) && judged(denied, &tag()));
}

#[test]
fn a_request_says_what_it_needs() {
    let request = "POST / HTTP/1.1\r\nhost: x\r\n\r\nAction=DeleteRole&Version=2010-05-08&RoleName=fl-cli-a%2Bb+c";
    let needs = needs(request, "eu-west-1");
    assert_eq!((needs[0].action.as_str(), needs.len()), ("iam:DeleteRole", 1));
    assert_eq!(needs[0].resource, format!("arn:aws:iam::{ACCOUNT}:role/fl-cli-a+b c"));
}
