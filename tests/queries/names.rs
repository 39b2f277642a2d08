//! Names on AWS, if several VPCs have the same addresses.

use std::sync::OnceLock;

use serde_json::json;

use super::logs_service::{Group, LogsService};
use super::mmdb::{Data, database};
use super::moto::{Region, port, text};
use super::program::Ran;
use super::quick;
use super::records::{self, FIELDS, event, now};
use super::terraform::named;

/// Two VPCs with equal networks and a third one, and records of an interface of each.
struct Account {
    region: Region,
    group: Group,
}

fn account() -> &'static Account {
    static ACCOUNT: OnceLock<Account> = OnceLock::new();
    ACCOUNT.get_or_init(|| {
        let region = Region::new("me-south-1");
        let call = |method: &str, arguments| region.call("ec2", method, arguments);
        let vpc = |name: &str, block: &str| {
            let vpc = json!({"CidrBlock": block, "TagSpecifications": named("vpc", name)});
            let vpc = text(&call("create_vpc", vpc)["Vpc"]["VpcId"]);
            let subnet = call("create_subnet", json!({"VpcId": vpc, "CidrBlock": block}));
            let flow_log = json!({
                "ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL", "LogGroupName": "all-vpcs",
                "LogFormat": records::format(FIELDS),
                "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/theirs"
            });
            call("create_flow_logs", flow_log);
            (text(&subnet["Subnet"]["SubnetId"]), vpc)
        };
        let interface = |subnet: &str, name: &str, address: &str| {
            let tags = named("network-interface", name);
            let interface = json!({"SubnetId": subnet, "PrivateIpAddress": address, "TagSpecifications": tags});
            text(&call("create_network_interface", interface)["NetworkInterface"]["NetworkInterfaceId"])
        };
        let [(prod, of_prod), (twin, of_twin)] = ["prod", "twin"].map(|name| vpc(name, "10.0.0.0/20"));
        let (other, of_other) = vpc("other", "10.9.0.0/20");
        let front = interface(&prod, "front", "10.0.0.20");
        interface(&prod, "web", "10.0.0.10");
        let cache = interface(&twin, "cache", "10.0.0.20");
        interface(&twin, "db", "10.0.0.10");
        let proxy = interface(&other, "proxy", "10.9.0.10");
        let address = call("allocate_address", json!({"Domain": "vpc"}));
        let elastic =
            json!({"AllocationId": address["AllocationId"], "NetworkInterfaceId": proxy, "AllowReassociation": true});
        call("associate_address", elastic);
        let elastic = text(&address["PublicIp"]);
        // Each record has a power of two as its bytes.
        let records = [
            (&front, &of_prod, "10.0.0.10", 1),
            (&cache, &of_twin, "10.0.0.10", 2),
            (&proxy, &of_other, "10.0.0.10", 4),
            (&front, &of_prod, elastic.as_str(), 8),
            (&cache, &of_twin, elastic.as_str(), 16),
            (&front, &of_prod, "10.9.0.10", 32),
            (&front, &of_prod, "10.0.0.30", 64),
        ];
        let events = records.iter().enumerate().map(|(number, (id, vpc, far, bytes))| {
            event(&[
                ("interface-id", id.as_str()),
                ("vpc-id", vpc.as_str()),
                ("flow-direction", "egress"),
                ("dstaddr", far),
                ("bytes", &bytes.to_string()),
                ("start", &(now() - 1_800 - i64::try_from(number).unwrap()).to_string()),
            ])
        });
        let group = Group { name: "all-vpcs".into(), created: 0, events: events.collect() };
        Account { region, group }
    })
}

fn ask(sentence: &str) -> String {
    let account = account();
    let service = LogsService::start(vec![account.group.clone()], quick());
    let mut command = account.region.command(port(), &["-o", "csv", "-e", sentence]);
    Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url())).done()
}

#[test]
fn a_name_is_that_of_the_vpc_in_which_the_address_was_seen() {
    // Worked out by hand.
    assert_eq!(
        ask("all | show bytes, local.name, remote.name last 2h"),
        "bytes,local_name,remote_name\n1,front,web\n2,cache,db\n4,proxy,\n8,front,proxy\n16,cache,proxy\n\
         32,front,proxy\n64,front,\n"
    );
    assert_eq!(ask("all | show remote.name, bytes | limit 2 last 2h"), "remote_name,bytes\nweb,1\ndb,2\n");
}

