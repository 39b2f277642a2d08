//! The embedded account through the command line: create, list, query, delete, and what can go wrong.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod program;

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use program::{Ran, coverage};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
    command.args(args).env_clear().env("TZ", "UTC").env("HOME", "/nonexistent").stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Ran {
    Ran::of(&mut command(args))
}

#[track_caller]
fn done(args: &[&str]) -> String {
    run(args).done()
}

#[track_caller]
fn fails(args: &[&str], code: i32, part: &str) {
    run(args).fails(code, part);
}

/// A demo account without its own flow logs.
fn empty_demo() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("demo").display().to_string();
    done(&["demo", "--dir", &dir]);
    done(&["--local", &dir, "delete", "all", "--yes"]);
    (folder, dir)
}

fn list(dir: &str) -> Vec<Value> {
    serde_json::from_str(&done(&["--local", dir, "list", "-o", "json"])).unwrap()
}

#[test]
fn every_kind_is_created_listed_queried_and_deleted() {
    let (_folder, dir) = empty_demo();
    assert_eq!(list(&dir), Vec::<Value>::new());
    let now = jiff::Timestamp::now();
    let (from, until) = (now - jiff::SignedDuration::from_mins(50), now - jiff::SignedDuration::from_mins(5));
    for (kind, name, interfaces, group) in [
        ("instance", "web", "4 of 4", "/fl-cli/instance-web"),
        ("sg", "demo-api", "7 of 7", "/fl-cli/sg-"),
        ("subnet", "prod-private-b", "6 of 6", "/fl-cli/subnet-"),
        ("vpc", "prod", "28 of 28", "/fl-cli/vpc-"),
        ("nat", "prod-nat-b", "1 of 1", "/fl-cli/nat-"),
        ("endpoint", "prod-dynamodb", "1 of 1", "/fl-cli/vpce-"),
    ] {
        let created = done(&["--local", &dir, "create", kind, name]);
        assert!(created.starts_with(&format!("created {kind} ")), "{created}");
        let listed = list(&dir);
        assert_eq!(listed.len(), 1, "{listed:?}");
        assert_eq!(listed[0]["kind"], kind);
        assert_eq!(coverage(&listed[0]), interfaces);
        assert!(listed[0]["log_group"].as_str().unwrap().starts_with(group), "{listed:?}");
        // The window is over: the demo goes on during the test.
        let window = format!("since {from} until {until}");
        let count = done(&["--local", &dir, "-o", "csv", "-e", &format!("{kind} {name} | count() {window}")]);
        let count: u64 = count.lines().nth(1).unwrap().parse().unwrap();
        assert!(count > 0, "{kind}");
        // A flow log answers for all traffic that it records, but for nothing else.
        let whole = done(&["--local", &dir, "-o", "csv", "-e", &format!("all | count() {window}")]);
        assert_eq!(whole, format!("count\n{count}\n"), "{kind}");
        fails(&["--local", &dir, "-e", "vpc staging | count()"], 1, "has no flow log");
        let deleted = done(&["--local", &dir, "delete", kind, name, "--yes"]);
        assert!(deleted.starts_with(&format!("deleted {kind} ")), "{deleted}");
        assert_eq!(list(&dir), Vec::<Value>::new());
    }
    done(&["--local", &dir, "create", "vpc", "*", "--yes"]);
    assert_eq!(list(&dir).len(), 4);
    done(&["--local", &dir, "delete", "all", "--yes"]);
    assert_eq!(list(&dir), Vec::<Value>::new());
    assert_eq!(done(&["--local", &dir, "delete", "all"]), "nothing to do\n");
}

#[test]
fn a_flow_log_shows_its_interfaces_only() {
    let (_folder, dir) = empty_demo();
    done(&["--local", &dir, "create", "instance", "bastion"]);
    let rows = done(&["--local", &dir, "-o", "csv", "-e", "instance bastion | count() by eni, local.addr"]);
    assert_eq!(rows.lines().count(), 2, "{rows}");
    assert_eq!(rows.lines().nth(1).unwrap().split(',').nth(1), Some("10.0.0.12"), "{rows}");
    // Two flow logs over one interface show its records once.
    done(&["--local", &dir, "create", "subnet", "prod-public-a"]);
    // The network goes on during the test; past traffic stays as it is.
    let now = jiff::Timestamp::now();
    let (from, until) = (now - jiff::SignedDuration::from_mins(50), now - jiff::SignedDuration::from_mins(5));
    let count = |target: &str| {
        let sentence = format!("{target} | count() since {from:.0} until {until:.0}");
        done(&["--local", &dir, "-o", "csv", "-e", &sentence])
    };
    let one = count("instance bastion");
    assert_ne!(one, "count\n0\n");
    assert_eq!(one, count("instance bastion, subnet prod-public-a where local.addr = 10.0.0.12"));
}

#[test]
fn creating_again_converges() {
    let (_folder, dir) = empty_demo();
    done(&["--local", &dir, "create", "sg", "demo-db"]);
    let again = done(&["--local", &dir, "create", "sg", "demo-db"]);
    assert!(again.starts_with("unchanged sg demo-db"), "{again}");
    // An interface joins the group.
    let file = Path::new(&dir).join("inventory.json");
    let mut inventory: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let group =
        inventory["security_groups"].as_array().unwrap().iter().find(|g| g["name"] == "demo-db").unwrap()["id"].clone();
    let interfaces = inventory["interfaces"].as_array_mut().unwrap();
    let worker = interfaces.iter_mut().find(|i| i["name"] == "worker").unwrap();
    worker["security_groups"].as_array_mut().unwrap().push(group);
    let worker = worker["id"].as_str().unwrap().to_string();
    fs::write(&file, inventory.to_string()).unwrap();
    assert_eq!(coverage(&list(&dir)[0]), "2 of 3");
    let plan = done(&["--local", &dir, "create", "sg", "demo-db", "--dry-run"]);
    assert!(plan.starts_with("would extend sg demo-db") && plan.contains(&worker), "{plan}");
    let extended = done(&["--local", &dir, "create", "sg", "demo-db"]);
    assert!(extended.starts_with("extended sg demo-db") && extended.contains(&worker), "{extended}");
    assert_eq!(coverage(&list(&dir)[0]), "3 of 3");
}

