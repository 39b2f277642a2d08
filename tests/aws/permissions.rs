//! The printed policies, used literally by an assumed role: enough for the commands, and no more.
//!
//! moto ignores the conditions of a policy, so a proxy in front of it judges each call with the simulator, with the
//! state of moto at that moment (tags, paths, boundaries) as the context, and refuses as AWS does. Behaviour of AWS
//! that the simulator does not know is not proven here: the time until a new tag or policy counts, and limits of the
//! organization.

use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};

use super::moto::{Network, Region, array, port, text};
use super::program::Ran;
use super::proxy::{Call, Proxy, Verdict};
use super::simulator::{Need, Policy, needs};

const ACCOUNT: &str = "123456789012";
const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/flow-logs";

/// A proxy that lets calls through if a policy allows them.
struct Guard {
    proxy: Proxy,
    policy: Arc<Mutex<Policy>>,
}

impl Guard {
    /// `then` decides about the calls that are allowed.
    fn new(region: &'static str, document: &Value, then: impl Fn(&Call) -> Verdict + Send + Sync + 'static) -> Self {
        let policy = Arc::new(Mutex::new(Policy::new(document)));
        let (judge, moto) = (Arc::clone(&policy), Region::new(region));
        let decide = move |call: &Call| {
            let refused = needs(&call.request, region)
                .into_iter()
                .map(|need| known(&moto, need))
                // `GetCallerIdentity` cannot be denied.
                .find(|need| !judge.lock().unwrap().allows(need) && need.action != "sts:GetCallerIdentity");
            match refused {
                Some(need) => Verdict::Refuse(denial(&call.request), of_denial(&need)),
                None => then(call),
            }
        };
        Self { proxy: Proxy::new(port(), decide), policy }
    }

    fn unused(&self) -> Vec<String> {
        let mut unused = self.policy.lock().unwrap().unused();
        // Needed for `--region all`, which would meet other tests.
        unused.retain(|action| action != "ec2:DescribeRegions");
        unused
    }
}

/// The error code of a denial, by the service of the request.
fn denial(request: &str) -> &'static str {
    if request.contains("Version=2016-11-15") {
        "UnauthorizedOperation"
    } else if request.to_lowercase().contains("x-amz-target:") {
        "AccessDeniedException"
    } else {
        "AccessDenied"
    }
}

fn of_denial(need: &Need) -> String {
    format!("User: x is not authorized to perform: {} on resource: {}", need.action, need.resource)
}

/// A need with the state of the resource in moto.
fn known(moto: &Region, need: Need) -> Need {
    let resource = need.resource.clone();
    if need.action.starts_with("iam:") && need.action != "iam:PassRole" {
        return of_role(moto, need);
    }
    let (tags, list) = if let Some((_, name)) = resource.split_once(":log-group:") {
        let name = name.trim_end_matches(":*");
        (moto.try_call("logs", "list_tags_log_group", json!({"logGroupName": name})), false)
    } else if let Some((_, id)) = resource.split_once(":vpc-flow-log/") {
        let found = moto.try_call("ec2", "describe_flow_logs", json!({"FlowLogIds": [id]}));
        (found.map(|found| array(&found, "FlowLogs").first().cloned().unwrap_or_default()), true)
    } else {
        return need;
    };
    let tags = tags.unwrap_or_default();
    let pairs: Vec<(String, String)> = if list {
        array(&tags, "Tags").iter().map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect()
    } else {
        let tags = tags.get("tags").and_then(Value::as_object).cloned().unwrap_or_default();
        tags.iter().map(|(key, value)| (key.clone(), text(value))).collect()
    };
    pairs.iter().fold(need, |need, (key, value)| need.with(&format!("aws:ResourceTag/{key}"), value))
}

