//! The account on AWS through the command line, against moto on loopback; boto3 checks the result from outside. moto
//! ignores the text of queries: nothing here is about queries.
#![cfg(all(unix, feature = "aws"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "aws/canned.rs"]
mod canned;
#[path = "aws/care.rs"]
mod care;
#[path = "aws/crowd.rs"]
mod crowd;
#[path = "aws/delivery.rs"]
mod delivery;
#[path = "aws/form.rs"]
mod form;
#[path = "aws/gateways.rs"]
mod gateways;
#[path = "aws/governed.rs"]
mod governed;
#[path = "aws/moto.rs"]
mod moto;
#[path = "aws/permissions.rs"]
mod permissions;
mod program;
#[path = "aws/proxy.rs"]
mod proxy;
#[path = "aws/share.rs"]
mod share;
#[path = "aws/simulator.rs"]
mod simulator;
mod terminal;
#[path = "aws/together.rs"]
mod together;
#[path = "aws/ways.rs"]
mod ways;

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use moto::{Network, Region, array, port, text};
use program::{Ran, coverage};
use proxy::{Call, Proxy, Verdict};
use serde_json::{Value, json};
use terminal::Terminal;

/// The trust policy of the Go tool's roles.
const GO_TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
    "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;
/// The permissions of the Go tool's roles.
const GO_POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [
    "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"],
    "Resource": "*"}]}"#;

fn tag<'a>(tags: &'a Value, key: &str) -> Option<&'a str> {
    tags.as_array()?.iter().find(|tag| tag["Key"] == key)?["Value"].as_str()
}

#[test]
fn every_kind_is_created_listed_and_deleted() {
    let region = Region::new("eu-west-1");
    let network = Network::new(&region);
    let Network { vpc, subnet, group, nat, endpoint } = &network;
    for (kind, selector, id, covered, flow_logs) in [
        ("instance", "web", "instance-web", 2, 2),
        ("sg", group.as_str(), group.as_str(), 2, 2),
        ("subnet", "prod-a", subnet.as_str(), 4, 1),
        ("vpc", "prod", vpc.as_str(), 4, 1),
        ("nat", "out", nat.as_str(), 1, 1),
        ("endpoint", "logs", endpoint.as_str(), 1, 1),
    ] {
        let plan = region.done(&["create", kind, selector, "--dry-run"]);
        assert!(plan.contains(&format!("log group /fl-cli/{id} (30 days), role fl-cli-eu-west-1-{id}")), "{plan}");
        region.is_empty();
        let created = region.done(&["create", kind, selector]);
        assert!(created.starts_with(&format!("created {kind} ")), "{created}");
        let listed = region.list();
        assert_eq!(listed.len(), 1, "{listed:?}");
        assert_eq!(listed[0]["kind"], kind);
        assert_eq!(coverage(&listed[0]), format!("{covered} of {covered}"));
        assert_eq!(listed[0]["log_group"], format!("/fl-cli/{id}"));
        assert_eq!(listed[0]["retention_days"], 30);

        let made = region.flow_logs();
        assert_eq!(made.len(), flow_logs, "{made:?}");
        for flow_log in &made {
            assert_eq!(tag(&flow_log["Tags"], "Name"), Some(id));
            assert_eq!(tag(&flow_log["Tags"], "Project"), Some("flowlogs-cli"));
            assert_eq!(flow_log["MaxAggregationInterval"], 60);
            assert_eq!(flow_log["TrafficType"], "ALL");
            let format = text(&flow_log["LogFormat"]);
            assert!(format.contains("${traffic-path} ${reject-reason} ${ecs-cluster-arn}"), "{format}");
        }
        check_log_group(&region, id);
        check_role(&region, id);
        assert_eq!(region.done(&["doctor"]), "nothing is wrong\n");

        region.done(&["delete", kind, selector, "--yes"]);
        region.is_empty();
    }
    assert_eq!(region.done(&["delete", "all"]), "nothing to do\n");
}

fn check_log_group(region: &Region, id: &str) {
    assert_eq!(region.log_groups(), [format!("/fl-cli/{id}")]);
    let tags = region.call("logs", "list_tags_log_group", json!({"logGroupName": format!("/fl-cli/{id}")}));
    let run = tags["tags"]["flowlogs:run"].clone();
    assert_eq!(tags["tags"], json!({"Name": id, "Project": "flowlogs-cli", "flowlogs:run": run}));
}