#[test]
fn a_dry_run_changes_nothing() {
    let (_folder, dir) = empty_demo();
    let plan = done(&["--local", &dir, "create", "vpc", "prod", "--dry-run"]);
    assert!(plan.starts_with("would create vpc prod") && plan.contains("28 interfaces"), "{plan}");
    assert_eq!(list(&dir), Vec::<Value>::new());
    done(&["--local", &dir, "create", "vpc", "prod"]);
    let plan = done(&["--local", &dir, "create", "vpc", "prod", "staging", "--dry-run", "-o", "csv"]);
    let lines: Vec<&str> = plan.lines().collect();
    assert_eq!(lines[0], "kind,resource,name,action,detail");
    assert!(lines[1].starts_with("vpc,vpc-") && lines[1].contains(",prod,unchanged,"), "{plan}");
    assert!(lines[2].contains(",staging,would_create,\"log group /fl-cli/vpc-"), "{plan}");
    let plan = done(&["--local", &dir, "delete", "all", "--dry-run", "-o", "json"]);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert_eq!((&plan[0]["action"], &plan[0]["name"]), (&json!("would_delete"), &json!("prod")));
    assert_eq!(list(&dir).len(), 1);
}

#[test]
fn what_changes_much_has_to_be_confirmed() {
    let (_folder, dir) = empty_demo();
    fails(&["--local", &dir, "create", "vpc", "*"], 2, "--yes");
    done(&["--local", &dir, "create", "vpc", "prod"]);
    fails(&["--local", &dir, "delete", "vpc", "prod"], 2, "--yes");
    fails(&["--local", &dir, "delete", "vpc"], 2, "needs an id or a name");
    fails(&["--local", &dir, "delete", "all", "prod", "--yes"], 2, "takes no selector");
    assert_eq!(list(&dir).len(), 1);
}

#[test]
fn what_matches_nothing_is_an_error_with_the_nearest_name() {
    let (_folder, dir) = empty_demo();
    fails(&["--local", &dir, "create", "vpc", "prdo"], 1, "did you mean `prod`?");
    fails(&["--local", &dir, "delete", "vpc", "prod", "--yes"], 1, "no vpc matches `prod`");
    fails(&["--local", &dir, "-e", "vpc prod"], 1, "flowlogs create vpc");
    fails(&["--local", &dir, "-e", "vpc prdo"], 1, "did you mean `prod`?");
    // Names come before ids.
    fails(&["--local", &dir, "create", "sg", "zzz"], 1, "there are `demo-pods`, `demo-sessions`, ");
    fails(&["--local", &dir, "-e", "count()"], 1, "the account has no flow log");
    fails(&["--local", &dir, "-e", "vpc | count()"], 1, "the account has no flow log of kind `vpc`");
    fails(&["--local", &dir, "-e", "eni | count()"], 1, "flowlogs create vpc");
    fails(&["--local", &dir, "create", "group", "x"], 2, "expected one of");
    fails(&["--local", &dir, "create", "vpc", "prod", "--aggregation", "61"], 2, "60 or 600");
}

#[test]
fn a_target_without_interfaces_is_an_error_before_anything_is_made() {
    let (_folder, dir) = empty_demo();
    // The shared VPC has no NAT gateway; a security group without interfaces is made here.
    let file = Path::new(&dir).join("inventory.json");
    let mut inventory: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let vpc = inventory["vpcs"][0]["id"].clone();
    let group = json!({"id": "sg-0", "name": "idle", "vpc": vpc});
    inventory["security_groups"].as_array_mut().unwrap().push(group);
    fs::write(&file, inventory.to_string()).unwrap();
    let ran = run(&["--local", &dir, "create", "sg", "idle"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("has no network interface") && ran.stderr.contains("1 of 1 failed"), "{}", ran.stderr);
    assert_eq!(list(&dir), Vec::<Value>::new());
}

#[test]
fn files_are_no_account() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.log");
    fs::write(&path, "bytes start\n1 1795434000\n").unwrap();
    let path = path.display().to_string();
    fails(&["--local", &path, "list"], 1, "not an account");
    fails(&["--local", &path, "create", "vpc", "prod"], 1, "not an account");
    fs::write(folder.path().join("inventory.json"), "{\"version\": 1,\n  \"acount\": 1}").unwrap();
    fails(&["--local", &folder.path().display().to_string(), "list"], 1, "line 2 column");
}

/// The records of a demo, read without flowlogs, as lists of their values.
fn records(dir: &str) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    for entry in fs::read_dir(Path::new(dir).join("records")).unwrap() {
        let mut text = String::new();
        let file = fs::File::open(entry.unwrap().path()).unwrap();
        flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
        records.extend(text.lines().skip(1).map(|line| line.split(' ').map(str::to_string).collect()));
    }
    records
}