fn of_role(moto: &Region, need: Need) -> Need {
    let name = need.resource.rsplit('/').next().unwrap_or_default().to_string();
    let Ok(found) = moto.try_call("iam", "get_role", json!({"RoleName": name})) else { return need };
    let role = &found["Role"];
    let is_new = need.action == "iam:CreateRole";
    let need = need.of(text(&role["Arn"]));
    let need = array(role, "Tags")
        .iter()
        .fold(need, |need, tag| need.with(&format!("iam:ResourceTag/{}", text(&tag["Key"])), &text(&tag["Value"])));
    match role["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str() {
        Some(boundary) if !is_new => need.with("iam:PermissionsBoundary", boundary),
        _ => need,
    }
}

/// The login of a session of a role that has a policy.
struct Session {
    credentials: Value,
}

impl Session {
    fn new(region: &Region, role: &str, document: &Value) -> Self {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "sts:AssumeRole"}]});
        let made = json!({"RoleName": role, "AssumeRolePolicyDocument": trust.to_string()});
        let arn = region.call("iam", "create_role", made)["Role"]["Arn"].take();
        let policy = json!({"RoleName": role, "PolicyName": "printed", "PolicyDocument": document.to_string()});
        region.call("iam", "put_role_policy", policy);
        let assumed = region.call("sts", "assume_role", json!({"RoleArn": arn, "RoleSessionName": "person"}));
        Self { credentials: assumed["Credentials"].clone() }
    }

    fn run(&self, region: &Region, guard: &Guard, args: &[&str]) -> Ran {
        let mut command: Command = region.command(guard.proxy.port, args);
        for (name, key) in [
            ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
            ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
            ("AWS_SESSION_TOKEN", "SessionToken"),
        ] {
            command.env(name, text(&self.credentials[key]));
        }
        Ran::of(&mut command)
    }
}

/// The Region of these tests, which take turns: no other Region of moto has zones.
fn place() -> (&'static Region, &'static Network, MutexGuard<'static, ()>) {
    static PLACE: OnceLock<(Region, Network)> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (region, network) = PLACE.get_or_init(|| {
        let region = Region::new("af-south-1");
        let network = Network::new(&region);
        (region, network)
    });
    (region, network, turn)
}

fn printed(region: &Region, args: &[&str]) -> Value {
    serde_json::from_str(&region.done(&[&["policy"], args].concat())).unwrap()
}