#[test]
fn groups_of_one_name_are_one_group() {
    assert_eq!(
        ask("all | sum(bytes) as total, count() by remote.name last 2h"),
        "remote_name,total,count\n,68,2\nproxy,56,3\ndb,2,1\nweb,1,1\n"
    );
    assert_eq!(ask("all | top 1 local.name by bytes last 2h"), "local_name,bytes\nfront,105\n");
    assert_eq!(
        ask("all | sum(bytes) as total by local.name, remote.name | where total < 5 last 2h"),
        "local_name,remote_name,total\nproxy,,4\ncache,db,2\nfront,web,1\n"
    );
}

#[test]
fn sides_and_names_are_those_of_the_vpc_in_which_the_address_was_seen() {
    // Worked out by hand: each record has a power of two as its bytes.
    for (test, bytes) in [
        ("remote.name = web", "1"),
        ("remote.name in (web, db)", "3"),
        ("remote.name != web", "58"),
        ("not remote.name = web", "126"),
        ("remote eni", "59"),
        ("remote vpc prod", "65"),
        ("remote vpc other", "32"),
        ("local vpc twin", "18"),
        ("local.name = proxy", "4"),
        ("remote eni and local vpc prod", "41"),
    ] {
        assert_eq!(ask(&format!("all where {test} | sum(bytes) as b last 2h")), format!("b\n{bytes}\n"), "{test}");
    }
}

#[test]
fn a_list_that_is_too_long_for_one_query_is_asked_in_several() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.txt");
    let others: Vec<String> = (0..2_000).map(|n| format!("172.20.{}.{}", n / 200, n % 200)).collect();
    std::fs::write(&file, format!("10.0.0.10\n{}\n10.9.0.0/16\n10.9.0.10\n", others.join("\n"))).unwrap();
    let file = file.display();
    let of_list = format!("all where remote.addr in file \"{file}\"");
    assert_eq!(ask(&format!("{of_list} | sum(bytes) as b, count() last 2h")), "b,count\n39,4\n");
    assert_eq!(ask(&format!("{of_list} | show bytes | limit 2 last 2h")), "bytes\n1\n2\n");
    let account = account();
    let service = LogsService::start(vec![account.group.clone()], quick());
    let sentence = format!("all where not remote.addr in file \"{file}\" last 2h");
    let mut command = account.region.command(port(), &["-e", &sentence]);
    Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url())).fails(1, "the service takes 10000");
}

#[test]
fn countries_are_shown_and_grouped_by_and_not_tested() {
    let account = account();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("country.mmdb");
    let country = |code| Data::Map(vec![("country", Data::Map(vec![("iso_code", Data::Text(code))]))]);
    std::fs::write(&file, database(&[("10.9.0.0/16", country("DE")), ("10.0.0.30/32", country("FR"))])).unwrap();
    let file = file.display().to_string();
    let ask = |sentence: &str| {
        let service = LogsService::start(vec![account.group.clone()], quick());
        let mut command = account.region.command(port(), &["--geo", &file, "-o", "csv", "-e", sentence]);
        Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()))
    };
    // Worked out by hand: each record has a power of two as its bytes.
    assert_eq!(
        ask("all | sum(bytes) as b, count() as n by remote.country last 2h").done(),
        "remote_country,b,n\nFR,64,1\nDE,32,1\n,31,5\n"
    );
    assert_eq!(
        ask("all where bytes >= 32 | show bytes, remote.country last 2h").done(),
        "bytes,remote_country\n32,DE\n64,FR\n"
    );
    ask("all where remote.country = DE last 2h").fails(1, "files only");
}

#[test]
fn a_name_that_nothing_has_is_noted() {
    let account = account();
    let service = LogsService::start(vec![account.group.clone()], quick());
    let sentence = "all where remote.name = wbe | sum(bytes) as b last 2h";
    let mut command = account.region.command(port(), &["-o", "csv", "-e", sentence]);
    let ran = Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()));
    assert!(ran.stderr.contains("note: nothing has the name `wbe` now: did you mean `web`?"), "{}", ran.stderr);
    ran.done();
}

#[test]
fn two_windows_are_compared() {
    assert_eq!(
        ask("all | sum(bytes) as b by local.name | compare 2h last 2h"),
        "local_name,b,b_before,b_change\nfront,105,0,105\ncache,18,0,18\nproxy,4,0,4\n"
    );
    // Every record is more than half an hour old: those that the last 20 minutes lack are in the window before.
    assert_eq!(
        ask("all | count() by local.name | compare 20m gone last 20m"),
        "local_name,count,count_before,count_change\nfront,0,4,-4\ncache,0,2,-2\nproxy,0,1,-1\n"
    );
    assert_eq!(ask("all | share(count()) as s by local.name | where s > 50 last 2h").lines().count(), 2);
}