#[test]
fn the_answers_of_the_demo_equal_an_independent_count() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("demo").display().to_string();
    done(&["demo", "--dir", &dir]);
    let mut records = records(&dir);
    assert!((250_000..350_000).contains(&records.len()), "{} records", records.len());
    let inventory: Value =
        serde_json::from_str(&fs::read_to_string(Path::new(&dir).join("inventory.json")).unwrap()).unwrap();
    let prod =
        inventory["vpcs"].as_array().unwrap().iter().find(|vpc| vpc["name"] == "prod").unwrap()["id"].as_str().unwrap();
    // The network goes on, so only old records are counted.
    let until = jiff::Timestamp::now().as_second() - 60 * 60;
    let from = until - 20 * 60 * 60;
    records.retain(|record| (from..=until).contains(&record[10].parse::<i64>().unwrap()));
    let utc = |second| jiff::Timestamp::from_second(second).unwrap();
    let all: Vec<&Vec<String>> = records.iter().filter(|record| record[14] == prod).collect();
    let ask = |sentence: &str| {
        let sentence = format!("vpc prod {sentence} from {} to {}", utc(from), utc(until));
        let answer = done(&["--local", &dir, "-o", "csv", "-e", &sentence]);
        answer.lines().nth(1).unwrap().to_string()
    };
    assert_eq!(ask("| count()"), all.len().to_string());
    let refused = all.iter().filter(|record| record[12] == "REJECT" && record[6] == "22").count();
    assert_eq!(ask("where reject and dst.port = 22 | count()"), refused.to_string());
    let bytes: u64 =
        all.iter().filter(|record| record[25] == "egress").map(|record| record[9].parse::<u64>().unwrap()).sum();
    assert_eq!(ask("where egress | sum(bytes)"), bytes.to_string());
    // The demo has both mistakes: the workers at the database, and the load balancer in zone b.
    assert_ne!(ask("where reject and dst.port = 5432 and src.addr in 10.0.0.0/8 | count()"), "0");
    assert_ne!(ask("where reject and dst.port = 8080 and src.addr in 10.0.1.0/24 | count()"), "0");
}

/// Two web servers and a database; a record of each direction, by hand.
const SMALL: &str = r#"{"version": 1, "account": "123456789012", "region": "eu-west-1",
  "vpcs": [{"id": "vpc-1", "name": "one", "cidrs": ["10.0.0.0/16"]}],
  "subnets": [{"id": "subnet-1", "vpc": "vpc-1", "cidr": "10.0.0.0/24", "az": "euw1-az1"}],
  "interfaces": [
    {"id": "eni-1", "kind": "instance", "name": "web", "vpc": "vpc-1", "subnet": "subnet-1", "addresses": ["10.0.0.11"]},
    {"id": "eni-2", "kind": "instance", "name": "web", "vpc": "vpc-1", "subnet": "subnet-1", "addresses": ["10.0.0.12"]},
    {"id": "eni-3", "kind": "rds", "name": "db", "vpc": "vpc-1", "subnet": "subnet-1", "addresses": ["10.0.0.13"]}]}"#;