fn check_role(region: &Region, id: &str) {
    let name = format!("fl-cli-{}-{id}", region.name);
    assert_eq!(region.roles(), std::slice::from_ref(&name));
    let role = region.call("iam", "get_role", json!({"RoleName": name}))["Role"].take();
    assert_eq!((tag(&role["Tags"], "Name"), tag(&role["Tags"], "Project")), (Some(id), Some("flowlogs-cli")));
    let trust = &role["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(trust["Principal"], json!({"Service": "vpc-flow-logs.amazonaws.com"}));
    let source = format!("arn:aws:ec2:{}:123456789012:vpc-flow-log/*", region.name);
    let condition =
        json!({"StringEquals": {"aws:SourceAccount": "123456789012"}, "ArnLike": {"aws:SourceArn": source}});
    assert_eq!(trust["Condition"], condition);
    let policies = region.call("iam", "list_role_policies", json!({"RoleName": name}));
    assert_eq!(policies["PolicyNames"], json!(["flow-logs"]));
    let policy = region.call("iam", "get_role_policy", json!({"RoleName": name, "PolicyName": "flow-logs"}));
    let policy = &policy["PolicyDocument"]["Statement"][0];
    let group = format!("arn:aws:logs:{}:123456789012:log-group:/fl-cli/{id}", region.name);
    assert_eq!(policy["Resource"], json!([group, format!("{group}:*")]));
    assert!(!policy["Action"].to_string().contains("CreateLogGroup"), "{policy}");
}

/// Creates the resources that the Go tool creates for a name, call by call.
fn create_as_go(region: &Region, name: &str, resource_type: &str, resources: &[&str]) {
    let tags = json!([{"Key": "Name", "Value": name}, {"Key": "Project", "Value": "flowlogs-cli"}]);
    let group = format!("/fl-cli/{name}");
    let group_tags = json!({"Name": name, "Project": "flowlogs-cli"});
    region.call("logs", "create_log_group", json!({"logGroupName": group, "tags": group_tags}));
    region.call("logs", "put_retention_policy", json!({"logGroupName": group, "retentionInDays": 30}));
    // The Go tool cuts the name.
    let role: String = format!("fl-cli-{}-{name}", region.name).chars().take(64).collect();
    let made = json!({"RoleName": role, "AssumeRolePolicyDocument": GO_TRUST, "Tags": tags});
    let made = region.call("iam", "create_role", made);
    let policy = json!({"RoleName": role, "PolicyName": "flow-logs", "PolicyDocument": GO_POLICY});
    region.call("iam", "put_role_policy", policy);
    let flow_logs = json!({
        "ResourceIds": resources, "ResourceType": resource_type, "LogFormat": "${interface-id} ${srcaddr} ${bytes}",
        "LogGroupName": group, "LogDestinationType": "cloud-watch-logs", "TrafficType": "ALL",
        "DeliverLogsPermissionArn": made["Role"]["Arn"],
        "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": tags}]
    });
    if !resources.is_empty() {
        region.call("ec2", "create_flow_logs", flow_logs);
    }
}

fn interfaces(region: &Region, filter: &str, value: &str) -> Vec<String> {
    let found = json!({"Filters": [{"Name": filter, "Values": [value]}]});
    let found = array(&region.call("ec2", "describe_network_interfaces", found), "NetworkInterfaces");
    found.iter().map(|interface| text(&interface["NetworkInterfaceId"])).collect()
}

#[test]
fn what_the_go_tool_made_is_listed_extended_and_deleted() {
    let region = Region::new("eu-west-2");
    let network = Network::new(&region);
    let members = interfaces(&region, "group-id", &network.group);
    create_as_go(&region, &network.vpc, "VPC", &[&network.vpc]);
    create_as_go(&region, &network.group, "NetworkInterface", &[&members[0]]);
    let long = "a-name-that-is-too-long-for-a-role-of-this-region";
    network.run_instances(&region, long, 1);
    let instance = interfaces(&region, "group-id", &network.group);
    let instance = instance.iter().find(|id| !members.contains(id)).unwrap();
    create_as_go(&region, &format!("instance-{long}"), "NetworkInterface", &[instance]);

    let listed = region.list();
    let seen: Vec<(&str, &str, String)> =
        listed.iter().map(|l| (l["kind"].as_str().unwrap(), l["resource"].as_str().unwrap(), coverage(l))).collect();
    let all = [("instance", long, "1 of 1"), ("sg", &network.group, "1 of 3"), ("vpc", &network.vpc, "5 of 5")]
        .map(|(kind, resource, covered)| (kind, resource, covered.to_string()));
    assert_eq!(seen, all);

    // An existing flow log converges, and keeps its format and role.
    assert!(region.done(&["create", "vpc", "prod"]).starts_with("unchanged "));
    assert!(region.done(&["create", "instance", long]).starts_with("unchanged "));
    assert!(region.done(&["create", "sg", &network.group]).starts_with("extended "));
    let formats: BTreeSet<String> = region.flow_logs().iter().map(|f| text(&f["LogFormat"])).collect();
    assert_eq!(formats, BTreeSet::from(["${interface-id} ${srcaddr} ${bytes}".to_string()]));
    assert_eq!(region.roles().len(), 3);
    assert_eq!(region.done(&["doctor"]), "nothing is wrong\n");

    region.done(&["delete", "all", "--yes"]);
    region.is_empty();
}

#[test]
fn creating_again_converges() {
    let region = Region::new("eu-west-3");
    let network = Network::new(&region);
    let create = ["create", "instance", "web", "--retention", "7", "--aggregation", "600", "--fields", "srcaddr,bytes"];
    region.done(&create);
    let again = region.done(&["create", "instance", "web"]);
    assert!(again.starts_with("unchanged instance web"), "{again}");
    assert_eq!(region.list()[0]["retention_days"], 7);

    network.run_instances(&region, "web", 2);
    assert_eq!(coverage(&region.list()[0]), "2 of 4");
    region.fails(&["doctor"], 1, "2 of 4 interfaces are not covered");
    let extended = region.done(&["create", "instance", "web"]);
    assert!(extended.starts_with("extended instance web: covers eni-"), "{extended}");
    assert_eq!(coverage(&region.list()[0]), "4 of 4");
    for flow_log in region.flow_logs() {
        assert_eq!(flow_log["LogFormat"], "${srcaddr} ${bytes}");
        assert_eq!(flow_log["MaxAggregationInterval"], 600);
    }
    network.run_instances(&region, "web", 1);
    region.done(&["doctor", "--fix", "--yes"]);
    assert_eq!(coverage(&region.list()[0]), "5 of 5");
    region.done(&["delete", "instance", "web", "--yes"]);
    region.is_empty();
}

