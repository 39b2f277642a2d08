//! Tests of what values belong to: resources as sides, names, the user's own networks, lists in files, saved sentences.
#![cfg(all(unix, feature = "local"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod program;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use program::Ran;

/// Two VPCs with the same network: a web server and a database in each, and an office behind a public address.
const INVENTORY: &str = r#"{"version": 1, "account": "123456789012", "region": "eu-west-1",
  "vpcs": [{"id": "vpc-1", "name": "one", "cidrs": ["10.0.0.0/16"]}, {"id": "vpc-2", "name": "two", "cidrs": ["10.0.0.0/16"]}],
  "subnets": [{"id": "subnet-1", "vpc": "vpc-1", "cidr": "10.0.0.0/24", "az": "a"},
              {"id": "subnet-2", "vpc": "vpc-2", "cidr": "10.0.0.0/24", "az": "a"}],
  "security_groups": [{"id": "sg-1", "name": "web", "vpc": "vpc-1"}, {"id": "sg-2", "name": "db", "vpc": "vpc-1"},
                      {"id": "sg-3", "name": "web", "vpc": "vpc-2"}],
  "prefix_lists": [{"id": "pl-1", "name": "corp", "cidrs": ["198.51.100.0/25"]}],
  "interfaces": [
    {"id": "eni-1", "kind": "instance", "name": "web-1", "vpc": "vpc-1", "subnet": "subnet-1", "addresses": ["10.0.0.1"],
     "security_groups": ["sg-1"]},
    {"id": "eni-2", "kind": "rds", "name": "orders", "vpc": "vpc-1", "subnet": "subnet-1", "addresses": ["10.0.0.2"],
     "security_groups": ["sg-2"]},
    {"id": "eni-3", "kind": "instance", "name": "web-2", "vpc": "vpc-2", "subnet": "subnet-2", "addresses": ["10.0.0.2"],
     "security_groups": ["sg-3"]}]}"#;

const CONFIG: &str = r#"
[filters]
ssh = "dst.port = 22"
[sentences]
talk = "where dst.port = $port | show bytes"
old = "show bytes last 1h"
again = "@talk"
loop = "@pool"
pool = "@loop"
broken = "where bites > 1"
[networks]
office = ["198.51.100.0/24", "203.0.113.9"]
old-office = "10.200.0.7/24"
empty = []
[lists]
bad = "bad.txt"
"#;

/// The interface, both addresses, the port, the bytes.
const RECORDS: [(&str, &str, &str, u16, u32); 6] = [
    ("eni-1", "10.0.0.1", "10.0.0.2", 5432, 1),
    ("eni-3", "10.0.0.1", "10.0.0.2", 5432, 2),
    ("eni-1", "198.51.100.7", "10.0.0.1", 22, 4),
    ("eni-2", "198.51.100.200", "10.0.0.2", 22, 8),
    ("eni-3", "203.0.113.9", "10.0.0.2", 443, 16),
    ("eni-1", "192.0.2.1", "10.0.0.1", 443, 32),
];

struct Network {
    folder: TempDir,
}

impl Network {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        file("inventory.json", INVENTORY);
        file("config.toml", CONFIG);
        file("bad.txt", "# scanners\n192.0.2.0/24\n203.0.113.9 # one address\n");
        file("ports.txt", "ssh\n443\n");
        let line = |(eni, src, dst, port, bytes): &(&str, &str, &str, u16, u32)| {
            format!("{eni} {src} {dst} 50000 {port} 6 {bytes} ingress 1795434000 OK\n")
        };
        let header = "interface-id srcaddr dstaddr srcport dstport protocol bytes flow-direction start log-status\n";
        fs::create_dir(folder.path().join("records")).unwrap();
        file("records/x.log", &(header.to_string() + &RECORDS.iter().map(line).collect::<String>()));
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
        command.env_clear().env("TZ", "UTC").env("HOME", "/nonexistent").stdin(Stdio::null());
        command.current_dir(self.folder.path()).arg("--config").arg(self.path("config.toml"));
        command.arg("--local").arg(self.path("records")).args(args);
        command
    }

    /// Runs a sentence with the inventory.
    fn ask(&self, sentence: &str) -> Ran {
        Ran::of(self.command(&["-q", "-o", "csv", "-e", sentence]).arg("--inventory").arg(self.path("inventory.json")))
    }

    /// The sum of the bytes of the records that pass. Each record has a power of two, so the sum tells which ones.
    #[track_caller]
    fn bytes(&self, test: &str) -> u32 {
        let answer = self.ask(&format!("where {test} | show bytes")).done();
        answer.lines().skip(1).map(|line| line.parse::<u32>().unwrap()).sum()
    }
}