#[test]
fn names_are_joined_from_the_inventory_and_groups_of_one_name_are_merged() {
    let folder = TempDir::new().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let inventory = SMALL
        .replace("\"name\": \"db\",", "\"name\": \"db\", \"security_groups\": [\"sg-1\"],")
        .replace("\"addresses\": [\"10.0.0.11\"]", "\"addresses\": [\"10.0.0.11\"], \"owner\": \"i-1\"")
        .replace("\"addresses\": [\"10.0.0.12\"]", "\"addresses\": [\"10.0.0.12\"], \"owner\": \"i-2\"")
        .replace(
            "\"interfaces\": [",
            "\"security_groups\": [{\"id\": \"sg-1\", \"name\": \"lone\", \"vpc\": \"vpc-1\"}],
            \"instances\": [{\"id\": \"i-1\", \"name\": \"web\", \"vpc\": \"vpc-1\"},
                          {\"id\": \"i-2\", \"name\": \"web\", \"vpc\": \"vpc-1\"}],
            \"interfaces\": [",
        );
    fs::write(folder.path().join("inventory.json"), inventory).unwrap();
    fs::create_dir(folder.path().join("records")).unwrap();
    let lines = [
        format!("eni-1 egress 10.0.0.11 10.0.0.13 100 {} OK", now - 60),
        format!("eni-2 egress 10.0.0.12 10.0.0.13 20 {} OK", now - 50),
        format!("eni-3 ingress 10.0.0.12 10.0.0.13 20 {} OK", now - 45),
        format!("eni-2 ingress 198.51.100.1 10.0.0.12 7 {} OK", now - 40),
    ];
    let header = "interface-id flow-direction srcaddr dstaddr bytes start log-status";
    fs::write(folder.path().join("records/x.log"), format!("{header}\n{}\n", lines.join("\n"))).unwrap();
    let dir = folder.path().display().to_string();
    done(&["--local", &dir, "create", "vpc", "one"]);
    let ask = |sentence: &str| done(&["--local", &dir, "-o", "csv", "-e", sentence]);
    // Worked out by hand.
    assert_eq!(
        ask("vpc one | show bytes, local.name, remote.name"),
        "bytes,local_name,remote_name\n7,web,\n20,db,web\n20,web,db\n100,web,db\n"
    );
    assert_eq!(
        ask("vpc one | sum(bytes) as total, count() by local.name, remote.name"),
        "local_name,remote_name,total,count\nweb,db,120,2\ndb,web,20,1\nweb,,7,1\n"
    );
    let pretty = done(&["--local", &dir, "-o", "ndjson", "query", "vpc", "one", "--pretty", "--limit", "1"]);
    let pretty: Value = serde_json::from_str(&pretty).unwrap();
    assert_eq!(
        (&pretty["local_name"], &pretty["remote_name"], &pretty["bytes"]),
        (&"web".into(), &Value::Null, &7.into())
    );
    assert_eq!(ask("vpc one | top 1 remote.name by bytes"), "remote_name,bytes\ndb,120\n");
    assert_eq!(
        ask("vpc one | avg(bytes) as mean by remote.name | where mean > 10"),
        "remote_name,mean\ndb,60\nweb,20\n"
    );
    assert_eq!(
        ask("vpc one | show local.name, local.type, bytes | sort local.name asc, bytes asc"),
        "local_name,local_type,bytes\ndb,rds,20\nweb,instance,7\nweb,instance,20\nweb,instance,100\n"
    );

    // The same records without the account: the inventory alone provides names and targets.
    let (records, inventory) = (format!("{dir}/records"), format!("{dir}/inventory.json"));
    let apart = |sentence: &str| done(&["--local", &records, "--inventory", &inventory, "-o", "csv", "-e", sentence]);
    assert_eq!(apart("vpc one | show bytes, remote.name | limit 2"), "bytes,remote_name\n7,\n20,web\n");
    assert_eq!(apart("instance web | count()"), "count\n3\n");
    assert_eq!(apart("instance i-2 | count()"), "count\n2\n");
    assert_eq!(apart("sg lone | sum(bytes)"), "sum_bytes\n20\n");
    assert_eq!(apart("sg lone, eni eni-1 | sum(bytes)"), "sum_bytes\n120\n");
    let with = ["--local", &records, "--inventory", &inventory];
    fails(&[&with[..], &["-e", "instance wbe"]].concat(), 1, "did you mean `web`?");
    let created = run(&[&with[..], &["create", "vpc", "one"]].concat());
    assert!(created.code == Some(1) && created.stdout.contains("not an account"), "{}", created.stdout);
    fails(&["--local", &records, "-e", "sg lone"], 1, "--inventory FILE");
    fails(&["--local", &records, "-e", "show local.name"], 1, "--inventory FILE");
    fails(&["--local", &dir, "--inventory", &inventory, "-e", "all"], 1, "an inventory of its own");
}

/// Two VPCs with equal networks, a third one, and a record of an interface of each.
#[test]
fn an_address_is_named_in_the_vpc_of_the_interface_that_recorded_it() {
    let folder = TempDir::new().unwrap();
    let interface = |id: &str, name: &str, vpc: &str, address: &str| {
        json!({"id": id, "kind": "instance", "name": name, "vpc": vpc, "subnet": format!("subnet-of-{vpc}"),
               "addresses": [address]})
    };
    let mut proxy = interface("eni-5", "proxy", "vpc-3", "10.9.0.1");
    proxy["public_addresses"] = json!(["203.0.113.7"]);
    proxy["prefixes"] = json!(["10.9.1.0/28"]);
    let vpcs = [("vpc-1", "10.0.0.0/16"), ("vpc-2", "10.0.0.0/16"), ("vpc-3", "10.9.0.0/16")];
    let inventory = json!({
        "version": 1, "account": "123456789012", "region": "eu-west-1",
        "vpcs": vpcs.map(|(id, cidr)| json!({"id": id, "cidrs": [cidr]})),
        "subnets": vpcs.map(|(id, cidr)| json!({"id": format!("subnet-of-{id}"), "vpc": id, "cidr": cidr, "az": "a"})),
        "interfaces": [
            interface("eni-1", "front", "vpc-1", "10.0.0.1"), interface("eni-2", "web", "vpc-1", "10.0.0.2"),
            interface("eni-3", "cache", "vpc-2", "10.0.0.1"), interface("eni-4", "db", "vpc-2", "10.0.0.2"), proxy]
    });
    fs::write(folder.path().join("inventory.json"), inventory.to_string()).unwrap();
    fs::create_dir(folder.path().join("records")).unwrap();
    let now = jiff::Timestamp::now().as_second();
    let records = [
        ("eni-1", "10.0.0.2"),
        ("eni-3", "10.0.0.2"),
        ("eni-5", "10.0.0.2"),
        ("eni-gone", "10.0.0.2"),
        ("eni-1", "203.0.113.7"),
        ("eni-3", "10.9.1.9"),
        ("eni-3", "10.9.1.16"),
    ];
    let lines = records
        .iter()
        .zip(1..)
        .map(|((id, far), number)| format!("{id} egress 10.0.0.1 {far} {number} {} OK\n", now - 60));
    let header = "interface-id flow-direction srcaddr dstaddr bytes start log-status\n";
    fs::write(folder.path().join("records/x.log"), header.to_string() + &lines.collect::<String>()).unwrap();
    let dir = folder.path().display().to_string();
    // Worked out by hand.
    let shown = "bytes,remote_name\n1,web\n2,db\n3,\n4,\n5,proxy\n6,proxy\n7,\n";
    let (records, inventory) = (format!("{dir}/records"), format!("{dir}/inventory.json"));
    let sentence = "all | show bytes, remote.name | sort bytes asc";
    assert_eq!(done(&["--local", &records, "--inventory", &inventory, "-o", "csv", "-e", sentence]), shown);
    assert_eq!(
        done(&["--local", &records, "--inventory", &inventory, "-o", "csv", "-e", "all | count() by remote.name"]),
        "remote_name,count\n,3\nproxy,2\ndb,1\nweb,1\n"
    );
    // The account knows no record of an interface that is gone.
    for vpc in ["vpc-1", "vpc-2", "vpc-3"] {
        done(&["--local", &dir, "create", "vpc", vpc]);
    }
    assert_eq!(done(&["--local", &dir, "-o", "csv", "-e", sentence]), shown.replace("4,\n", ""));
}

#[test]
fn an_instance_is_meant_by_its_id_and_logged_by_its_name() {
    let (_folder, dir) = empty_demo();
    let inventory: Value = serde_json::from_str(&done(&["--local", &dir, "inventory"])).unwrap();
    let ids = |name: &str| -> Vec<String> {
        let instances = inventory["instances"].as_array().unwrap().iter();
        instances.filter(|one| one["name"] == name).map(|one| one["id"].as_str().unwrap().to_string()).collect()
    };
    let (web, api) = (ids("web"), ids("api"));
    fails(&["--local", &dir, "create", "instance", &web[0], &api[0]], 1, "is `api`");
    let created = done(&["--local", &dir, "create", "instance", &web[0]]);
    assert!(created.starts_with("created instance web:"), "{created}");
    // The network goes on, so only old records are counted.
    let now = jiff::Timestamp::now().as_second();
    let [from, until] = [55, 30].map(|minutes| jiff::Timestamp::from_second(now - minutes * 60).unwrap());
    let count = |target: &str| -> u64 {
        let sentence = format!("{target} | count() from {from} to {until}");
        let answer = done(&["--local", &dir, "-o", "csv", "-e", &sentence]);
        answer.lines().nth(1).unwrap().parse().unwrap()
    };
    let each: u64 = web.iter().map(|id| count(&format!("instance {id}"))).sum();
    assert!(each > 0);
    assert_eq!(each, count("instance web"));
    fails(&["--local", &dir, "-e", &format!("instance {}", api[0])], 1, "has no flow log");
}

/// Instances `web` in two VPCs, with an interface and a record each: the second record has twice the bytes.
fn two_webs() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let instance = |id: &str, vpc: &str| json!({"id": id, "name": "web", "vpc": vpc});
    let interface = |id: &str, vpc: &str, owner: &str| {
        json!({"id": id, "kind": "instance", "name": "web", "vpc": vpc, "subnet": format!("subnet-of-{vpc}"),
               "addresses": [], "owner": owner})
    };
    let subnet = |vpc: &str| json!({"id": format!("subnet-of-{vpc}"), "vpc": vpc, "cidr": "10.0.0.0/24", "az": "a"});
    let vpcs = ["vpc-1", "vpc-2"];
    let inventory = json!({
        "version": 1, "account": "123456789012", "region": "eu-west-1",
        "vpcs": vpcs.map(|id| json!({"id": id, "cidrs": ["10.0.0.0/16"]})),
        "subnets": vpcs.map(subnet),
        "instances": [instance("i-1", "vpc-1"), instance("i-2", "vpc-1"), instance("i-3", "vpc-2")],
        "interfaces": [
            interface("eni-1", "vpc-1", "i-1"), interface("eni-2", "vpc-1", "i-2"), interface("eni-3", "vpc-2", "i-3")]
    });
    fs::write(folder.path().join("inventory.json"), inventory.to_string()).unwrap();
    fs::create_dir(folder.path().join("records")).unwrap();
    let time = jiff::Timestamp::now().as_second() - 60;
    let lines = format!("eni-1 1 {time} OK\neni-2 2 {time} OK\neni-3 4 {time} OK\n");
    fs::write(folder.path().join("records/x.log"), format!("interface-id bytes start log-status\n{lines}")).unwrap();
    let dir = folder.path().display().to_string();
    (folder, dir)
}