#[test]
fn instances_of_one_name_in_two_vpcs_have_a_flow_log_each() {
    let region = Region::new("ap-southeast-3");
    let network = Network::new(&region);
    let first = interfaces(&region, "vpc-id", &network.vpc);
    let first: Vec<&str> = first.iter().map(String::as_str).collect();
    let of_webs = interfaces(&region, "group-id", &network.group);
    let of_webs: Vec<&str> =
        of_webs.iter().map(String::as_str).filter(|id| first.contains(id) && !is_endpoint(&region, id)).collect();
    // The Go tool created its flow log before there was a second VPC.
    create_as_go(&region, "instance-web", "NetworkInterface", &of_webs);
    let second = Network::new(&region);
    region.fails(&["create", "instance", "web"], 1, "instances in several VPCs have the name `web`");
    assert_eq!(coverage(&region.list()[0]), "2 of 2");
    assert_eq!(region.done(&["doctor"]), "nothing is wrong\n");

    let instances = array(&region.call("ec2", "describe_instances", json!({})), "Reservations");
    let instance_in = |vpc: &str| {
        let mut all = instances.iter().flat_map(|reservation| array(reservation, "Instances"));
        text(&all.find(|instance| instance["VpcId"] == vpc).unwrap()["InstanceId"])
    };
    assert!(region.done(&["create", "instance", &instance_in(&network.vpc)]).starts_with("unchanged "));
    let created = region.done(&["create", "instance", &instance_in(&second.vpc)]);
    assert!(created.contains(&format!("/fl-cli/instance-web-{}, 2 interfaces", second.vpc)), "{created}");
    assert_eq!(region.flow_logs().len(), 4);
    assert_eq!(region.done(&["doctor"]), "nothing is wrong\n");
    region.done(&["delete", "instance", "web", "--yes"]);
    region.is_empty();
}

fn is_endpoint(region: &Region, interface: &str) -> bool {
    let found = region.call("ec2", "describe_network_interfaces", json!({"NetworkInterfaceIds": [interface]}));
    text(&found["NetworkInterfaces"][0]["Description"]).contains("VPC Endpoint")
}

#[test]
fn a_shell_reads_the_network_anew_for_changes_and_after_a_minute() {
    let region = Region::new("cn-northwest-1");
    Network::new(&region);
    let proxy = Proxy::new(port(), pass);
    let mut read = 0;
    for (lines, expected) in [
        (&["list", "list", "list"][..], 1),
        (&["list", ".refresh", "list"], 2),
        (&["list", "create vpc prod --dry-run"], 2),
        (&["create vpc prod --dry-run", "create vpc prod --dry-run"], 2),
        (&["list", "doctor", "list"], 2),
        (&["list", "delete all --dry-run"], 2),
        (&["list", "vpcs().len()", "instances().len()"], 1),
    ] {
        let mut command = region.command(proxy.port, &[]);
        let mut shell = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut shell.stdin.take().unwrap(), lines.join("\n").as_bytes()).unwrap();
        Ran::from(shell.wait_with_output().unwrap()).done();
        let all = proxy.count("DescribeVpcs");
        assert_eq!(all - read, expected, "{lines:?}");
        read = all;
    }
}

#[test]
fn names_are_made_fit_and_never_meet() {
    let region = Region::new("ap-southeast-2");
    let network = Network::new(&region);
    let long = |end: &str| format!("{}{end}", "n".repeat(120));
    let names = ["api server", "api/server", "api_server", "Ünïcode", &long("1"), &long("2")];
    for name in names {
        network.run_instances(&region, name, 1);
        region.done(&["create", "instance", name]);
    }
    assert_eq!(region.list().len(), names.len());
    let (groups, roles) = (region.log_groups(), region.roles());
    assert_eq!((groups.len(), roles.len()), (names.len(), names.len()));
    for role in &roles {
        assert!(role.len() <= 64 && role.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)), "{role}");
    }
    // The Go tool finds both by the `Name`.
    let tagged: BTreeSet<String> =
        region.flow_logs().iter().map(|f| tag(&f["Tags"], "Name").unwrap().to_string()).collect();
    assert_eq!(groups.into_iter().collect::<BTreeSet<_>>(), tagged.iter().map(|n| format!("/fl-cli/{n}")).collect());
    let of_names = tagged.iter().map(|name| format!("fl-cli-ap-southeast-2-{name}")).collect();
    assert_eq!(roles.into_iter().collect::<BTreeSet<_>>(), of_names);
    let listed: BTreeSet<String> = region.list().iter().map(|listed| text(&listed["resource"])).collect();
    assert_eq!(listed, names.map(ToString::to_string).into_iter().collect());
    region.done(&["delete", "instance", "*", "--yes"]);
    region.is_empty();
}

