//! Accounts with rules: created resources have the tags, keys, roles, boundaries and names that the rules require.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};

use super::moto::{Network, Region, array, port, text};
use super::program::coverage;
use super::proxy::{Proxy, Verdict};
use super::tag;

const ACCOUNT: &str = "123456789012";

/// The Region of these tests, which take turns: no other Region of moto has zones.
fn place() -> (&'static Region, &'static Network, MutexGuard<'static, ()>) {
    static PLACE: OnceLock<(Region, Network)> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (region, network) = PLACE.get_or_init(|| {
        let region = Region::new("cn-north-1");
        let network = Network::new(&region);
        (region, network)
    });
    (region, network, turn)
}

fn tags_of_log_group(region: &Region, name: &str) -> Value {
    region.call("logs", "list_tags_log_group", json!({"logGroupName": name}))["tags"].take()
}

fn log_group(region: &Region, name: &str) -> Option<Value> {
    let groups = region.call("logs", "describe_log_groups", json!({"logGroupNamePrefix": name}));
    array(&groups, "logGroups").into_iter().find(|group| group["logGroupName"] == name)
}

fn role(region: &Region, name: &str) -> Value {
    region.call("iam", "get_role", json!({"RoleName": name}))["Role"].take()
}

/// The parameters of a call that a dry run prints, by its name.
fn planned(plan: &str, call: &str) -> Value {
    let lines: Vec<&str> = plan.lines().filter_map(|line| line.trim_start().strip_prefix(call)).collect();
    assert_eq!(lines.len(), 1, "{call} in {plan}");
    serde_json::from_str(lines[0].trim_start()).unwrap()
}

/// A role that the service may assume, created by somebody else.
fn role_of_others(region: &Region, name: &str) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let made = region.call("iam", "create_role", json!({"RoleName": name, "AssumeRolePolicyDocument": trust}));
    text(&made["Role"]["Arn"])
}

fn without_run(mut tags: Value) -> Value {
    if let Some(tags) = tags.as_object_mut() {
        tags.remove("flowlogs:run");
    }
    tags
}