#[test]
fn instances_of_one_name_are_created_for_one_vpc_and_queried_in_all() {
    let (_folder, dir) = two_webs();
    let local = ["--local", dir.as_str()];
    let run = |args: &[&str]| run(&[&local, args].concat());
    let sum = |sentence: &str| run(&["-o", "csv", "-e", &format!("{sentence} | sum(bytes)")]).done();
    run(&["create", "instance", "web"]).fails(1, "`i-1`, `i-2` in vpc-1; `i-3` in vpc-2");
    run(&["create", "instance", "web"]).fails(1, "`create instance i-1`");
    run(&["create", "instance", "i-1", "i-3"]).fails(1, "i-1 is `web` in vpc-1, i-3 is `web` in vpc-2");
    assert_eq!(list(&dir), Vec::<Value>::new());

    let created = run(&["create", "instance", "i-2"]).done();
    assert!(created.contains("log group /fl-cli/instance-web-vpc-1, 2 interfaces"), "{created}");
    assert_eq!(coverage(&list(&dir)[0]), "2 of 2");
    assert_eq!(sum("instance web"), "sum_bytes\n3\n");
    assert!(run(&["create", "instance", "i-1"]).done().starts_with("unchanged"));
    let created = run(&["create", "instance", "i-3"]).done();
    assert!(created.contains("log group /fl-cli/instance-web-vpc-2, 1 interface"), "{created}");
    assert_eq!(sum("instance web"), "sum_bytes\n7\n");
    assert_eq!(sum("instance i-3"), "sum_bytes\n4\n");
    assert_eq!(run(&["doctor"]).done(), "nothing is wrong\n");
    run(&["delete", "instance", "web"]).fails(2, "instance web in vpc-1, instance web in vpc-2");
    run(&["delete", "instance", "/fl-cli/instance-web-vpc-2", "--yes"]).done();
    assert_eq!(sum("instance web"), "sum_bytes\n3\n");
}

