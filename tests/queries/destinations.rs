//! Flow logs by their destination: log groups of other accounts and of all classes, one log group for several flow
//! logs, and destinations that are no log group.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::Value;

use super::canned::{self, item};
use super::logs_service::{Group, LogsService, Script};
use super::moto::{Region, port};
use super::program::Ran;
use super::proxy::Proxy;
use super::records::{FIELDS, event, format, now};
use super::{quick, texts};

const CENTRAL: &str = "arn:aws:logs:us-west-2:999999999999:log-group:/central";

/// Eight VPCs; each has a flow log with another kind of destination.
struct Account {
    region: Region,
    ec2: Proxy,
    groups: Vec<Group>,
}

fn flow_log(id: &str, resource: &str, more: &[(&str, &str)]) -> String {
    let format = format(FIELDS);
    let common = [("flowLogId", id), ("resourceId", resource), ("trafficType", "ALL"), ("logFormat", format.as_str())];
    item(&[&common, more].concat())
}

fn account() -> &'static Account {
    static ACCOUNT: OnceLock<Account> = OnceLock::new();
    ACCOUNT.get_or_init(|| {
        let to_group = |name| [("logGroupName", name), ("deliverLogsStatus", "SUCCESS")];
        let by_arn = "arn:aws:logs:us-west-2:123456789012:log-group:/by/arn:*";
        let role = "arn:aws:iam::999999999999:role/deliver";
        let stream = "arn:aws:firehose:us-west-2:123456789012:deliverystream/to-lake";
        let created = jiff::Timestamp::from_second(now() - 300).unwrap().to_string();
        let failing = [
            ("logGroupName", "/failing"),
            ("deliverLogsStatus", "FAILED"),
            ("deliverLogsErrorMessage", "Access error"),
            ("creationTime", created.as_str()),
        ];
        let flow_logs = [
            flow_log("fl-1", "vpc-1", &[("logDestinationType", "cloud-watch-logs"), ("logDestination", by_arn)]),
            flow_log(
                "fl-2",
                "vpc-2",
                &[("logDestination", &format!("{CENTRAL}:*")), ("deliverCrossAccountRole", role)],
            ),
            flow_log("fl-3", "vpc-3", &[("logDestinationType", "kinesis-data-firehose"), ("logDestination", stream)]),
            flow_log("fl-4", "vpc-4", &to_group("/cold")),
            flow_log("fl-5", "vpc-5", &to_group("/rare")),
            flow_log("fl-6", "vpc-6", &to_group("/hot")),
            flow_log("fl-7", "vpc-7", &to_group("/twice")),
            flow_log("fl-8", "subnet-7", &to_group("/twice")),
            flow_log("fl-9", "vpc-8", &failing),
        ];
        let group = |name: &str, vpcs: &[usize]| {
            // Each record has a power of two as its bytes.
            let record = |vpc: &usize| {
                event(&[
                    ("interface-id", &format!("eni-{vpc}")),
                    ("subnet-id", &format!("subnet-{vpc}")),
                    ("vpc-id", &format!("vpc-{vpc}")),
                    ("bytes", &(1 << vpc).to_string()),
                    ("start", &(now() - 1_800).to_string()),
                ])
            };
            Group { name: name.into(), created: 0, events: vpcs.iter().map(record).collect() }
        };
        let groups = vec![
            group("/by/arn", &[1]),
            group(CENTRAL, &[2]),
            group("/cold", &[4]),
            group("/rare", &[5]),
            group("/hot", &[6]),
            group("/twice", &[7, 7]),
            group("/failing", &[]),
        ];
        let ec2 = Proxy::new(port(), canned::network(8, &flow_logs));
        Account { region: Region::new("us-west-2"), ec2, groups }
    })
}

fn classes() -> Script {
    Script { classes: vec![("/cold", "DELIVERY"), ("/rare", "INFREQUENT_ACCESS")], ..quick() }
}

/// Runs a sentence, and returns the log groups of each query.
fn ask(script: Script, args: &[&str]) -> (Ran, Vec<Vec<String>>) {
    let account = account();
    let service = LogsService::start(account.groups.clone(), script);
    let mut command = account.region.command(account.ec2.port, args);
    let ran = Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()));
    let starts = service.calls().into_iter().filter(|call| call.operation == "StartQuery");
    (ran, starts.map(|call| texts(&call.input["logGroupIdentifiers"])).collect())
}

fn sum(script: Script, targets: &str) -> (Ran, Vec<Vec<String>>) {
    ask(script, &["-o", "csv", "-e", &format!("{targets} | sum(bytes) last 2h")])
}