#[test]
fn a_side_is_a_resource_of_the_interfaces_own_vpc() {
    let network = Network::new();
    // Worked out by hand.
    for (test, bytes) in [
        ("src sg web", 1),
        ("dst sg db", 1 + 8),
        ("dst sg web", 2 + 4 + 16 + 32),
        ("dst sg (db, sg-1)", 1 + 4 + 8 + 32),
        ("src sg web and dst sg db", 1),
        ("local vpc two", 2 + 16),
        ("local sg web", 1 + 2 + 4 + 16 + 32),
        ("dst vpc one", 1 + 4 + 8 + 32),
        ("dst subnet subnet-2", 2 + 16),
        ("remote vpc", 1 + 2),
        ("not remote vpc", 4 + 8 + 16 + 32),
        ("dst eni eni-2", 1 + 8),
        ("src prefix-list corp", 4),
        ("not src prefix-list", 1 + 2 + 8 + 16 + 32),
        ("src network office", 4 + 8 + 16),
        ("local network office", 0),
        ("src network \"off*\"", 4 + 8 + 16),
    ] {
        assert_eq!(network.bytes(test), bytes, "{test}");
    }
    network.ask("where src sg wbe").fails(1, "did you mean `web`?");
    network.ask("where src prefix-list corpp").fails(1, "did you mean `corp`?");
    let wrong = network.ask("where src network (office, offce)");
    assert!(
        wrong.stderr.lines().any(|line| line
            .ends_with("                          ^^^^^ expected a name under `[networks]` in the config file")),
        "{}",
        wrong.stderr
    );
    wrong.fails(2, "did you mean `office`?");
    network.ask("where local prefix-list corp").fails(2, "`remote prefix-list`");
    let without = |sentence: &str| Ran::of(&mut network.command(&["-q", "-o", "csv", "-e", sentence]));
    assert_eq!(without("where src network office | count()").done(), "count\n3\n");
    without("where src sg web").fails(1, "--inventory FILE");
}

#[test]
fn a_name_is_tested_as_it_is_shown() {
    let network = Network::new();
    for (test, bytes) in [
        ("dst.name = orders", 1 + 8),
        ("dst.name = web-2", 2 + 16),
        ("src.name like \"web-*\"", 1),
        ("not dst.name = orders", 2 + 4 + 16 + 32),
        ("dst.name != orders", 2 + 4 + 16 + 32),
        ("remote.name exists", 1 + 4 + 8 + 16),
        ("not remote.name exists", 2 + 32),
        ("remote.name = office", 4 + 8 + 16),
        ("local.type = rds", 8),
        ("client.name = web-1 and server.name = orders", 1),
    ] {
        assert_eq!(network.bytes(test), bytes, "{test}");
    }
    let named = network.ask("sum(bytes) by src.name, dst.name").done();
    let expected = "src_name,dst_name,sum_bytes\n,web-1,32\noffice,web-2,16\noffice,orders,8\noffice,web-1,4\n,web-2,2\nweb-1,orders,1\n";
    assert_eq!(named, expected);
}