#[test]
fn traffic_tags_key_class_and_boundary_are_as_chosen() {
    let (region, network, _turn) = place();
    let key = format!("arn:aws-cn:kms:cn-north-1:{ACCOUNT}:key/1");
    let boundary = format!("arn:aws-cn:iam::{ACCOUNT}:policy/network");
    let chosen = [
        "--traffic",
        "reject",
        "--tag",
        "team=net ops",
        "--tag",
        "cost-center=12",
        "--kms-key",
        &key,
        "--log-class",
        "infrequent-access",
        "--permissions-boundary",
        &boundary,
    ];
    let create = ["create", "sg", "web"].into_iter().chain(chosen).collect::<Vec<_>>();
    let dry = create.iter().copied().chain(["--dry-run"]).collect::<Vec<_>>();
    let plan = region.done(&dry);
    region.is_empty();

    let proxy = Proxy::new(port(), |_| Verdict::Pass);
    let created = region.run_at(proxy.port, &create).done();
    assert!(!created.contains("the Go tool"), "{created}");
    let (group_name, role_name) =
        (format!("/fl-cli/{}", network.group), format!("fl-cli-cn-north-1-{}", network.group));
    let own = json!({"Name": network.group, "Project": "flowlogs-cli", "team": "net ops", "cost-center": "12"});
    for flow_log in region.flow_logs() {
        assert_eq!(flow_log["TrafficType"], "REJECT");
        for (name, value) in own.as_object().unwrap() {
            assert_eq!(tag(&flow_log["Tags"], name), value.as_str());
        }
    }
    assert_eq!(without_run(tags_of_log_group(region, &group_name)), own);
    assert_eq!(log_group(region, &group_name).unwrap()["kmsKeyId"], key.as_str());
    let made = role(region, &role_name);
    assert_eq!(made["PermissionsBoundary"]["PermissionsBoundaryArn"], boundary.as_str());
    assert_eq!((tag(&made["Tags"], "team"), tag(&made["Tags"], "cost-center")), (Some("net ops"), Some("12")));

    // The dry run printed the calls that were made.
    let requests = proxy.requests.lock().unwrap().clone();
    let body = |action: &str| -> Value {
        let request = requests.iter().find(|request| request.contains(&format!("Logs_20140328.{action}"))).unwrap();
        let mut body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        body["tags"] = without_run(body["tags"].take());
        body
    };
    let mut group_call = planned(&plan, "logs:CreateLogGroup");
    group_call["tags"] = without_run(group_call["tags"].take());
    assert_eq!(group_call, body("CreateLogGroup"));
    assert_eq!(group_call["logGroupClass"], "INFREQUENT_ACCESS");
    let policy = region.call("iam", "get_role_policy", json!({"RoleName": role_name, "PolicyName": "flow-logs"}));
    assert_eq!(planned(&plan, "iam:PutRolePolicy")["PolicyDocument"], policy["PolicyDocument"]);
    let role_call = planned(&plan, "iam:CreateRole");
    assert_eq!(role_call["AssumeRolePolicyDocument"], made["AssumeRolePolicyDocument"]);
    assert_eq!(role_call["PermissionsBoundary"], boundary.as_str());
    let flow_log_call = planned(&plan, "ec2:CreateFlowLogs");
    let flow_log = &region.flow_logs()[0];
    for parameter in ["TrafficType", "LogGroupName", "DeliverLogsPermissionArn", "MaxAggregationInterval", "LogFormat"]
    {
        assert_eq!(flow_log_call[parameter], flow_log[parameter], "{parameter}");
    }

    // Resources that join are recorded in the same way, whatever the later command asks for.
    network.run_instances(region, "more", 1);
    let extended = region.done(&["create", "sg", "web", "--traffic", "all", "--tag", "team=other"]);
    assert!(
        extended.contains("it keeps its traffic, `reject`") && extended.contains("it keeps its tags"),
        "{extended}"
    );
    // The settings of its log group and its role cannot be changed, either.
    let other = format!("arn:aws-cn:iam::{ACCOUNT}:policy/other");
    let unchanged = region.done(&[
        "create",
        "sg",
        "web",
        "--kms-key",
        &format!("{key}2"),
        "--log-class",
        "standard",
        "--role-path",
        "/network/",
        "--permissions-boundary",
        &other,
    ]);
    for part in [
        format!("the log group {group_name} does not get another KMS key: it has {key};"),
        "it keeps the path of its role, `/`: delete and create it to change that".into(),
        format!("the role {role_name} does not get another permissions boundary: it has {boundary}"),
    ] {
        assert!(unchanged.contains(&part), "`{part}` is not in {unchanged}");
    }
    let same = region.done(&create);
    assert!(!same.contains("keeps") && !same.contains("another"), "{same}");
    let covered = coverage(&region.list()[0]);
    let (covered, all) = covered.split_once(" of ").unwrap();
    assert_eq!(covered, all);
    for flow_log in region.flow_logs() {
        assert_eq!(
            (flow_log["TrafficType"].as_str(), tag(&flow_log["Tags"], "team")),
            (Some("REJECT"), Some("net ops"))
        );
    }
    region.done(&["delete", "all", "--yes"]);
    region.is_empty();

    region.fails(&["create", "vpc", "prod", "--tag", "project=x"], 2, "the tag `project` is this tool's own");
    region.fails(&["create", "vpc", "prod", "--tag", "flowlogs:run=x"], 2, "is this tool's own");
    region.fails(&["create", "vpc", "prod", "--tag", "x"], 2, "expected `KEY=VALUE`");
    region.fails(&["create", "vpc", "prod", "--tag", "a=1", "--tag", "a=2"], 2, "has a key twice");
    region.fails(&["create", "vpc", "prod", "--traffic", "some"], 2, "reject");
    region.is_empty();
    defaults_and_scripts(region, network);
}

