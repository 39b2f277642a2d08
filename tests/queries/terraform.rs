//! An account as Terraform leaves it: flow logs of others, in their own log groups, some over the same interfaces.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::logs_service::{Group, LogsService, Script};
use super::moto::{Region, port, text};
use super::program::Ran;
use super::quick;
use super::records::{self, FIELDS, event, now};

/// A network with flow logs that this tool did not create.
///
/// Each record has a power of two as its bytes, so that a sum tells which records it includes.
struct Account {
    region: Region,
    /// The ids of resources, by name.
    ids: BTreeMap<&'static str, String>,
    groups: BTreeMap<&'static str, Group>,
}

fn account() -> &'static Account {
    static ACCOUNT: OnceLock<Account> = OnceLock::new();
    ACCOUNT.get_or_init(|| {
        let mut account = Account { region: Region::new("sa-east-1"), ids: BTreeMap::new(), groups: BTreeMap::new() };
        account.create_network();
        account.create_flow_logs();
        account.deliver();
        account
    })
}

impl Account {
    fn call(&self, method: &str, arguments: Value) -> Value {
        self.region.call("ec2", method, arguments)
    }

    fn id(&self, name: &str) -> &str {
        &self.ids[name]
    }

    fn create_network(&mut self) {
        let vpcs = ["prod", "pair", "half", "archive", "one", "two", "bare"];
        for (place, name) in vpcs.into_iter().enumerate() {
            let vpc = json!({"CidrBlock": format!("10.{place}.0.0/16"), "TagSpecifications": named("vpc", name)});
            self.ids.insert(name, text(&self.call("create_vpc", vpc)["Vpc"]["VpcId"]));
        }
        for (name, vpc, block) in [
            ("prod-a", "prod", "10.0.0.0/24"),
            ("prod-b", "prod", "10.0.1.0/24"),
            ("pair-a", "pair", "10.1.0.0/24"),
            ("half-a", "half", "10.2.0.0/24"),
            ("archive-a", "archive", "10.3.0.0/24"),
            ("one-a", "one", "10.4.0.0/24"),
            ("two-a", "two", "10.5.0.0/24"),
            ("bare-a", "bare", "10.6.0.0/24"),
        ] {
            let tags = named("subnet", name);
            let subnet = json!({"VpcId": self.id(vpc), "CidrBlock": block, "TagSpecifications": tags});
            self.ids.insert(name, text(&self.call("create_subnet", subnet)["Subnet"]["SubnetId"]));
        }
        let group = json!({"GroupName": "web", "Description": "x", "VpcId": self.id("prod")});
        self.ids.insert("web", text(&self.call("create_security_group", group)["GroupId"]));
        for (name, subnet) in [
            ("e1", "prod-a"),
            ("e2", "prod-a"),
            ("e3", "prod-b"),
            ("e4", "pair-a"),
            ("e5", "half-a"),
            ("e6", "archive-a"),
            ("e7", "one-a"),
            ("e8", "two-a"),
            ("e9", "bare-a"),
        ] {
            let mut interface = json!({"SubnetId": self.id(subnet)});
            if ["e1", "e3"].contains(&name) {
                interface["Groups"] = json!([self.id("web")]);
            }
            let made = self.call("create_network_interface", interface);
            self.ids.insert(name, text(&made["NetworkInterface"]["NetworkInterfaceId"]));
        }
        let instance = json!({
            "ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1, "SubnetId": self.id("prod-b"),
            "TagSpecifications": named("instance", "api")
        });
        let instance = self.call("run_instances", instance)["Instances"][0].take();
        self.ids.insert("api", text(&instance["InstanceId"]));
        self.ids.insert("e10", text(&instance["NetworkInterfaces"][0]["NetworkInterfaceId"]));
    }

    /// The flow logs of the subnet come first; the flow log of its VPC is younger.
    fn create_flow_logs(&self) {
        self.create_flow_log("Subnet", "prod-a", "ALL", "tf-subnet");
        std::thread::sleep(Duration::from_millis(1_200));
        self.create_flow_log("VPC", "prod", "ALL", "/aws/vpc/prod");
        self.create_flow_log("VPC", "pair", "ACCEPT", "pair-accept");
        self.create_flow_log("VPC", "pair", "REJECT", "pair-reject");
        self.create_flow_log("VPC", "half", "REJECT", "half");
        self.create_flow_log("VPC", "one", "ALL", "shared");
        self.create_flow_log("VPC", "two", "ALL", "shared");
        let place = json!({"LocationConstraint": self.region.name});
        self.region.call("s3", "create_bucket", json!({"Bucket": "logs-of-us", "CreateBucketConfiguration": place}));
        let to_s3 = json!({
            "ResourceIds": [self.id("archive")], "ResourceType": "VPC", "TrafficType": "ALL",
            "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::logs-of-us"
        });
        let made = self.call("create_flow_logs", to_s3);
        assert_eq!(made["Unsuccessful"], json!([]));
    }