#[test]
fn a_log_group_goes_by_its_name_or_if_it_is_of_another_account_by_its_arn() {
    for (targets, bytes, groups) in [
        ("vpc vpc-1", 2, "/by/arn"),
        ("group \"/by/*\"", 2, "/by/arn"),
        ("vpc vpc-2", 4, CENTRAL),
        ("group \"*:/central\"", 4, CENTRAL),
    ] {
        let (ran, asked) = sum(quick(), targets);
        assert_eq!(ran.done(), format!("sum_bytes\n{bytes}\n"), "{targets}");
        assert_eq!(asked, [[groups]], "{targets}");
    }
    let (listed, _) = ask(quick(), &["-o", "json", "list", "--all"]);
    let listed: Vec<Value> = serde_json::from_str(&listed.done()).unwrap();
    let destination = |id: &str| listed.iter().find(|row| row["id"] == id).unwrap()["destination"].clone();
    assert_eq!(destination("fl-1"), "log group /by/arn");
    assert_eq!(destination("fl-2"), format!("log group {CENTRAL}"));
    assert_eq!(destination("fl-3"), "Firehose to-lake");
}

#[test]
fn what_goes_to_firehose_is_named_as_that_and_not_read() {
    let (ran, asked) = sum(quick(), "vpc vpc-3");
    assert_eq!(asked, Vec::<Vec<String>>::new());
    ran.fails(1, "fl-3 delivers to Firehose (to-lake)");
    let (ran, _) = sum(quick(), "all");
    assert!(ran.stderr.contains("fl-3 delivers to Firehose (to-lake)"), "{}", ran.stderr);
    assert_eq!(ran.done(), format!("sum_bytes\n{}\n", 2 + 4 + 16 + 32 + 64 + 2 * 128));
}

#[test]
fn a_query_takes_log_groups_of_one_class_and_none_of_class_delivery() {
    let (ran, asked) = sum(classes(), "vpc vpc-4");
    assert_eq!(asked, Vec::<Vec<String>>::new());
    ran.fails(1, "the log group /cold is of class DELIVERY, which cannot be queried");
    let (ran, asked) = sum(classes(), "vpc vpc-1, vpc-4, vpc-5, vpc-6");
    assert!(ran.stderr.contains("the log group /cold is of class DELIVERY"), "{}", ran.stderr);
    assert_eq!(ran.done(), format!("sum_bytes\n{}\n", 2 + 32 + 64));
    let asked: BTreeSet<BTreeSet<String>> = asked.into_iter().map(BTreeSet::from_iter).collect();
    let of = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
    assert_eq!(asked, BTreeSet::from([of(&["/by/arn", "/hot"]), of(&["/rare"])]));
}

#[test]
fn two_flow_logs_of_one_interface_in_one_log_group_are_said_to_count_twice() {
    for targets in ["vpc vpc-7", "subnet subnet-7", "eni eni-7", "all"] {
        let (ran, _) = sum(quick(), targets);
        let said = "write records of the same interfaces into /twice: the answer may count them twice";
        let note = ran.stderr.lines().find(|line| line.contains(said));
        assert!(note.is_some_and(|note| note.contains("fl-7") && note.contains("fl-8")), "{targets}: {}", ran.stderr);
        assert_eq!(ran.code, Some(0), "{targets}: {}", ran.stderr);
    }
    let (ran, _) = sum(quick(), "vpc vpc-6");
    assert!(!ran.stderr.contains("twice"), "{}", ran.stderr);
}

#[test]
fn an_empty_answer_says_that_delivery_fails() {
    let (ran, _) = sum(quick(), "vpc vpc-8");
    assert!(ran.stderr.contains("delivery to /failing: Access error"), "{}", ran.stderr);
    assert_eq!(ran.done(), "sum_bytes\n\"\"\n");
}

#[test]
fn who_may_not_ask_for_the_fields_that_were_found_is_told_and_answered() {
    let (ran, _) = sum(Script { denied: "GetLogGroupFields", ..quick() }, "vpc vpc-6");
    assert!(ran.stderr.contains("the caller is not allowed `logs:GetLogGroupFields`"), "{}", ran.stderr);
    assert_eq!(ran.done(), "sum_bytes\n64\n");
}

#[test]
fn a_log_group_that_goes_away_before_its_query_leaves_the_others_their_answer() {
    let gone = |name: &str| Script { vanished: name.into(), ..quick() };
    let (ran, asked) = sum(gone("/hot"), "vpc vpc-1, vpc-6");
    assert!(ran.stderr.contains("the log group /hot does not exist"), "{}", ran.stderr);
    assert_eq!(ran.done(), "sum_bytes\n2\n");
    assert_eq!(asked, [&["/by/arn", "/hot"][..], &["/by/arn"]]);
    let (ran, _) = sum(gone("/hot"), "vpc vpc-6");
    assert!(ran.stderr.contains("`flowlogs doctor`"), "{}", ran.stderr);
    ran.fails(1, "Log group does not exist for account: /hot");
}