/// Runs each command with the policy that is printed for it, including its failures.
#[test]
fn the_printed_policy_is_enough_for_a_command_and_no_more() {
    let (region, _network, _turn) = place();
    let nothing = "none";
    let create = ["create", "instance", "web"];
    let delete = ["delete", "instance", "web", "--yes"];
    let delivery = format!("arn:aws:iam::{ACCOUNT}:role/delivery");
    let role = ["--role", &delivery];
    let path = ["--role-path", "/network/", "--log-group", "/corp/flow-logs"];
    let bounded = ["--permissions-boundary", BOUNDARY];
    let all_of_them = [&path[..], &bounded].concat();
    for (place, (command, options, args, failures)) in [
        ("inventory", &[][..], &["inventory"][..], &[nothing][..]),
        ("create", &[], &create, &["CreateFlowLogs", nothing]),
        ("list", &[], &["list"], &[nothing]),
        ("delete", &[], &delete, &[nothing]),
        ("create", &bounded, &[&create[..], &bounded].concat(), &["CreateFlowLogs", nothing]),
        ("delete", &bounded, &delete, &[nothing]),
        ("create", &role, &[&create[..], &role].concat(), &["CreateFlowLogs", nothing]),
        ("delete", &role, &delete, &[nothing]),
        ("create", &all_of_them, &[&create[..], &all_of_them].concat(), &["CreateFlowLogs", nothing]),
        ("delete", &path, &delete, &[nothing]),
        ("doctor", &[], &["doctor", "--min-age", "0s"], &[nothing]),
    ]
    .into_iter()
    .enumerate()
    {
        if command == "doctor" {
            // The doctor looks closely only at resources that nothing uses.
            super::create_as_go(region, "vpc-0", "NetworkInterface", &[]);
        }
        let document = printed(region, &[&[command], options].concat());
        let session = Session::new(region, &format!("person-{place}"), &document);
        let mut unused: Option<Vec<String>> = None;
        for fails in failures {
            let is_done = *fails == nothing && command != "doctor";
            let fails = (*fails).to_string();
            let then = move |call: &Call| if call.action == fails { Verdict::Fault } else { Verdict::Pass };
            let guard = Guard::new(region.name, &document, then);
            let ran = session.run(region, &guard, args);
            assert_eq!(ran.code, Some(i32::from(!is_done)), "{args:?}: {}{}", ran.stdout, ran.stderr);
            let said = format!("{}{}", ran.stdout, ran.stderr);
            // A session cannot read its own role, so the check of permissions has to work without.
            assert!(!said.contains("not authorized"), "{args:?}: {said}");
            let of_run = guard.unused();
            unused = Some(unused.map_or(of_run.clone(), |so_far| intersection(&so_far, &of_run)));
        }
        assert_eq!(unused.unwrap(), Vec::<String>::new(), "`{command}` {options:?} does not need these");
    }
    region.done(&["doctor", "--min-age", "0s", "--fix", "--yes"]);
    region.is_empty();
    region.fails(&["policy", "queries"], 2, "expected one of create");
    let bare = region.run_at(port(), &["policy", "create"]);
    assert!(bare.stderr.contains("can gain any permission"), "{}", bare.stderr);
    for options in [&bounded[..], &role] {
        let ran = region.run_at(port(), &[&["policy", "create"], options].concat());
        assert_eq!(ran.stderr, "", "{options:?}");
    }
    region.fails(&["policy", "create", "--role", &delivery, "--role-path", "/x/"], 2, "cannot be used with");
    region.fails(&["policy", "create", "--permissions-boundary", "x"], 2, "is not the ARN of a permissions boundary");
}

fn intersection(one: &[String], other: &[String]) -> Vec<String> {
    one.iter().filter(|action| other.contains(action)).cloned().collect()
}