/// moto allows role names that differ only in case; IAM does not.
#[test]
fn names_that_differ_in_case_only_have_roles_of_their_own() {
    let region = Region::new("ap-southeast-6");
    let network = Network::new(&region);
    let made = std::sync::Mutex::new(BTreeSet::new());
    let as_iam = move |call: &Call| {
        if call.action != "CreateRole" {
            return Verdict::Pass;
        }
        let name = call.request.split("RoleName=").nth(1).unwrap().split('&').next().unwrap().to_lowercase();
        if made.lock().unwrap().insert(name.clone()) {
            return Verdict::Pass;
        }
        Verdict::Refuse("EntityAlreadyExists", format!("Role with name {name} already exists."))
    };
    let proxy = Proxy::new(port(), as_iam);
    let run = |args: &[&str]| region.run_at(proxy.port, args);
    network.run_instances(&region, "Web", 1);
    for name in ["web", "Web"] {
        run(&["create", "instance", name]).done();
    }
    let covered: Vec<String> =
        region.list().iter().map(|one| format!("{} {}", text(&one["resource"]), coverage(one))).collect();
    assert_eq!(covered, ["Web 1 of 1", "web 2 of 2"]);
    let again = run(&["create", "instance", "Web"]).done();
    assert!(again.contains("unchanged"), "{again}");
    assert_eq!((region.roles().len(), region.log_groups().len()), (2, 2));
    assert!(region.roles().contains(&"fl-cli-ap-southeast-6-instance-web".to_string()), "{:?}", region.roles());
    run(&["delete", "instance", "Web", "--yes"]).done();
    assert_eq!(region.list().len(), 1);
    assert_eq!(region.roles(), ["fl-cli-ap-southeast-6-instance-web"]);
    run(&["delete", "all", "--yes"]).done();
    // The Go tool's flow log of instances without a name has a name all the same.
    create_as_go(&region, "instance-", "NetworkInterface", &[&interfaces(&region, "group-id", &network.group)[0]]);
    assert_eq!(region.list()[0]["resource"], "instance-");
    run(&["delete", "instance", "instance-", "--yes"]).done();
    region.is_empty();
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let region = Region::new("eu-north-1");
    let network = Network::new(&region);
    let group = format!("/fl-cli/{}", network.vpc);
    region.call("logs", "create_log_group", json!({"logGroupName": group}));
    region.fails(&["create", "vpc", "prod"], 1, "is left alone");
    assert_eq!((region.log_groups(), region.roles()), (vec![group.clone()], Vec::new()));
    region.call("logs", "delete_log_group", json!({"logGroupName": group}));

    // A log group of somebody else takes the place of ours.
    region.done(&["create", "vpc", "prod"]);
    region.call("logs", "delete_log_group", json!({"logGroupName": group}));
    region.fails(&["doctor"], 1, "there is no log group");
    region.call("logs", "create_log_group", json!({"logGroupName": group}));
    // moto remembers the tags of deleted resources.
    region.call("logs", "untag_log_group", json!({"logGroupName": group, "tags": ["Name", "Project"]}));
    region.fails(&["delete", "vpc", "prod", "--yes"], 1, "is left alone");
    region.fails(&["doctor", "--fix", "--yes"], 1, "it is not tagged `Project=flowlogs-cli`");
    region.fails(&["doctor"], 1, &format!("`aws logs delete-log-group --log-group-name {group}` deletes"));
    assert_eq!((region.flow_logs(), region.log_groups(), region.roles()), (Vec::new(), vec![group], Vec::new()));
}

#[test]
fn role_and_group_stay_while_another_flow_log_uses_them() {
    let region = Region::new("eu-central-1");
    let network = Network::new(&region);
    region.done(&["create", "vpc", "prod"]);
    let made = region.flow_logs().remove(0);
    let other = json!({
        "ResourceIds": [network.subnet], "ResourceType": "Subnet", "LogGroupName": made["LogGroupName"],
        "TrafficType": "ALL", "DeliverLogsPermissionArn": made["DeliverLogsPermissionArn"]
    });
    let other = region.call("ec2", "create_flow_logs", other);
    region.done(&["delete", "vpc", "prod", "--yes"]);
    assert_eq!((region.flow_logs().len(), region.log_groups().len(), region.roles().len()), (1, 1, 1));
    assert_eq!(region.done(&["doctor"]), "nothing is wrong\n");
    // Now they are orphans.
    region.call("ec2", "delete_flow_logs", json!({"FlowLogIds": other["FlowLogIds"]}));
    let doctor = ["doctor", "--min-age", "0s"];
    region.fails(&doctor, 1, "no flow log uses the role");
    region.fails(&[&doctor[..], &["--fix"]].concat(), 2, "--yes");
    region.done(&[&doctor[..], &["--fix", "--yes"]].concat());
    region.is_empty();
}

#[test]
fn failing_delivery_is_found() {
    let region = Region::new("ap-south-2");
    let network = Network::new(&region);
    let role = json!({"RoleName": "fl-cli-test", "AssumeRolePolicyDocument": GO_TRUST});
    let role = region.call("iam", "create_role", role);
    let flow_logs = json!({
        "ResourceIds": [network.vpc], "ResourceType": "VPC", "LogGroupName": format!("/fl-cli/{}", network.vpc),
        "TrafficType": "ALL", "DeliverLogsPermissionArn": role["Role"]["Arn"],
        "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": [
            {"Key": "Name", "Value": network.vpc}, {"Key": "Project", "Value": "flowlogs-cli"}]}]
    });
    region.call("ec2", "create_flow_logs", flow_logs);
    assert_eq!(region.list()[0]["status"], "FAILED: Access error");
    region.fails(&["doctor"], 1, "delivery: FAILED: Access error");
    region.done(&["delete", "vpc", "prod", "--yes"]);
    region.is_empty();
    region.call("iam", "delete_role", json!({"RoleName": "fl-cli-test"}));
}