/// The config file and scripts name the same settings.
fn defaults_and_scripts(region: &Region, network: &Network) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let config_file = config.display().to_string();
    std::fs::write(
        &config,
        "[create]\nretention_days = 7\ntraffic = \"accept\"\ntags = { team = \"net\", env = \"prod\" }\n",
    )
    .unwrap();
    let traffic_and_tags = || {
        let flow_log = region.flow_logs().remove(0);
        let tags = ["team", "env"].map(|key| tag(&flow_log["Tags"], key).map(ToString::to_string));
        (text(&flow_log["TrafficType"]), tags.map(Option::unwrap))
    };
    region.done(&["--config", &config_file, "create", "vpc", "prod", "--tag", "env=dev"]);
    assert_eq!(traffic_and_tags(), ("ACCEPT".into(), ["net".into(), "dev".into()]));
    assert_eq!(region.list()[0]["retention_days"], 7);
    region.done(&["delete", "all", "--yes"]);

    let script = r#"create("vpc", "prod", #{ traffic: "all", fields: ["srcaddr", "bytes"], tags: #{ env: "test" } })"#;
    region.done(&["--config", &config_file, "-e", script]);
    assert_eq!(traffic_and_tags(), ("ALL".into(), ["net".into(), "test".into()]));
    assert_eq!(region.flow_logs()[0]["LogFormat"], "${srcaddr} ${bytes}");
    region.done(&["delete", "all", "--yes"]);
    region.is_empty();

    for (options, said) in [
        ("#{ trafic: \"all\" }", "unknown option `trafic`"),
        ("#{ retention_days: \"x\" }", "the option `retention_days`"),
        ("#{ fields: [\"scraddr\"] }", "did you mean `srcaddr`?"),
        ("#{ tags: #{ Name: \"x\" } }", "this tool's own"),
    ] {
        region.fails(&["-e", &format!("create(\"vpc\", \"{}\", {options})", network.vpc)], 2, said);
    }
    std::fs::write(&config, "[create]\nrole_path = \"network\"\n").unwrap();
    region.fails(&["--config", &config_file, "list"], 1, "`network` is no path of a role");
    region.is_empty();
}

#[test]
fn a_role_that_is_named_is_used_and_left() {
    let (region, network, _turn) = place();
    let arn = role_of_others(region, "delivery");
    let proxy = Proxy::new(port(), |_| Verdict::Pass);
    let create = ["create", "sg", "web", "--role", &arn];
    let plan = region.done(&["create", "sg", "web", "--role", &arn, "--dry-run"]);
    assert!(plan.contains(&format!("role {arn} as it is")) && !plan.contains("iam:CreateRole"), "{plan}");
    let created = region.run_at(proxy.port, &create).done();
    assert!(created.contains("only this tool lists and deletes it, not the Go tool"), "{created}");
    assert_eq!((region.roles(), region.log_groups().len()), (Vec::new(), 1));
    assert!(region.flow_logs().iter().all(|flow_log| flow_log["DeliverLogsPermissionArn"] == arn.as_str()));
    // The Go tool looks for the tag `Project=flowlogs-cli`.
    assert!(region.flow_logs().iter().all(|flow_log| tag(&flow_log["Tags"], "Project") == Some("flowlogs")));
    network.run_instances(region, "more", 1);
    assert!(region.run_at(proxy.port, &["create", "sg", "web"]).done().starts_with("extended"));
    assert_eq!(region.done(&["doctor", "--min-age", "0s"]), "nothing is wrong\n");
    region.run_at(proxy.port, &["delete", "sg", "web", "--yes"]).done();
    region.is_empty();
    assert_eq!(role(region, "delivery")["RoleName"], "delivery");
    for call in ["CreateRole", "GetRole", "PutRolePolicy", "TagRole", "DeleteRole", "DeleteRolePolicy"] {
        assert_eq!(proxy.count(call), 0, "{call}");
    }

    // A create that fails leaves it, too, and does not wait for a role that is not new.
    let refusing = Proxy::new(port(), |call| match call.action.as_str() {
        "CreateFlowLogs" => Verdict::Refuse("InvalidParameter", "Unable to assume given IAM role".into()),
        _ => Verdict::Pass,
    });
    let failed = region.run_at(refusing.port, &create);
    assert!(failed.stdout.contains("rolled back: log group"), "{}", failed.stdout);
    assert_eq!((failed.code, refusing.count("CreateFlowLogs")), (Some(1), 1));
    region.is_empty();
    assert_eq!(role(region, "delivery")["RoleName"], "delivery");

    region.done(&["create", "vpc", "prod", "--role-path", "/network/"]);
    let made = role(region, &format!("fl-cli-cn-north-1-{}", network.vpc));
    assert_eq!(made["Path"], "/network/");
    assert_eq!(region.flow_logs()[0]["DeliverLogsPermissionArn"], made["Arn"]);
    assert_eq!(region.done(&["doctor", "--min-age", "0s"]), "nothing is wrong\n");
    region.done(&["delete", "vpc", "prod", "--yes"]);
    region.is_empty();
    region.fails(&["create", "vpc", "prod", "--role", &arn, "--role-path", "/a/"], 2, "cannot be used with");
    region.fails(&["create", "vpc", "prod", "--role", "delivery"], 2, "is not the ARN of a role");
}