/// The resources that existed before an abuse, with their tags and policies: they must be the same afterwards.
fn state(region: &Region) -> Value {
    let role = |name: &str| {
        let mut role = region.call("iam", "get_role", json!({"RoleName": name}))["Role"].take();
        // moto notes the time at which a role is read.
        role.as_object_mut().unwrap().remove("RoleLastUsed");
        let inline = region.call("iam", "list_role_policies", json!({"RoleName": name}));
        let attached = region.call("iam", "list_attached_role_policies", json!({"RoleName": name}));
        json!([role, inline["PolicyNames"], attached["AttachedPolicies"]])
    };
    let roles: Vec<Value> = region.call("iam", "list_roles", json!({"MaxItems": 1000}))["Roles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| text(&one["RoleName"]))
        .filter(|name| name.contains(region.name))
        .map(|name| role(&name))
        .collect();
    let groups = region.call("logs", "describe_log_groups", json!({}));
    let tags: Vec<Value> = array(&groups, "logGroups")
        .iter()
        .map(|group| {
            let name = json!({"logGroupName": group["logGroupName"]});
            json!([
                group["logGroupName"],
                group["retentionInDays"],
                region.call("logs", "list_tags_log_group", name)["tags"]
            ])
        })
        .collect();
    json!([region.flow_logs(), tags, roles])
}

/// A holder of the policy tries to get at more.
#[test]
fn the_printed_policy_refuses_abuses() {
    let (region, network, _turn) = place();
    let bounded = ["--permissions-boundary", BOUNDARY];
    let document = printed(region, &bounded);
    let guard = Guard::new(region.name, &document, |_| Verdict::Pass);
    let session = Session::new(region, "person-who-abuses", &document);
    // Their own flow log, and resources of others, some under names like ours.
    session.run(region, &guard, &[&["create", "vpc", "prod"], &bounded[..]].concat()).done();
    let own_role = format!("fl-cli-{}-{}", region.name, network.vpc);
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"},
        "Action": "sts:AssumeRole"}]})
    .to_string();
    let everything = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    .to_string();
    let others = [format!("admin-{}", region.name), format!("fl-cli-{}-theirs", region.name)];
    for name in &others {
        let tags = json!([{"Key": "Project", "Value": "billing"}]);
        let role = json!({"RoleName": name, "AssumeRolePolicyDocument": trust, "Tags": tags});
        region.call("iam", "create_role", role);
    }
    for name in ["/prod/app", "/fl-cli/theirs"] {
        region.call("logs", "create_log_group", json!({"logGroupName": name, "tags": {"Project": "billing"}}));
    }
    let of_others = json!({
        "ResourceIds": [network.subnet], "ResourceType": "Subnet", "TrafficType": "ALL", "LogGroupName": "/prod/app",
        "DeliverLogsPermissionArn": format!("arn:aws:iam::{ACCOUNT}:role/{}", others[0])
    });
    let foreign = text(&region.call("ec2", "create_flow_logs", of_others)["FlowLogIds"][0]);
    let own_arn = format!("arn:aws:iam::{ACCOUNT}:role/{own_role}");
    let evil = format!("fl-cli-{}-evil", region.name);
    let ours = json!([{"Key": "Project", "Value": "flowlogs-cli"}]);
    let group_arn = |name: &str| format!("arn:aws:logs:{}:{ACCOUNT}:log-group:{name}", region.name);
    let flow_log = |role: &str, tags: &Value| {
        json!({
            "ResourceIds": [network.subnet], "ResourceType": "Subnet", "TrafficType": "ALL", "LogGroupName": "/fl-cli/x",
            "DeliverLogsPermissionArn": role, "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": tags}]
        })
    };
    let before = state(region);
    let abuser = Region::at(region.name, guard.proxy.port);
    let abuses = [
        (
            "a role without the boundary",
            "iam",
            "create_role",
            json!({"RoleName": evil, "AssumeRolePolicyDocument": trust, "Tags": ours}),
        ),
        (
            "a role with another boundary",
            "iam",
            "create_role",
            json!({"RoleName": evil, "AssumeRolePolicyDocument": trust, "Tags": ours,
                "PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ),
        (
            "a role of another name",
            "iam",
            "create_role",
            json!({"RoleName": "admin", "AssumeRolePolicyDocument": trust, "Tags": ours, "PermissionsBoundary": BOUNDARY}),
        ),
        (
            "a managed policy on its role",
            "iam",
            "attach_role_policy",
            json!({"RoleName": own_role, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ),
        ("the boundary away from its role", "iam", "delete_role_permissions_boundary", json!({"RoleName": own_role})),
        (
            "a wider boundary on its role",
            "iam",
            "put_role_permissions_boundary",
            json!({"RoleName": own_role, "PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ),
        (
            "a policy on a role of others",
            "iam",
            "put_role_policy",
            json!({"RoleName": others[0], "PolicyName": "x", "PolicyDocument": everything}),
        ),
        (
            "a policy on a role of others with a name as ours",
            "iam",
            "put_role_policy",
            json!({"RoleName": others[1], "PolicyName": "x", "PolicyDocument": everything}),
        ),
        (
            "whom its role trusts",
            "iam",
            "update_assume_role_policy",
            json!({"RoleName": own_role, "PolicyDocument": trust}),
        ),
        (
            "whom another role trusts",
            "iam",
            "update_assume_role_policy",
            json!({"RoleName": others[0], "PolicyDocument": trust}),
        ),
        ("another role deleted", "iam", "delete_role", json!({"RoleName": others[0]})),
        ("another role with a name as ours deleted", "iam", "delete_role", json!({"RoleName": others[1]})),
        ("another role made ours", "iam", "tag_role", json!({"RoleName": others[0], "Tags": ours})),
        ("another role with a name as ours made ours", "iam", "tag_role", json!({"RoleName": others[1], "Tags": ours})),
        (
            "its role made somebody else's",
            "iam",
            "tag_role",
            json!({"RoleName": own_role, "Tags": [{"Key": "Project", "Value": "billing"}]}),
        ),
        ("another flow log deleted", "ec2", "delete_flow_logs", json!({"FlowLogIds": [foreign]})),
        ("another flow log made ours", "ec2", "create_tags", json!({"Resources": [foreign], "Tags": ours})),
        (
            "another role passed",
            "ec2",
            "create_flow_logs",
            flow_log(&format!("arn:aws:iam::{ACCOUNT}:role/{}", others[0]), &ours),
        ),
        (
            "a flow log without our tag",
            "ec2",
            "create_flow_logs",
            flow_log(&own_arn, &json!([{"Key": "Project", "Value": "billing"}])),
        ),
        ("another log group deleted", "logs", "delete_log_group", json!({"logGroupName": "/prod/app"})),
        (
            "another log group with a name as ours deleted",
            "logs",
            "delete_log_group",
            json!({"logGroupName": "/fl-cli/theirs"}),
        ),
        (
            "records of another log group thrown away",
            "logs",
            "put_retention_policy",
            json!({"logGroupName": "/fl-cli/theirs", "retentionInDays": 1}),
        ),
        (
            "another log group made ours",
            "logs",
            "tag_resource",
            json!({"resourceArn": group_arn("/prod/app"), "tags": {"Project": "flowlogs-cli"}}),
        ),
        (
            "another log group with a name as ours made ours",
            "logs",
            "tag_resource",
            json!({"resourceArn": group_arn("/fl-cli/theirs"), "tags": {"Project": "flowlogs-cli"}}),
        ),
        ("a log group without our tag", "logs", "create_log_group", json!({"logGroupName": "/fl-cli/new"})),
    ];
    for (what, service, method, arguments) in abuses {
        let refused = abuser.try_call(service, method, arguments).expect_err(what);
        assert!(refused.contains("is not authorized to perform"), "{what}: {refused}");
    }
    assert_eq!(state(region), before);
    // Our role can be passed to the service of flow logs alone.
    let pass = |service: &str| Need::new("iam:PassRole", own_arn.clone()).with("iam:PassedToService", service);
    assert!(guard.policy.lock().unwrap().allows(&pass("vpc-flow-logs.amazonaws.com")));
    for service in ["ec2.amazonaws.com", "lambda.amazonaws.com"] {
        assert!(!guard.policy.lock().unwrap().allows(&pass(service)), "{service}");
    }
    // A policy that allows more can be attached to an own role, but allows no more than the boundary.
    abuser.call(
        "iam",
        "put_role_policy",
        json!({"RoleName": own_role, "PolicyName": "x", "PolicyDocument": everything}),
    );
    let boundary = json!({"Statement": [{"Effect": "Allow", "Resource": "*",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]}]});
    let mut both = [serde_json::from_str(&everything).unwrap(), boundary].map(|document| Policy::new(&document));
    let mut may = |action: &str| both.iter_mut().all(|policy| policy.allows(&Need::new(action, "*".into())));
    assert!(may("logs:PutLogEvents") && !may("iam:CreateUser") && !may("iam:PutRolePolicy"));
    region.call("iam", "delete_role_policy", json!({"RoleName": own_role, "PolicyName": "x"}));

    session.run(region, &guard, &["delete", "vpc", "prod", "--yes"]).done();
    assert_eq!(region.roles(), [others[1].clone()]);
    assert_eq!(region.log_groups(), ["/fl-cli/theirs"]);
    assert_eq!(region.flow_logs().len(), 1);
    region.call("ec2", "delete_flow_logs", json!({"FlowLogIds": [foreign]}));
    for name in ["/prod/app", "/fl-cli/theirs"] {
        region.call("logs", "delete_log_group", json!({"logGroupName": name}));
    }
    for name in &others {
        region.call("iam", "delete_role", json!({"RoleName": name}));
    }
    region.is_empty();
}