#[test]
fn what_nothing_is_left_of_is_found() {
    let region = Region::new("ca-west-1");
    let network = Network::new(&region);
    region.done(&["create", "instance", "web"]);
    region.done(&["create", "nat", "out"]);
    region.call("ec2", "delete_nat_gateway", json!({"NatGatewayId": network.nat}));
    let running = array(&region.call("ec2", "describe_instances", json!({})), "Reservations");
    let ids: Vec<Value> =
        running.iter().flat_map(|r| array(r, "Instances")).map(|instance| instance["InstanceId"].clone()).collect();
    region.call("ec2", "terminate_instances", json!({"InstanceIds": ids}));
    let found = region.run_at(port(), &["doctor", "--fix", "--yes"]);
    // Its records are kept, although no instance runs at the moment.
    assert!(found.stdout.contains("no instance of this name is running"), "{}", found.stdout);
    assert!(found.stdout.contains("fixed the flow log nat-"), "{}", found.stdout);
    assert_eq!(region.list().len(), 1);
    region.done(&["delete", "instance", "web", "--yes"]);
    // The log group stays, as it might have records; it is empty, as the next command sees.
    assert_eq!(region.log_groups().len(), 1);
    region.done(&["doctor", "--min-age", "0s", "--fix", "--yes"]);
    region.is_empty();

    // In another Region, too.
    let other = Region::new("il-central-1");
    let tags = json!({"Name": "vpc-gone", "Project": "flowlogs-cli"});
    other.call("logs", "create_log_group", json!({"logGroupName": "/fl-cli/vpc-gone", "tags": tags}));
    let doctor = ["--region", "ca-west-1,il-central-1", "doctor", "--min-age", "0s"];
    let orphan = "123456789012 il-central-1: no flow log delivers to the log group /fl-cli/vpc-gone";
    let found = region.run_at(port(), &doctor);
    assert!(found.stdout.contains(&format!("found {orphan}")), "{}{}", found.stdout, found.stderr);
    let fixed = region.done(&[&doctor[..], &["--fix", "--yes"]].concat());
    assert!(fixed.contains(&format!("fixed {orphan}")), "{fixed}");
    other.is_empty();
}

fn pass(_: &Call) -> Verdict {
    Verdict::Pass
}

/// Every n-th call of a command fails in one way. Afterwards nothing is orphaned, or the doctor names it and clears it
/// away.
fn fail_every_call(region: &Region, prepare: &[&str], command: &[&str], fault: fn(usize, &Call) -> Verdict) {
    let count = calls_of(region, prepare, command);
    assert!(count > 10, "{count}");
    for n in 0..count {
        if !prepare.is_empty() {
            region.done(prepare);
        }
        let proxy = Proxy::new(port(), move |call| fault(n, call));
        // Two tries instead of three: most of the time is spent in the pauses between them.
        let first = Ran::of(region.command(proxy.port, command).env("AWS_MAX_ATTEMPTS", "2"));
        let said = format!("call {n} of {count}: {}{}", first.stdout, first.stderr);
        assert!(matches!(first.code, Some(0 | 1)), "{said}");

        let (flow_logs, groups, roles) = (region.flow_logs(), region.log_groups(), region.roles());
        let whole = flow_logs.len() == 2 && groups.len() == 1 && roles.len() == 1;
        let none = flow_logs.is_empty() && groups.is_empty() && roles.is_empty();
        if command[0] == "create" {
            // If the answer of a call that was done is lost, the resource is reported as still there.
            let is_said = first.stdout.contains("could not be rolled back");
            assert!(if first.code == Some(0) { whole } else { !whole || is_said }, "{said}");
        } else {
            assert!(none || first.code == Some(1), "{said}");
        }
        if !whole && !none {
            let found = region.run_at(port(), &["doctor", "--min-age", "0s"]);
            assert_eq!(found.code, Some(1), "{said}{}", found.stdout);
            for left in groups.iter().chain(&roles).filter(|_| flow_logs.is_empty()) {
                assert!(found.stdout.contains(left), "{left} is not in: {}{said}", found.stdout);
            }
            region.done(&["doctor", "--min-age", "0s", "--fix", "--yes"]);
        }
        region.done(&["delete", "all", "--yes"]);
        region.is_empty();
    }
}

fn calls_of(region: &Region, prepare: &[&str], command: &[&str]) -> usize {
    if !prepare.is_empty() {
        region.done(prepare);
    }
    let proxy = Proxy::new(port(), pass);
    let ran = region.run_at(proxy.port, command);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    region.done(&["delete", "all", "--yes"]);
    proxy.requests.lock().unwrap().len()
}

const CREATE: &[&str] = &["create", "instance", "web"];
const DELETE: &[&str] = &["delete", "instance", "web", "--yes"];

fn refuse_nth(n: usize, call: &Call) -> Verdict {
    if call.number == n { Verdict::Refuse("AccessDenied", "not you".into()) } else { Verdict::Pass }
}

/// The answer is lost, so that the caller asks again for something that is done already.
fn lose_nth(n: usize, call: &Call) -> Verdict {
    if call.number == n { Verdict::LoseAnswer } else { Verdict::Pass }
}

/// The service does it, but twice answers with a failure, and the caller gives up.
fn fault_nth(n: usize, call: &Call) -> Verdict {
    if (n..n + 2).contains(&call.number) { Verdict::Fault } else { Verdict::Pass }
}

/// The network is gone from one call on: nothing can be rolled back.
fn break_from(n: usize, call: &Call) -> Verdict {
    match call.number {
        number if number < n => Verdict::Pass,
        // The last call that gets through.
        number if number == n => Verdict::LoseAnswer,
        _ => Verdict::Break,
    }
}

