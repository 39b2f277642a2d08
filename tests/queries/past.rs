//! Names of interfaces that are gone, from the inventories that are kept for some days.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::logs_service::{Group, LogsService};
use super::moto::{Region, port, text};
use super::program::Ran;
use super::quick;
use super::records::{self, FIELDS, event, now};
use super::terraform::named;

const DAY_S: i64 = 24 * 60 * 60;

/// The name of the inventory's file of this many days ago.
fn file_of(days_ago: i64) -> String {
    let second = jiff::Timestamp::from_second(now() - days_ago * DAY_S).unwrap();
    format!("{}.json", second.strftime("%Y-%m-%d"))
}

/// A record of traffic out of an interface.
fn record(interface: &str, far: &str, bytes: u32, start: i64) -> Vec<(String, String)> {
    event(&[
        ("interface-id", interface),
        ("flow-direction", "egress"),
        ("dstaddr", far),
        ("bytes", &bytes.to_string()),
        ("start", &start.to_string()),
    ])
}

/// The names of files in a folder.
fn files(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = files.collect();
    files.sort();
    files
}

#[test]
fn what_is_gone_has_the_name_that_it_had() {
    let region = Region::new("ca-central-1");
    let call = |method: &str, arguments| region.call("ec2", method, arguments);
    let vpc = text(&call("create_vpc", json!({"CidrBlock": "10.0.0.0/20"}))["Vpc"]["VpcId"]);
    let subnet = call("create_subnet", json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/20"}));
    let subnet = text(&subnet["Subnet"]["SubnetId"]);
    let flow_log = json!({
        "ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL", "LogGroupName": "past",
        "LogFormat": records::format(FIELDS), "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/theirs"
    });
    call("create_flow_logs", flow_log);
    let interface = |name: &str, address: &str| {
        let tags = named("network-interface", name);
        let interface = json!({"SubnetId": subnet, "PrivateIpAddress": address, "TagSpecifications": tags});
        text(&call("create_network_interface", interface)["NetworkInterface"]["NetworkInterfaceId"])
    };
    let (web, gone) = (interface("web", "10.0.0.10"), interface("gone", "10.0.0.20"));
    let state = TempDir::new().unwrap();
    let run = |service: &LogsService, state: &Path, args: &[&str]| {
        let mut command = region.command(port(), args);
        command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()).env("XDG_STATE_HOME", state);
        Ran::of(&mut command).done()
    };
    // Each record has a power of two as its bytes.
    let events = vec![
        record(&web, "10.0.0.20", 1, now() - 1_800),
        record(&gone, "10.0.0.10", 2, now() - 1_800),
        record(&web, "10.0.0.30", 4, now() - 5 * DAY_S),
        record(&web, "10.0.0.30", 8, now() - 2 * DAY_S),
        record(&web, "10.0.0.30", 16, now() - 9 * DAY_S),
        record(&web, "10.0.0.40", 32, now() - 1_800),
    ];
    let service = LogsService::start(vec![Group { name: "past".into(), created: 0, events }], quick());

    let printed: Value = serde_json::from_str(&run(&service, state.path(), &["inventory"])).unwrap();
    call("delete_network_interface", json!({"NetworkInterfaceId": gone}));
    let folder = state.path().join("flowlogs/inventories/123456789012/ca-central-1");
    assert_eq!(files(&folder), [file_of(0)]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join(file_of(0)))), (0o700, 0o600));
    // On earlier days another interface had the address.
    for (days_ago, name) in [(40, "old"), (6, "red"), (3, "blue")] {
        let mut earlier = printed.clone();
        let other = json!({"id": format!("eni-{name}"), "kind": "other", "name": name, "vpc": vpc, "subnet": subnet,
                           "addresses": ["10.0.0.30"]});
        earlier["interfaces"].as_array_mut().unwrap().push(other);
        fs::write(folder.join(file_of(days_ago)), earlier.to_string()).unwrap();
    }

    let shown = "all | show bytes, local.name, remote.name | sort bytes asc last 10d";
    // Worked out by hand.
    let expected = "bytes,local_name,remote_name\n1,web,gone\n2,gone,web\n4,web,red\n8,web,blue\n16,web,red\n32,web,\n";
    assert_eq!(run(&service, state.path(), &["-o", "csv", "-e", shown]), expected);
    let grouped = "all | sum(bytes) as total by remote.name last 10d";
    let expected = "remote_name,total\n,32\nblue,28\nweb,2\ngone,1\n";
    assert_eq!(run(&service, state.path(), &["-o", "csv", "-e", grouped]), expected);
    assert_eq!(files(&folder), [file_of(6), file_of(3), file_of(0)]);

    // Nothing is kept if that is turned off.
    let (other, config) = (state.path().join("other"), state.path().join("config.toml"));
    fs::write(&config, "[aws]\nkeep_inventories = false\n").unwrap();
    run(&service, &other, &["--config", &config.display().to_string(), "inventory"]);
    assert!(!other.exists());
    run(&service, &other, &["inventory"]);
    assert!(other.exists());

    // If nothing can be kept, the answer comes all the same.
    let file = state.path().join("no-folder");
    fs::write(&file, "").unwrap();
    let expected = "bytes,local_name,remote_name\n1,web,\n2,,web\n4,web,\n8,web,\n16,web,\n32,web,\n";
    let unnamed = run(&service, &file, &["-o", "csv", "-e", shown]);
    assert_eq!(unnamed, expected);
}