#[test]
fn a_log_group_that_is_named_is_used_and_deleted_only_if_it_was_created() {
    let (region, network, _turn) = place();
    let there = "/corp/flows";
    region.call("logs", "create_log_group", json!({"logGroupName": there, "tags": {"team": "net"}}));
    region.call("logs", "put_retention_policy", json!({"logGroupName": there, "retentionInDays": 90}));
    let is_as_it_was = || {
        assert_eq!(log_group(region, there).unwrap()["retentionInDays"], 90);
        assert_eq!(tags_of_log_group(region, there), json!({"team": "net"}));
    };
    let plan = region.done(&["create", "vpc", "prod", "--log-group", there, "--dry-run"]);
    assert!(plan.contains("log group /corp/flows as it is") && !plan.contains("CreateLogGroup"), "{plan}");
    let created = region.done(&["create", "vpc", "prod", "--log-group", there, "--retention", "7"]);
    for part in [", log group /corp/flows, ", "it stays as it is", "not the Go tool"] {
        assert!(created.contains(part), "{created}");
    }
    is_as_it_was();
    let role_name = format!("fl-cli-cn-north-1-{}", network.vpc);
    assert_eq!(region.roles(), std::slice::from_ref(&role_name));
    // The description lets the doctor find the log group of a create that ended before it had a flow log.
    let description = "flowlogs cli role for the log group /corp/flows";
    assert_eq!(role(region, &role_name)["Description"], description);
    assert_eq!(planned(&plan, "iam:CreateRole")["Description"], description);
    // Of the two, only the role is this tool's to create again.
    region.call("iam", "delete_role_policy", json!({"RoleName": role_name, "PolicyName": "flow-logs"}));
    region.call("iam", "delete_role", json!({"RoleName": role_name}));
    region.done(&["doctor", "--fix", "--yes"]);
    assert_eq!(region.roles(), std::slice::from_ref(&role_name));
    is_as_it_was();
    let policy = region.call("iam", "get_role_policy", json!({"RoleName": role_name, "PolicyName": "flow-logs"}));
    assert!(policy["PolicyDocument"].to_string().contains(":log-group:/corp/flows"), "{policy}");
    let listed = region.list();
    assert_eq!((listed.len(), &listed[0]["log_group"], &listed[0]["retention_days"]), (1, &json!(there), &json!(90)));
    assert_eq!(region.done(&["doctor", "--min-age", "0s"]), "nothing is wrong\n");
    for again in [&["create", "vpc", "prod"][..], &["create", "vpc", "prod", "--dry-run"]] {
        assert!(region.done(again).starts_with("unchanged vpc prod"));
    }
    let kept = region.done(&["create", "vpc", "prod", "--log-group", "/corp/other"]);
    assert!(kept.contains("it keeps its log group /corp/flows"), "{kept}");

    // Two flow logs in one log group are kept apart.
    region.done(&["create", "subnet", "prod-a", "--log-group", there]);
    region.done(&["delete", "vpc", "prod", "--yes"]);
    assert_eq!(region.list()[0]["kind"], "subnet");
    region.done(&["delete", "subnet", "prod-a", "--yes"]);
    region.is_empty();
    is_as_it_was();

    // A log group that was created is deleted with the last flow log that delivers to it.
    let new = "/corp/new";
    region.done(&["create", "vpc", "prod", "--log-group", new]);
    let tags = json!({"Name": network.vpc, "Project": "flowlogs"});
    assert_eq!(without_run(tags_of_log_group(region, new)), tags);
    let second = region.done(&["create", "subnet", "prod-a", "--log-group", new]);
    assert!(!second.contains("stays as it is"), "{second}");
    region.done(&["delete", "vpc", "prod", "--yes"]);
    assert!(log_group(region, new).is_some());
    region.done(&["delete", "subnet", "prod-a", "--yes"]);
    assert_eq!(log_group(region, new), None);
    region.is_empty();

    for (name, stays) in [(there, true), (new, false)] {
        let proxy = Proxy::new(port(), |call| match call.action.as_str() {
            "CreateFlowLogs" => Verdict::Refuse("UnauthorizedOperation", "no".into()),
            _ => Verdict::Pass,
        });
        let failed = region.run_at(proxy.port, &["create", "vpc", "prod", "--log-group", name]);
        assert_eq!(failed.code, Some(1), "{}", failed.stdout);
        assert_eq!(log_group(region, name).is_some(), stays, "{}", failed.stdout);
        region.is_empty();
    }
    is_as_it_was();
    region.fails(&["create", "vpc", "prod", "--log-group", "a b"], 2, "a log group cannot have the name `a b`");
    in_an_embedded_account(region);
}