#[test]
fn a_create_survives_every_refused_call() {
    let region = Region::new("us-east-1");
    let _network = Network::new(&region);
    fail_every_call(&region, &[], CREATE, refuse_nth);
}

#[test]
fn a_create_survives_every_lost_answer() {
    let region = Region::new("us-east-2");
    let _network = Network::new(&region);
    fail_every_call(&region, &[], CREATE, lose_nth);
}

#[test]
fn a_create_survives_a_broken_network() {
    let region = Region::new("us-west-1");
    let _network = Network::new(&region);
    fail_every_call(&region, &[], CREATE, break_from);
}

#[test]
fn a_create_survives_every_fault_of_the_service() {
    let region = Region::new("eu-central-2");
    let _network = Network::new(&region);
    fail_every_call(&region, &[], CREATE, fault_nth);
}

#[test]
fn a_delete_survives_every_fault_of_the_service() {
    let region = Region::new("me-central-1");
    let _network = Network::new(&region);
    fail_every_call(&region, CREATE, DELETE, fault_nth);
}

#[test]
fn a_delete_survives_every_refused_call() {
    let region = Region::new("us-west-2");
    let _network = Network::new(&region);
    fail_every_call(&region, CREATE, DELETE, refuse_nth);
}

#[test]
fn a_delete_survives_every_lost_answer() {
    let region = Region::new("ca-central-1");
    let _network = Network::new(&region);
    fail_every_call(&region, CREATE, DELETE, lose_nth);
}

#[test]
fn a_delete_survives_a_broken_network() {
    let region = Region::new("sa-east-1");
    let _network = Network::new(&region);
    fail_every_call(&region, CREATE, DELETE, break_from);
}

#[test]
fn a_denied_call_names_the_action_and_what_was_rolled_back() {
    let region = Region::new("ap-southeast-1");
    let network = Network::new(&region);
    let deny = |action: &'static str| {
        Proxy::new(port(), move |call| {
            if call.action != action {
                return Verdict::Pass;
            }
            Verdict::Refuse("UnauthorizedOperation", "You are not authorized to perform this operation.".into())
        })
    };
    let denied = region.run_at(deny("CreateFlowLogs").port, &["create", "vpc", "prod"]);
    assert_eq!(denied.code, Some(1));
    for part in [
        &format!("cannot create flow logs of {}: UnauthorizedOperation: You are not", network.vpc),
        "(request r-1)",
        "rolled back: role fl-cli-ap-southeast-1-vpc-",
        "log group /fl-cli/vpc-",
        "the caller is not allowed `ec2:CreateFlowLogs`",
    ] {
        assert!(denied.stdout.contains(part), "`{part}` is not in: {}", denied.stdout);
    }
    region.is_empty();
    let denied = region.run_at(deny("ListRoles").port, &["doctor"]);
    assert!(denied.stdout.contains("the caller is not allowed `iam:ListRoles`"), "{}", denied.stdout);
    let simulator = Proxy::new(port(), |call| {
        if call.action != "SimulatePrincipalPolicy" {
            return Verdict::Pass;
        }
        let decision = if call.request.contains("iam%3APassRole") { "implicitDeny" } else { "allowed" };
        // Only the policy knows which boundary a role must have.
        let bounded = "<member><EvalActionName>iam:CreateRole</EvalActionName><EvalDecision>implicitDeny</EvalDecision>\
                       <MissingContextValues><member>iam:PermissionsBoundary</member></MissingContextValues></member>";
        let body = format!(
            "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member>\
             <EvalActionName>iam:PassRole</EvalActionName><EvalDecision>{decision}</EvalDecision></member>{bounded}\
             </EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
        );
        Verdict::Answer(body)
    });
    let denied = region.run_at(simulator.port, &["doctor"]);
    assert!(denied.stdout.contains("the caller is not allowed `iam:PassRole`"), "{}", denied.stdout);
    assert!(!denied.stdout.contains("iam:CreateRole"), "{}", denied.stdout);
    assert_eq!(simulator.count("SimulatePrincipalPolicy"), 7);
    let expired = Proxy::new(port(), |_| Verdict::Refuse("ExpiredToken", "The token is expired".into()));
    let expired = region.run_at(expired.port, &["list"]);
    assert!(expired.stderr.contains("aws sso login"), "{}", expired.stderr);
}