#[test]
fn a_script_deletes_what_it_created_and_not_its_namesake_in_another_vpc_or_account() {
    let (_folder, dir) = two_webs();
    let script = |text: &str| run(&["--local", &dir, "-e", text]);
    let groups = |dir: &str| -> Vec<String> {
        list(dir).iter().map(|listed| listed["log_group"].as_str().unwrap().to_string()).collect()
    };
    done(&["--local", &dir, "create", "instance", "i-1"]);
    script("let made = create(\"instance\", \"i-3\"); for one in delete(made) { print(one.action); }").done();
    assert_eq!(groups(&dir), ["/fl-cli/instance-web-vpc-1"]);
    let unasked = "create(\"instance\", \"i-3\"); delete(list(\"instance\").filter(|one| one.vpc == \"vpc-1\"))";
    script(unasked).fails(1, "`--yes` confirms beforehand");
    assert_eq!(groups(&dir), ["/fl-cli/instance-web-vpc-1", "/fl-cli/instance-web-vpc-2"]);
    // The flow log of the other account has the same resource.
    let (_other_folder, other) = two_webs();
    done(&["--local", &other, "create", "instance", "i-1"]);
    done(&["--local", &dir, "delete", "all", "--yes"]);
    let moved = ["create(\"instance\", \"i-1\")", &format!(".open {other}"), "delete(list(\"instance\"))"];
    run(&["--local", &dir, "-e", moved[0], "-e", moved[1], "-e", moved[2]]).fails(1, "`--yes` confirms beforehand");
    assert_eq!(groups(&other), ["/fl-cli/instance-web-vpc-1"]);
}

#[test]
fn a_flow_log_from_before_the_name_was_in_two_vpcs_stays_that_of_its_own() {
    let (folder, dir) = two_webs();
    let file = folder.path().join("inventory.json");
    let both = fs::read_to_string(&file).unwrap();
    let mut first: Value = serde_json::from_str(&both).unwrap();
    first["instances"].as_array_mut().unwrap().pop();
    first["interfaces"].as_array_mut().unwrap().pop();
    fs::write(&file, first.to_string()).unwrap();
    let created = done(&["--local", &dir, "create", "instance", "web"]);
    assert!(created.contains("log group /fl-cli/instance-web, "), "{created}");

    fs::write(&file, both).unwrap();
    assert_eq!(done(&["--local", &dir, "doctor"]), "nothing is wrong\n");
    assert!(done(&["--local", &dir, "create", "instance", "i-1"]).starts_with("unchanged"));
    let created = done(&["--local", &dir, "create", "instance", "i-3"]);
    assert!(created.contains("log group /fl-cli/instance-web-vpc-2, "), "{created}");
    let groups: Vec<String> = list(&dir).iter().map(|one| one["log_group"].as_str().unwrap().into()).collect();
    assert_eq!(groups, ["/fl-cli/instance-web", "/fl-cli/instance-web-vpc-2"]);
}

#[test]
fn the_doctor_finds_and_mends() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("inventory.json");
    let with_groups = SMALL.replace(
        "\"interfaces\": [",
        "\"security_groups\": [{\"id\": \"sg-1\", \"name\": \"web\", \"vpc\": \"vpc-1\"}], \"interfaces\": [",
    );
    let member = |text: &str, id: &str| {
        text.replace(&format!("\"id\": \"{id}\","), &format!("\"id\": \"{id}\", \"security_groups\": [\"sg-1\"],"))
    };
    fs::write(&file, member(&with_groups, "eni-1")).unwrap();
    fs::create_dir(folder.path().join("records")).unwrap();
    let dir = folder.path().display().to_string();
    done(&["--local", &dir, "create", "sg", "web"]);
    assert_eq!(done(&["--local", &dir, "doctor"]), "nothing is wrong\n");

    // An interface joins, and a change is interrupted.
    fs::write(&file, member(&member(&with_groups, "eni-1"), "eni-2")).unwrap();
    fs::write(folder.path().join("flow-logs.json.new"), "{").unwrap();
    let found = run(&["--local", &dir, "doctor"]);
    assert_eq!(found.code, Some(1));
    assert!(
        found.stdout.contains("1 of 2 interfaces are not covered") && found.stdout.contains("interrupted"),
        "{}",
        found.stdout
    );
    fails(&["--local", &dir, "doctor", "--fix"], 2, "--yes");
    done(&["--local", &dir, "doctor", "--fix", "--yes"]);
    assert_eq!(done(&["--local", &dir, "doctor"]), "nothing is wrong\n");
    assert_eq!(coverage(&list(&dir)[0]), "2 of 2");

    // Records of an unknown interface, while another process holds the account.
    fs::write(
        folder.path().join("records/x.log"),
        "interface-id bytes start log-status\neni-1 1 1 OK\neni-9 1 1 OK\neni-1 - 1 NODATA\n",
    )
    .unwrap();
    let lock = fs::File::create(folder.path().join("flow-logs.lock")).unwrap();
    lock.lock().unwrap();
    let found = run(&["--local", &dir, "doctor"]);
    assert_eq!(found.code, Some(1));
    assert!(found.stdout.contains("another process holds the lock"), "{}", found.stdout);
    assert!(found.stdout.contains("eni-9 has records") && !found.stdout.contains("eni-1 has"), "{}", found.stdout);
    drop(lock);
    fs::remove_file(folder.path().join("records/x.log")).unwrap();
    assert_eq!(done(&["--local", &dir, "doctor"]), "nothing is wrong\n");

    // The group goes away.
    fs::write(&file, SMALL).unwrap();
    let found = run(&["--local", &dir, "doctor", "-o", "json"]);
    assert_eq!(found.code, Some(1));
    assert!(found.stdout.contains("there is no such resource"), "{}", found.stdout);
    done(&["--local", &dir, "doctor", "--fix", "--yes"]);
    assert_eq!(list(&dir), Vec::<Value>::new());
    let printed: Value = serde_json::from_str(&done(&["--local", &dir, "inventory"])).unwrap();
    assert_eq!(printed["interfaces"].as_array().unwrap().len(), 3);
}