    fn create_flow_log(&self, kind: &str, resource: &str, traffic: &str, group: &str) {
        let flow_log = json!({
            "ResourceIds": [self.id(resource)], "ResourceType": kind, "TrafficType": traffic, "LogGroupName": group,
            "LogFormat": records::format(FIELDS), "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/theirs"
        });
        self.call("create_flow_logs", flow_log);
    }

    /// Records of now, and of half an hour ago, before any of the flow logs was created.
    fn deliver(&mut self) {
        let (old, new) = (now() - 1_800, now() + 1);
        let both = ["tf-subnet", "/aws/vpc/prod"];
        for (groups, interface, subnet, vpc, action, bytes, start) in [
            (&both[..], "e1", "prod-a", "prod", "ACCEPT", 1, old),
            (&both, "e1", "prod-a", "prod", "REJECT", 2, old),
            (&both, "e2", "prod-a", "prod", "ACCEPT", 4, old),
            (&both[1..], "e3", "prod-b", "prod", "ACCEPT", 8, old),
            (&both[1..], "e3", "prod-b", "prod", "REJECT", 16, old),
            (&both, "gone", "prod-a", "prod", "ACCEPT", 32, old),
            (&both, "e1", "prod-a", "prod", "ACCEPT", 64, new),
            (&both[1..], "e3", "prod-b", "prod", "REJECT", 128, new),
            (&both, "gone", "prod-a", "prod", "ACCEPT", 256, new),
            (&["pair-accept"], "e4", "pair-a", "pair", "ACCEPT", 512, old),
            (&["pair-reject"], "e4", "pair-a", "pair", "REJECT", 1_024, old),
            (&["shared"], "e7", "one-a", "one", "ACCEPT", 2_048, old),
            (&["shared"], "e8", "two-a", "two", "REJECT", 4_096, old),
            (&both[1..], "e10", "prod-b", "prod", "ACCEPT", 8_192, old),
            (&both[1..], "gone of api", "prod-b", "prod", "ACCEPT", 16_384, old),
            (&["half"], "e5", "half-a", "half", "REJECT", 32_768, new),
        ] {
            let id = |name: &str| self.ids.get(name).cloned().unwrap_or_else(|| "eni-0dead".into());
            let instance = if ["e10", "gone of api"].contains(&interface) { id("api") } else { "-".into() };
            let event = event(&[
                ("interface-id", &id(interface)),
                ("subnet-id", &id(subnet)),
                ("vpc-id", &id(vpc)),
                ("instance-id", &instance),
                ("action", action),
                ("bytes", &bytes.to_string()),
                ("start", &start.to_string()),
            ]);
            for name in groups {
                let empty = || Group { name: (*name).into(), created: 0, events: Vec::new() };
                self.groups.entry(name).or_insert_with(empty).events.push(event.clone());
            }
        }
        // They have to be in the past when they are queried.
        std::thread::sleep(Duration::from_secs(2));
    }

    fn service(&self) -> LogsService {
        LogsService::start(self.groups.values().cloned().collect(), quick())
    }

    fn ask(&self, service: &LogsService, sentence: &str) -> Ran {
        let mut command = self.region.command(port(), &["-o", "csv", "-e", sentence]);
        Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()))
    }
}

pub(super) fn named(kind: &str, name: &str) -> Value {
    json!([{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}])
}

const PROD: u32 = 1 + 2 + 4 + 8 + 16 + 32 + 64 + 128 + 256 + 8_192 + 16_384;
const PAIR: u32 = 512 + 1_024;
const SHARED: u32 = 2_048 + 4_096;
const HALF: u32 = 32_768;
const ALL: u32 = PROD + PAIR + SHARED + HALF;