/// The service refuses ECS fields if there is no cluster.
#[test]
fn ecs_fields_are_left_out_where_there_is_no_cluster() {
    let region = Region::new("ap-northeast-1");
    let _network = Network::new(&region);
    let proxy = Proxy::new(port(), |call| {
        if call.action == "CreateFlowLogs" && call.request.contains("ecs-cluster-arn") {
            let message = "Caller is not authorized to obtain ECS field(s). Failed with error: {A minimum of 1 ECS \
                           Cluster is required to Create Flow Logs with ECS Fields}";
            return Verdict::Refuse("InvalidParameter", message.into());
        }
        Verdict::Pass
    });
    let ran = region.run_at(proxy.port, &["create", "vpc", "prod"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    let format = text(&region.flow_logs()[0]["LogFormat"]);
    assert!(format.ends_with("${traffic-path} ${reject-reason}"), "{format}");
    region.done(&["delete", "all", "--yes"]);
    region.is_empty();
}

#[test]
fn a_new_role_is_waited_for() {
    let region = Region::new("ap-northeast-2");
    let _network = Network::new(&region);
    let refused = AtomicUsize::new(0);
    let proxy = Proxy::new(port(), move |call| {
        if call.action == "CreateFlowLogs" && refused.fetch_add(1, Ordering::SeqCst) < 2 {
            return Verdict::Refuse("InvalidParameter", "Unable to assume given IAM role".into());
        }
        Verdict::Pass
    });
    let ran = region.run_at(proxy.port, &["create", "vpc", "prod"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(ran.stderr.contains("waiting until the service can assume the new role"), "{}", ran.stderr);
    assert_eq!(proxy.count("CreateFlowLogs"), 3);
    region.done(&["delete", "all", "--yes"]);
    region.is_empty();
}

#[test]
fn a_resource_that_the_service_leaves_out_is_named_and_all_is_rolled_back() {
    let region = Region::new("ap-northeast-3");
    let _network = Network::new(&region);
    let proxy = Proxy::new(port(), |call| {
        if call.action != "CreateFlowLogs" {
            return Verdict::Pass;
        }
        let body = "<CreateFlowLogsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
                    <requestId>r-2</requestId><flowLogIdSet/><unsuccessful><item><resourceId>eni-9</resourceId>\
                    <error><code>LimitExceeded</code><message>too many</message></error></item></unsuccessful>\
                    </CreateFlowLogsResponse>";
        Verdict::Answer(body.into())
    });
    let ran = region.run_at(proxy.port, CREATE);
    assert_eq!(ran.code, Some(1));
    let said = "cannot create the flow log of eni-9: LimitExceeded: too many; rolled back: role";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    region.is_empty();
}

#[test]
fn over_300_interfaces_are_several_calls() {
    let region = Region::new("ap-south-1");
    let network = Network::new(&region);
    network.run_instances(&region, "big", 305);
    let proxy = Proxy::new(port(), pass);
    let ran = region.run_at(proxy.port, &["create", "instance", "big"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert_eq!(proxy.count("CreateFlowLogs"), 2);
    assert_eq!(coverage(&region.list()[0]), "305 of 305");
    region.done(&["delete", "instance", "big", "--yes"]);
    region.is_empty();
}

#[test]
fn ctrl_c_takes_back_what_was_made() {
    let region = Region::new("ap-east-1");
    let _network = Network::new(&region);
    for action in ["CreateLogGroup", "CreateRole", "PutRolePolicy", "CreateFlowLogs"] {
        let proxy = Proxy::new(port(), move |call| {
            if call.action == action { Verdict::Delay(Duration::from_millis(700)) } else { Verdict::Pass }
        });
        let child = region.command(proxy.port, CREATE).spawn().unwrap();
        while proxy.count(action) == 0 {
            thread::sleep(Duration::from_millis(10));
        }
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let ran = Ran::from(child.wait_with_output().unwrap());
        let said = format!("{action}: {}{}", ran.stdout, ran.stderr);
        if ran.code == Some(0) {
            // The last call was on its way: the create is done.
            assert_eq!(action, "CreateFlowLogs", "{said}");
            region.done(&["delete", "all", "--yes"]);
        } else {
            assert_eq!(ran.code, Some(130), "{said}");
            assert!(ran.stdout.contains("interrupted; rolled back: role"), "{said}");
        }
        region.is_empty();
    }
}

/// Ctrl-C ends the current command, not those after it.
#[test]
fn a_shell_that_was_interrupted_still_fixes_what_it_finds() {
    let region = Region::new("ap-southeast-4");
    let tags = json!({"Name": "vpc-gone", "Project": "flowlogs-cli"});
    region.call("logs", "create_log_group", json!({"logGroupName": "/fl-cli/vpc-gone", "tags": tags}));
    let first = AtomicUsize::new(0);
    let proxy = Proxy::new(port(), move |call| {
        let is_first = call.action == "DescribeFlowLogs" && first.fetch_add(1, Ordering::Relaxed) == 0;
        if is_first { Verdict::Delay(Duration::from_secs(3)) } else { Verdict::Pass }
    });
    let endpoint = format!("http://127.0.0.1:{}", proxy.port);
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_REGION", region.name),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("HOME", "/nonexistent"),
    ];
    let mut shell = Terminal::start(&[], &environment, 200);
    shell.wait_for("ap-southeast-4>");
    shell.keys("list\r");
    while proxy.count("DescribeFlowLogs") == 0 {
        thread::sleep(Duration::from_millis(10));
    }
    shell.keys("\x03");
    shell.wait_for("interrupted");
    shell.keys("doctor --min-age 0s --fix --yes\r");
    let done = shell.wait("what became of the log group", |screen| screen.contains("the log group /fl-cli/vpc-gone"));
    assert!(done.contains("fixed no flow log delivers to the log group /fl-cli/vpc-gone"), "{done}");
    region.is_empty();
}

#[test]
fn a_kill_leaves_nothing_that_the_doctor_does_not_find() {
    let region = Region::new("me-south-1");
    let _network = Network::new(&region);
    for (command, action) in [
        (CREATE, "PutRetentionPolicy"),
        (CREATE, "PutRolePolicy"),
        (CREATE, "CreateFlowLogs"),
        (DELETE, "DeleteFlowLogs"),
        (DELETE, "DeleteRolePolicy"),
        (DELETE, "DeleteRole"),
        (DELETE, "DeleteLogGroup"),
    ] {
        if command == DELETE {
            region.done(CREATE);
        }
        let proxy = Proxy::new(port(), move |call| {
            if call.action == action { Verdict::Delay(Duration::from_millis(300)) } else { Verdict::Pass }
        });
        let mut child = region.command(proxy.port, command).spawn().unwrap();
        while proxy.count(action) == 0 {
            thread::sleep(Duration::from_millis(10));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        thread::sleep(Duration::from_millis(600));
        if region.flow_logs().is_empty() {
            region.done(&["doctor", "--min-age", "0s", "--fix", "--yes"]);
        } else {
            region.done(&["delete", "all", "--yes"]);
        }
        region.is_empty();
    }
}

#[test]
fn the_inventory_tells_what_interfaces_belong_to() {
    let region = Region::new("eu-south-1");
    let network = Network::new(&region);
    let inventory: Value = serde_json::from_str(&region.done(&["inventory"])).unwrap();
    let of = |kind: &str| -> Vec<(String, Option<String>)> {
        let interfaces = array(&inventory, "interfaces");
        let mut of_kind: Vec<(String, Option<String>)> = (interfaces.iter())
            .filter(|interface| interface["kind"] == kind)
            .map(|interface| (text(&interface["owner"]), interface["name"].as_str().map(Into::into)))
            .collect();
        of_kind.sort();
        of_kind
    };
    assert_eq!(of("nat"), [(network.nat.clone(), Some("out".into()))]);
    assert_eq!(of("endpoint"), [(network.endpoint.clone(), Some("logs".into()))]);
    let instances = of("instance");
    assert_eq!(instances.len(), 2);
    assert!(instances.iter().all(|(_, name)| name.as_deref() == Some("web")));
    assert_eq!((&inventory["account"], &inventory["region"]), (&json!("123456789012"), &json!("eu-south-1")));
    // Each VPC has a main route table, which leads to its own addresses.
    let routing = &inventory["routing"];
    let is_main =
        |table: &&Value| table["main"] == true && array(table, "routes").iter().any(|one| one["via"] == "local");
    let tables = array(routing, "route_tables");
    assert_eq!(tables.iter().filter(is_main).count(), array(&inventory, "vpcs").len(), "{routing:#}");
    assert_eq!(routing["block_public_access"]["mode"], "off");

    // It is valid as the inventory of an embedded account.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inventory.json"), inventory.to_string()).unwrap();
    std::fs::create_dir(folder.path().join("records")).unwrap();
    let dir = folder.path().display().to_string();
    let created = region.done(&["--local", &dir, "create", "nat", "out"]);
    assert!(created.starts_with("created nat out") && created.contains("1 interface"), "{created}");
}

/// Independent calls run at once, in all places: together they take at most half as long again as the slowest chain of
/// dependent calls.
#[test]
fn many_things_are_listed_in_the_time_of_the_slowest_calls() {
    // Longer than real calls if the program is not optimised: its own work on the answers should not be measured.
    const CALL: Duration = Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 50 });
    let most = crowd::slowest_chain(CALL).mul_f64(1.5);
    let services = crowd::serve(CALL);
    let region = Region::new("us-east-1");

    let start = Instant::now();
    let regions = "us-east-1,us-east-2,us-west-1,us-west-2,ca-central-1";
    let ran = region.run_at(services.port, &["--region", regions, "list", "-o", "json"]);
    let took = start.elapsed();
    println!("listed in 5 Regions, {CALL:?} a call: {took:?}, the slowest chain {:?}", crowd::slowest_chain(CALL));
    let listed: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    assert_eq!(listed.len(), 5 * 200);
    assert!(listed.iter().all(|flow_log| coverage(flow_log) == "10 of 10"), "{:?}", listed[0]);
    assert!(took < most, "{took:?} for {regions}, where {most:?} are allowed");

    let endpoint = format!("http://127.0.0.1:{}", services.port);
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
    ];
    for (args, question) in [
        (["create", "subnet"], "Create the flow logs of which?"),
        (["delete", "subnet"], "Delete the flow logs of which?"),
    ] {
        let start = Instant::now();
        let terminal = Terminal::start(&args, &environment, 100);
        terminal.wait_for(question);
        let took = start.elapsed();
        assert!(took < most, "{took:?} for {args:?}, where {most:?} are allowed");
    }
}

#[test]
fn mistakes_say_what_to_do() {
    let region = Region::new("eu-south-2");
    let _network = Network::new(&region);
    region.fails(&["create", "vpc", "prdo"], 1, "did you mean `prod`?");
    region.fails(&["create", "vpc", "prod", "--retention", "29"], 1, "cannot keep records for 29 days");
    region.fails(&["create", "vpc", "prod", "--fields", "scraddr"], 2, "did you mean `srcaddr`?");
    region.fails(&["-e", "vpc prod | count()"], 1, "has no flow log");
    region.fails(&["--local", "x", "--region", "eu-west-1", "list"], 2, "cannot be used with");
    region.fails(&["--profile", "nobody", "list"], 1, "there is no AWS profile `nobody`");
    region.is_empty();
    let mut bare = region.command(port(), &["list"]);
    let bare = Ran::of(bare.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION"));
    assert!(bare.stderr.contains("no AWS Region is set"), "{}", bare.stderr);
    let mut logged_out = region.command(port(), &["list"]);
    let logged_out = Ran::of(logged_out.env_remove("AWS_ACCESS_KEY_ID"));
    assert!(logged_out.stderr.contains("there is no valid AWS login"), "{}", logged_out.stderr);
    let nowhere = region.run_at(1, &["list"]);
    assert!(nowhere.stderr.contains("AWS did not answer"), "{}", nowhere.stderr);
}