/// An embedded account has log groups by name, but no roles and no keys.
fn in_an_embedded_account(region: &Region) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inventory.json"), region.done(&["inventory"])).unwrap();
    std::fs::create_dir(folder.path().join("records")).unwrap();
    let dir = folder.path().display().to_string();
    let local = |args: &[&str]| region.done(&[&["--local", &dir], args].concat());
    let created = local(&["create", "vpc", "prod", "--log-group", "/corp/flows", "--tag", "a=b"]);
    assert!(created.contains(", log group /corp/flows, "), "{created}");
    assert!(created.contains("an embedded account has no roles, keys, log classes or tags"), "{created}");
    assert!(local(&["create", "vpc", "prod"]).starts_with("unchanged"));
    assert!(local(&["create", "vpc", "prod", "--dry-run"]).starts_with("unchanged"));
    let traffic = ["--local", &dir, "create", "subnet", "prod-a", "--traffic", "reject"];
    region.fails(&traffic, 1, "shows all traffic of an interface");
    local(&["delete", "vpc", "prod", "--yes"]);
    assert_eq!(local(&["list", "-o", "json"]).trim(), "[]");
}

/// The doctor and the script delete it; its records stay, or are deleted if that was asked for.
#[test]
fn a_flow_log_that_expired_is_found_and_deleted() {
    let (region, network, _turn) = place();
    let group_name = format!("/fl-cli/{}", network.vpc);
    let created = region.done(&["create", "vpc", "prod", "--for", "2h", "--drop-records"]);
    assert!(created.contains("it expires at 20") && created.contains("with its records"), "{created}");
    let until = text(&region.list()[0]["expires"]).parse::<jiff::Timestamp>().unwrap();
    let left = until.as_second() - jiff::Timestamp::now().as_second();
    assert!((7_100..=7_200).contains(&left), "{left}");
    assert_eq!(tag(&region.flow_logs()[0]["Tags"], "flowlogs:expires"), Some(until.to_string().as_str()));
    assert_eq!(region.done(&["doctor", "--min-age", "0s"]), "nothing is wrong\n");
    let kept = region.done(&["create", "vpc", "prod", "--for", "5h"]);
    assert!(kept.contains("delete and create it to change that"), "{kept}");
    region.done(&["delete", "all", "--yes"]);
    region.is_empty();

    let expire = |options: &[&str]| {
        region.done(&[&["create", "vpc", "prod", "--for", "1s"], options].concat());
        std::thread::sleep(std::time::Duration::from_secs(2));
        region.fails(&["doctor", "--min-age", "1h"], 1, "it expired at 20");
    };
    let cleanup = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/cleanup.rhai");
    for command in [&["doctor", "--min-age", "1h", "--fix", "--yes"][..], &["--yes", "run", cleanup]] {
        expire(&[]);
        region.done(command);
        let left = (region.flow_logs(), region.log_groups(), region.roles());
        assert_eq!(left, (Vec::new(), vec![group_name.clone()], Vec::new()));
        region.call("logs", "delete_log_group", json!({"logGroupName": group_name}));
        expire(&["--drop-records"]);
        region.done(command);
        region.is_empty();
    }
    region.fails(&["create", "vpc", "prod", "--for", "soon"], 2, "expected a time such as");
    region.fails(&["create", "vpc", "prod", "--drop-records"], 2, "only a flow log that expires");
}