#[test]
fn traffic_is_answered_from_whatever_records_it_and_counted_once() {
    let account = account();
    let service = account.service();
    let subnet = account.id("prod-a");
    let mut asked = 0;
    for (sentence, bytes) in [
        ("vpc prod", PROD),
        ("vpc prod where accept", PROD - 2 - 16 - 128),
        ("vpc prod where reject", 2 + 16 + 128),
        ("vpc", ALL),
        ("all", ALL),
        ("all where reject", 2 + 16 + 128 + 1_024 + 4_096 + HALF),
        // The older flow log of the subnet itself answers; the younger one adds nothing.
        ("subnet prod-a", 1 + 2 + 4 + 32 + 64 + 256),
        (&format!("subnet {subnet}"), 1 + 2 + 4 + 32 + 64 + 256),
        // The flow log of the VPC is narrowed to the subnet, so that interfaces that are gone are included.
        ("subnet prod-b", 8 + 16 + 128 + 8_192 + 16_384),
        ("subnet prod-a, prod-b", PROD),
        ("subnet", ALL),
        ("instance api", 8_192 + 16_384),
        ("sg web", 1 + 2 + 8 + 16 + 64 + 128),
        ("sg web where reject", 2 + 16 + 128),
        (&format!("eni {}", account.id("e2")), 4),
        // Targets that overlap.
        ("vpc prod, sg web", PROD),
        ("sg web, subnet prod-b, vpc prod, instance api", PROD),
        ("all, vpc prod", ALL),
        // A pair of flow logs, each for one action.
        ("vpc pair", PAIR),
        ("vpc pair where accept", 512),
        ("vpc pair where reject", 1_024),
        // Two flow logs in one log group.
        ("vpc one", 2_048),
        ("vpc one, two", SHARED),
        ("subnet two-a", 4_096),
        ("group shared", SHARED),
        ("group \"/aws/vpc/*\"", PROD),
        ("group shared, vpc one", SHARED),
        ("vpc half", HALF),
    ] {
        let ran = account.ask(&service, &format!("{sentence} | sum(bytes) last 2h"));
        assert_eq!(ran.stdout, format!("sum_bytes\n{bytes}\n"), "{sentence}: {}", ran.stderr);
        assert_eq!(ran.code, Some(0), "{sentence}: {}", ran.stderr);
        asked += 1;
    }
    assert_eq!(asked, 28);
}

#[test]
fn records_are_shown_once_and_in_order_whatever_log_group_they_come_from() {
    let account = account();
    let service = account.service();
    let shown = account.ask(&service, "vpc prod, pair | show time, bytes | limit none last 2h").done();
    let mut bytes: Vec<u32> =
        shown.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect();
    let times: Vec<&str> = shown.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{shown}");
    bytes.sort_unstable();
    assert_eq!(bytes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 8_192, 16_384]);
}

#[test]
fn what_is_not_in_the_answer_is_said() {
    let account = account();
    let service = account.service();
    for (target, part) in [
        ("vpc half", "no flow log records the accepted traffic of `eni-"),
        ("all", "the answer has their rejected traffic only"),
        ("sg web", "the interfaces of `sg` are those of today"),
        ("all", "delivers to S3 (logs-of-us)"),
        ("subnet bare-a, prod-b", "subnet bare-a ("),
    ] {
        let ran = account.ask(&service, &format!("{target} | count() last 2h"));
        assert!(ran.stderr.contains(part), "{target}: {}", ran.stderr);
    }
    for target in ["vpc prod", "vpc pair", "vpc half where reject", "subnet prod-b"] {
        let ran = account.ask(&service, &format!("{target} | count() last 2h"));
        assert!(!ran.stderr.contains("no flow log records"), "{target}: {}", ran.stderr);
        assert!(!ran.stderr.contains("twice"), "{target}: {}", ran.stderr);
    }
    for (target, part) in [
        ("vpc bare", format!("create one: `flowlogs create vpc {}`", account.id("bare"))),
        ("vpc bare", "has no flow log".into()),
        ("vpc archive", "delivers to S3 (logs-of-us)".into()),
        ("vpc archive", "`--local FOLDER`, or create one that delivers to a log group".into()),
        ("nat", "the account has no flow log of kind `nat`".into()),
        ("vpc prdo", "did you mean `prod`?".into()),
    ] {
        let ran = account.ask(&service, &format!("{target} | count() last 2h"));
        assert_eq!(ran.code, Some(1), "{target}: {}", ran.stderr);
        assert!(ran.stderr.contains(&part), "{target}: {}", ran.stderr);
    }
}