#[test]
fn a_list_is_read_from_its_file() {
    let network = Network::new();
    for (test, bytes) in [
        ("src.addr in @bad", 16 + 32),
        ("src.addr not in @bad", 1 + 2 + 4 + 8),
        ("addr in @bad", 16 + 32),
        ("remote.addr in file \"bad.txt\"", 16 + 32),
        ("dst.port in file \"ports.txt\"", 4 + 8 + 16 + 32),
        ("not dst.port in file \"ports.txt\"", 1 + 2),
    ] {
        assert_eq!(network.bytes(test), bytes, "{test}");
    }
    fs::write(network.path("wrong.txt"), "10.0.0.1\nsecret\n").unwrap();
    let wrong = network.ask("where src.addr in file \"wrong.txt\"");
    assert!(
        wrong.stderr.contains("line 2: expected an address") && !wrong.stderr.contains("secret"),
        "{}",
        wrong.stderr
    );
    network.ask("where src.addr in file \"none.txt\"").fails(1, "cannot read the list (`none.txt`)");
    network.ask("where src.addr in @bda").fails(2, "did you mean `@bad`?");
    // A FIFO or a device that never ends is read up to a limit.
    network.ask("where src.addr in file \"/dev/zero\"").fails(1, "cannot read the list");
}

#[test]
fn what_is_true_of_nothing_says_so() {
    let network = Network::new();
    fs::write(network.path("empty.txt"), "# nobody\n").unwrap();
    fs::write(network.path("masked.txt"), "192.0.2.7/24\n203.0.113.9\n").unwrap();
    let noted = |test: &str| {
        let mut command = network.command(&["-o", "csv", "-e", &format!("where {test} | show bytes")]);
        let ran = Ran::of(command.arg("--inventory").arg(network.path("inventory.json")));
        assert_eq!(ran.code, Some(0), "{test}: {}", ran.stderr);
        ran.stderr
    };
    for (test, note) in [
        ("remote.name = wbe-1", "nothing has the name `wbe-1` now: did you mean `web-1`?"),
        (
            "not src.name in (orders, xyz)",
            "nothing has the name `xyz` now: there are `office`, `old-office`, `orders`, `web-1`, `web-2`",
        ),
        ("dst.name in (x1, x2)", "nothing has the names `x1`, `x2` now"),
        ("dst.name like \"api-*\"", "nothing has a name like `api-*` now: there are"),
        ("dst.name !~ /^api/", "nothing has a name like `^api` now: there are"),
        ("local.type = instanze", "nothing has the type `instanze` now: did you mean `instance`?"),
        ("remote nat", "`remote nat` matches no address now"),
        ("remote network empty", "the config file gives no network for `empty`"),
        ("remote network old-office", "`10.200.0.7/24` is read as the network `10.200.0.0/24`"),
        ("src.addr in file \"empty.txt\"", "`src.addr in file \"empty.txt\"`: the list is empty"),
        ("src.addr not in file \"empty.txt\"", "`src.addr not in file \"empty.txt\"`: the list is empty"),
        (
            "src.addr in file \"masked.txt\"",
            "`src.addr in file \"masked.txt\"`: line 1 is read as the network that it is in",
        ),
    ] {
        let said = noted(test);
        assert!(said.contains(&format!("note: {note}")), "{test}: {said}");
    }
    for test in
        ["remote.name = web-1", "src.name != office", "dst.name like \"web-*\"", "src.addr in @bad", "src sg web"]
    {
        let said = noted(test);
        assert!(!said.contains("note: "), "{test}: {said}");
    }
    let inventory = network.path("inventory.json").display().to_string();
    let explained =
        Ran::of(&mut network.command(&["--inventory", &inventory, "explain", "--resolve", "where dst.name = wbe-1"]));
    assert!(explained.done().contains("- nothing has the name `wbe-1` now"));
}

#[test]
fn a_list_is_read_once_for_a_question() {
    let network = Network::new();
    // A pipe gives its lines once: a reader that opens it again waits for another writer.
    let pipe = network.path("pipe.txt");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn(move || fs::write(pipe, "192.0.2.0/24\n").unwrap());
    // The sum of bytes also runs a query for whether both ends are recorded.
    let ran =
        Ran::of(&mut network.command(&["-o", "csv", "-e", "where src.addr in file \"pipe.txt\" | sum(bytes) as b"]));
    writer.join().unwrap();
    assert_eq!(ran.done(), "b\n32\n");
}