#[test]
fn a_flow_log_that_expired_is_found_and_deleted_and_its_records_stay() {
    let (folder, dir) = empty_demo();
    let created = done(&["--local", &dir, "create", "vpc", "prod", "--for", "2h"]);
    assert!(created.contains("it expires at 20"), "{created}");
    let until = list(&dir)[0]["expires"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let left = until.as_second() - jiff::Timestamp::now().as_second();
    assert!((7_100..=7_200).contains(&left), "{left}");
    assert_eq!(done(&["--local", &dir, "doctor"]), "nothing is wrong\n");
    done(&["--local", &dir, "delete", "all", "--yes"]);

    done(&["--local", &dir, "create", "vpc", "prod", "--for", "1s"]);
    done(&["--local", &dir, "create", "vpc", "staging"]);
    std::thread::sleep(Duration::from_secs(2));
    let found = run(&["--local", &dir, "doctor"]);
    assert_eq!(found.stdout.matches("it expired at 20").count(), 1, "{}", found.stdout);
    assert_eq!(found.code, Some(1));
    let size =
        |dir: &Path| -> u64 { fs::read_dir(dir).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum() };
    let records = folder.path().join("demo/records");
    let before = size(&records);
    done(&["--local", &dir, "doctor", "--fix", "--yes"]);
    let listed = list(&dir);
    assert_eq!((listed.len(), &listed[0]["name"]), (1, &json!("staging")));
    // The demo goes on, and adds records.
    assert!(size(&records) >= before);
    fails(&["--local", &dir, "-e", "vpc prod | count()"], 1, "has no flow log");

    // The script clears away expired flow logs, as the doctor does.
    done(&["--local", &dir, "create", "vpc", "prod", "--for", "1s"]);
    std::thread::sleep(Duration::from_secs(2));
    let cleanup = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/cleanup.rhai");
    done(&["--local", &dir, "--yes", "run", cleanup]);
    assert!(list(&dir).iter().all(|flow_log| flow_log["name"] != "prod"));
}

#[test]
fn two_processes_at_once_lose_nothing() {
    let (_folder, dir) = empty_demo();
    let children: Vec<_> = ["prod", "staging", "shared"]
        .into_iter()
        .map(|name| command(&["--local", &dir, "create", "vpc", name]).stdout(Stdio::null()).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(list(&dir).len(), 3);
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_state_or_the_new_one() {
    let (_folder, dir) = empty_demo();
    done(&["--local", &dir, "create", "vpc", "prod"]);
    for round in 0..200_u64 {
        let args: &[&str] =
            if round % 2 == 0 { &["create", "sg", "demo-web"] } else { &["delete", "sg", "demo-web", "--yes"] };
        let mut child = command(&[&["--local", &dir][..], args].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From before it starts to after it ends, in uneven steps.
        std::thread::sleep(Duration::from_micros(round * 7_919 % 40_000));
        let _ = child.kill();
        let _ = child.wait();
        let text = fs::read_to_string(Path::new(&dir).join("flow-logs.json")).unwrap();
        let state: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("round {round}: {error}: {text}"));
        let count = state["flow_logs"].as_array().unwrap().len();
        assert!((1..=2).contains(&count), "round {round}: {text}");
    }
    // The account still works; at most an unfinished file is left over.
    done(&["--local", &dir, "create", "sg", "demo-web"]);
    assert_eq!(list(&dir).len(), 2);
    done(&["--local", &dir, "doctor", "--fix", "--yes"]);
    assert_eq!(done(&["--local", &dir, "doctor"]), "nothing is wrong\n");
    assert_eq!(list(&dir).len(), 2);
}

#[test]
fn the_network_of_the_demo_account_goes_on() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("demo").display().to_string();
    done(&["demo", "--dir", &dir]);
    // As if it had been made a day ago: it has only its oldest records.
    let mut slots: Vec<_> =
        fs::read_dir(Path::new(&dir).join("records")).unwrap().map(|slot| slot.unwrap().path()).collect();
    slots.sort();
    slots[1..].iter().for_each(|slot| fs::remove_file(slot).unwrap());
    let counted = done(&["--local", &dir, "-o", "csv", "-e", "all last 10m | count()"]);
    let count: u32 = counted.lines().nth(1).unwrap().parse().unwrap();
    assert!(count > 500, "{counted}");
}

#[test]
fn a_demo_is_not_made_in_a_folder_of_somebody_else() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().display().to_string();
    let refused = |found: &str| {
        let before = files(folder.path());
        let ran = run(&["demo", "--dir", &dir, "-e", "all | count()"]);
        assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
        assert!(
            ran.stderr.contains(&format!("is not the folder of a demo account: it has `{found}` already")),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains("name a folder that is empty"), "{}", ran.stderr);
        assert_eq!(files(folder.path()), before);
    };
    std::fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    refused("letter.txt");
    for inventory in [
        r#"{"version": 1, "account": "123456789012", "region": "eu-west-1"}"#,
        r#"{"version": 1, "account": "1", "region": "x", "vpcs": [{"id": "vpc-1", "cidrs": []}]}"#,
        "not JSON",
    ] {
        std::fs::write(folder.path().join("inventory.json"), inventory).unwrap();
        refused("inventory.json");
    }
    // A demo is brought up to now, even one that an earlier version made with other resources.
    let own = TempDir::new().unwrap();
    let dir = own.path().display().to_string();
    done(&["demo", "--dir", &dir, "-e", "vpc prod | count()"]);
    let file = own.path().join("inventory.json");
    let mut inventory: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    inventory["instances"] = serde_json::json!([]);
    inventory["interfaces"] = serde_json::json!([]);
    std::fs::write(&file, inventory.to_string()).unwrap();
    done(&["demo", "--dir", &dir, "-e", "vpc prod | count()"]);
    assert!(std::fs::read_to_string(&file).unwrap().contains("demo-db"));
}

/// Each file below a folder, with its text.
fn files(folder: &std::path::Path) -> Vec<(std::ffi::OsString, String)> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let mut files: Vec<_> =
        entries.map(|file| (file.file_name(), std::fs::read_to_string(file.path()).unwrap_or_default())).collect();
    files.sort();
    files
}