#[test]
fn a_log_group_that_is_gone_leaves_the_others_their_answer() {
    let account = account();
    let mut groups = account.groups.clone();
    groups.remove("pair-reject");
    let service = LogsService::start(groups.into_values().collect(), quick());
    let ran = account.ask(&service, "all | sum(bytes) last 2h");
    assert!(ran.stderr.contains("the log group pair-reject does not exist"), "{}", ran.stderr);
    assert_eq!(ran.done(), format!("sum_bytes\n{}\n", ALL - 1_024));
    let ran = account.ask(&service, "vpc pair where reject | count() last 2h");
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("the log group pair-reject does not exist"), "{}", ran.stderr);
}

#[test]
fn everybodys_flow_logs_are_listed_and_what_would_answer_is_explained() {
    let account = account();
    let rows = |args: &[&str]| -> Vec<Value> {
        let printed = account.region.done(&[&["-o", "json"], args].concat());
        serde_json::from_str(&printed).unwrap()
    };
    assert_eq!(rows(&["list"]), Vec::<Value>::new());
    let all = rows(&["list", "--all"]);
    assert_eq!(all.len(), 8, "{all:?}");
    assert!(all.iter().all(|row| row["made_by"] == "others"), "{all:?}");
    let of = |name: &str| all.iter().find(|row| row["resource"] == account.id(name)).unwrap();
    assert_eq!(of("archive")["destination"], "S3 logs-of-us");
    assert_eq!(of("prod-a")["destination"], "log group tf-subnet");
    assert_eq!((&of("prod-a")["kind"], &of("half")["traffic"]), (&json!("subnet"), &json!("REJECT")));
    assert!(text(&of("prod")["format"]).starts_with("${version} "));
    assert_eq!(rows(&["list", "--all", "subnet"]).len(), 1);

    // Each log group has stored a billion times its messages in thirty days, at half a dollar per gigabyte.
    let month_ago = (now() - 30 * 86_400) * 1_000;
    let aged = account.groups.values().map(|group| Group { created: month_ago, ..group.clone() }).collect();
    let service = LogsService::start(aged, Script { stored_times: 1_000_000_000, ..quick() });
    let mut command = account.region.command(port(), &["-o", "json", "list", "--all"]);
    let printed = Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url())).done();
    let all: Vec<Value> = serde_json::from_str(&printed).unwrap();
    let usd = |name: &str| all.iter().find(|row| row["resource"] == account.id(name)).unwrap()["usd_a_month"].as_f64();
    let gigabytes = |group: &str| {
        let messages = account.groups[group].events.iter().flatten().filter(|(name, _)| name == "@message");
        f64::from(u32::try_from(messages.map(|(_, text)| text.len()).sum::<usize>()).unwrap())
    };
    assert!((usd("half").unwrap() - gigabytes("half") / 2.0).abs() < 0.02, "{printed}");
    // Two flow logs share its cost.
    assert!((usd("one").unwrap() - gigabytes("shared") / 4.0).abs() < 0.02, "{printed}");
    assert_eq!(usd("archive"), None);

    let answering = rows(&["explain", "--targets", "vpc prod last 2h"]);
    let records = |group: &str| -> Vec<String> {
        answering.iter().filter(|row| row["log_group"] == group).map(|row| text(&row["records"])).collect()
    };
    // The flow log of the subnet was first; since its VPC got one, that one answers for all of it.
    assert_eq!(records("tf-subnet"), ["every record"], "{answering:?}");
    let of_vpc = records("/aws/vpc/prod");
    assert_eq!(of_vpc.len(), 2, "{answering:?}");
    assert!(of_vpc.iter().all(|records| records.contains(account.id("prod-a"))), "{answering:?}");

    let service = account.service();
    let mut command = account.region.command(port(), &["explain", "--console", "vpc half where reject last 2h"]);
    let links = Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url())).done();
    let start = "https://sa-east-1.console.aws.amazon.com/cloudwatch/home?region=sa-east-1#logsV2:logs-insights";
    assert!(links.starts_with(start) && links.lines().count() == 1, "{links}");
    assert!(links.trim_end().ends_with("$257Esource$257E$2528$257E$2527half$2529$2529"), "{links}");
    assert!(links.contains("action*20*3d*20*22REJECT*22"), "{links}");
}