#[test]
fn a_saved_sentence_takes_parameters_and_a_window() {
    let network = Network::new();
    let ask = |args: &[&str]| Ran::of(&mut network.command(&[&["-q", "-o", "csv"], args].concat()));
    assert_eq!(ask(&["-e", "@talk", "--param", "port=22"]).done(), "bytes\n4\n8\n");
    assert_eq!(ask(&["-e", "@again", "--param", "port=443"]).done(), "bytes\n16\n32\n");
    assert_eq!(ask(&["-e", "@old from 2026-11-23T00:00Z to 2026-11-24T00:00Z | count()"]).code, Some(2));
    let all = "bytes\n1\n2\n4\n8\n16\n32\n";
    let sorted = |answer: String| {
        let mut lines: Vec<u32> = answer.lines().skip(1).map(|line| line.parse().unwrap()).collect();
        lines.sort_unstable();
        lines.iter().fold("bytes\n".to_string(), |text, line| format!("{text}{line}\n"))
    };
    assert_eq!(sorted(ask(&["-e", "@old from 2026-11-23T00:00Z to 2026-11-24T00:00Z"]).done()), all);
    ask(&["-e", "@talk"]).fails(2, "no value for `$port`");
    ask(&["-e", "@loop"]).fails(2, "@loop → @pool → @loop");
    ask(&["-e", "@tlk"]).fails(2, "did you mean `@talk`?");
    ask(&["-e", "@ssh"]).fails(2, "where @ssh");
    ask(&["-e", "@broken"]).fails(2, "unknown field `bites`");
}

#[test]
fn names_and_settings_are_listed() {
    let network = Network::new();
    let lines = Ran::of(&mut network.command(&["-o", "csv", "saved"])).done();
    assert!(lines.contains("filter,@ssh,dst.port = 22\n"), "{lines}");
    assert!(lines.contains("network,office,\"198.51.100.0/24, 203.0.113.9/32\"\n"), "{lines}");
    assert!(lines.contains("list,@bad,"), "{lines}");
    fs::write(network.path("config.toml"), "[aws]\nusd_per_gb = 0.01\n").unwrap();
    let lines = Ran::of(&mut network.command(&["-o", "csv", "config"])).done();
    assert!(lines.contains("aws.usd_per_gb,0.01,file\n"), "{lines}");
    assert!(lines.contains("aws.ask_above_usd,0.5,default\n"), "{lines}");
    fs::write(network.path("config.toml"), "[filters]\nx = \"tcp\"\n[lists]\nx = \"y\"\n").unwrap();
    Ran::of(&mut network.command(&["saved"])).fails(1, "`x` is used twice");
    fs::write(network.path("config.toml"), "[networks]\nx = \"10.0.0.0/40\"\n").unwrap();
    Ran::of(&mut network.command(&["saved"])).fails(1, "a network such as");
}

#[test]
fn a_script_reads_lists_below_its_own_folder_only() {
    let network = Network::new();
    let folder = network.path("scripts");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("near.txt"), "192.0.2.0/24\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(network.path("bad.txt"), folder.join("link.txt")).unwrap();
    let ran = |list: &str, flags: &[&str]| {
        let script = format!("print(query(`where src.addr in {list} | sum(bytes) as b`)[0].b);\n");
        fs::write(folder.join("x.rhai"), script).unwrap();
        let file = folder.join("x.rhai").display().to_string();
        Ran::of(&mut network.command(&[&["-q"], flags, &["run", &file]].concat()))
    };
    assert_eq!(ran("file \"near.txt\"", &[]).done(), "32\n");
    // A script may read the config's lists in any folder, since the user named it.
    assert_eq!(ran("@bad", &[]).done(), "48\n");
    ran("file \"../bad.txt\"", &[]).fails(1, "cannot read the list");
    let outside = format!("file \"{}\"", network.path("bad.txt").display());
    ran(&outside, &[]).fails(1, "cannot read the list");
    #[cfg(unix)]
    ran("file \"link.txt\"", &[]).fails(1, "cannot read the list");
    let folder = network.folder.path().display().to_string();
    assert_eq!(ran("file \"bad.txt\"", &["--read-dir", &folder]).done(), "48\n");
}