/// An embedded account with a transit gateway, two attachments, a regional NAT gateway and an instance. Each record has
/// a power of two as its bytes.
#[test]
fn gateways_are_logged_and_asked_in_an_embedded_account_too() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().display().to_string();
    let inventory = json!({
        "version": 1, "account": "123456789012", "region": "eu-west-1",
        "vpcs": [{"id": "vpc-1", "name": "prod", "cidrs": ["10.0.0.0/16"]}],
        "subnets": [{"id": "subnet-1", "vpc": "vpc-1", "cidr": "10.0.0.0/24", "az": "a"}],
        "nat_gateways": [{"id": "nat-1", "name": "out", "vpc": "vpc-1", "regional": true}],
        "gateway_endpoints": [{"id": "vpce-1", "name": "s3", "vpc": "vpc-1", "service": "com.amazonaws.eu-west-1.s3"}],
        "transit_gateways": [{"id": "tgw-1", "name": "core"}],
        "transit_gateway_attachments": [
            {"id": "tgw-attach-1", "name": "to-prod", "transit_gateway": "tgw-1", "kind": "vpc", "resource": "vpc-1"},
            {"id": "tgw-attach-2", "transit_gateway": "tgw-1", "kind": "vpn"}
        ],
        "interfaces": [{"id": "eni-1", "kind": "other", "vpc": "vpc-1", "subnet": "subnet-1", "addresses": []}]
    });
    fs::write(folder.path().join("inventory.json"), inventory.to_string()).unwrap();
    fs::create_dir(folder.path().join("records")).unwrap();
    let now = jiff::Timestamp::now().as_second() - 60;
    let lines = [
        ("eni-1 - - -", 1),
        ("- nat-1 - -", 2),
        ("- - tgw-1 tgw-attach-1", 4),
        ("- - tgw-1 tgw-attach-2", 8),
        ("- - tgw-9 tgw-attach-9", 16),
    ]
    .map(|(ids, bytes)| format!("{ids} {bytes} {now} {now} OK\n"));
    let header = "interface-id resource-id tgw-id tgw-attachment-id bytes start end log-status\n";
    let records = [header, &lines.concat()].concat();
    fs::write(folder.path().join("records/all.log"), records).unwrap();
    let local = |args: &[&str]| run(&[&["--local", &dir], args].concat());
    let sum = |target: &str| local(&["--quiet", "-o", "csv", "-e", &format!("{target} | sum(bytes)")]);
    for (kind, name) in [("vpc", "prod"), ("nat", "out"), ("tgw", "core"), ("tgw-attachment", "to-prod")] {
        let created = local(&["create", kind, name]).done();
        let covers = if kind == "vpc" { "1 interface" } else { "all its traffic" };
        assert!(created.starts_with(&format!("created {kind} {name}")) && created.contains(covers), "{created}");
    }
    for (target, bytes) in [
        ("vpc prod", 1 + 2),
        ("nat out", 2),
        ("tgw core", 4 + 8),
        ("tgw", 4 + 8),
        ("tgw-attachment to-prod", 4),
        ("tgw-attachment \"tgw-attach-*\"", 4 + 8),
        ("tgw core, vpc prod", 1 + 2 + 4 + 8),
        ("all", 1 + 2),
        ("eni", 1),
    ] {
        let ran = sum(target);
        assert_eq!(ran.stdout, format!("sum_bytes\n{bytes}\n"), "{target}: {}", ran.stderr);
    }
    assert_eq!(local(&["doctor"]).done(), "nothing is wrong\n");
    let refused = local(&["create", "tgw", "core", "--traffic", "all"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("their records have no action"), "{}", refused.stderr);
    for command in [&["create", "endpoint", "s3"][..], &["-e", "endpoint s3 | count()"]] {
        let ran = local(command);
        assert!(ran.stderr.contains("endpoint s3 (vpce-1) is a gateway endpoint"), "{command:?}: {}", ran.stderr);
        assert_eq!(ran.code, Some(1));
    }
    local(&["delete", "tgw", "core", "--yes"]).done();
    let listed: Vec<Value> = serde_json::from_str(&local(&["list", "-o", "json"]).done()).unwrap();
    let kinds: Vec<&str> = listed.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["vpc", "nat", "tgw-attachment"]);
}
