//! Queries on AWS through the command line: resources come from moto, queries from a loopback service
//! that runs their text.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod evaluator;
mod logs_service;
#[path = "aws/moto.rs"]
mod moto;
#[path = "queries/records.rs"]
mod records;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use logs_service::{Group, LogsService, Script, Step};
use moto::{Network, Ran, Region, port, ran};
use records::{Records, now};

/// A Region with flow logs of a VPC and a subnet in it, and their records.
struct World {
    region: Region,
    network: Network,
    vpc: Records,
    folder: TempDir,
}

/// One for all tests: queries change nothing.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let region = Region::new("eu-north-1");
        let network = Network::new(&region);
        region.done(&["create", "vpc", "prod"]);
        region.done(&["create", "subnet", "prod-a"]);
        let vpc = Records::new(2_000);
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("vpc.log"), vpc.text()).unwrap();
        World { region, network, vpc, folder }
    })
}

impl World {
    fn groups(&self) -> Vec<Group> {
        let group = |id: &str, records: &Records| Group {
            name: format!("/fl-cli/{id}"),
            created: (now() - 86_400) * 1000,
            events: records.events(),
        };
        vec![group(&self.network.vpc, &self.vpc), group(&self.network.subnet, &self.vpc)]
    }

    fn service(&self, script: Script) -> LogsService {
        LogsService::start(self.groups(), script)
    }

    fn on_aws(&self, service: &LogsService, args: &[&str]) -> Ran {
        let mut command = self.region.command(port(), args);
        ran(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()).output().unwrap())
    }

    fn on_files(&self, args: &[&str]) -> Ran {
        let file = self.folder.path().join("vpc.log").display().to_string();
        self.region.run_at(port(), &[args, &["--local", &file]].concat())
    }
}

fn quick() -> Script {
    Script { steps: vec![Step::Complete], ..Script::default() }
}

#[track_caller]
fn done(ran: Ran) -> String {
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    ran.stdout
}

#[test]
fn the_same_sentence_prints_the_same_bytes_as_on_files() {
    let world = world();
    let service = world.service(quick());
    let (from, until) = world.vpc.window();
    let mut asked = 0;
    for (sentence, format) in [
        ("where reject", "json"),
        ("where reject and dst.port = 22", "table"),
        ("where remote public and local.port in 8000..8999", "json"),
        ("where tcp and flags S/SA | sort bytes desc | limit 17", "csv"),
        ("where not (dst.port in (443, 53)) | show time, src.addr, dst.addr, dst.port, flags | limit 50", "ndjson"),
        ("| show bytes, duration, proto | sort duration desc, bytes | limit 30", "json"),
        ("| count()", "json"),
        ("where dst.port = 1 and bytes > 1G", "json"),
        ("where bytes > 900000000 | count(), sum(bytes), avg(bytes), max(bytes)", "json"),
        ("| top 5 src.addr by bytes", "json"),
        ("| top 3 remote.addr", "table"),
        ("| count() as n, avg(bytes) as mean by dst.port | where n > 20 | sort mean desc", "json"),
        ("| sum(bytes), min(packets), max(time) by bin(5m), action", "csv"),
        ("| count() by proto", "json"),
        ("| count() by flags", "json"),
        ("| count() by src.addr, dst.port", "json"),
        ("| distinct(src.addr)", "json"),
        ("where icmp | limit 9", "json"),
        ("where src.addr in 2001:db8::/32", "json"),
        ("where nodata", "json"),
        ("| limit none", "ndjson"),
        ("where accept | sort bytes desc | limit none", "csv"),
        ("| count() by src.addr, dst.addr, dst.port | limit none", "ndjson"),
    ] {
        let sentence = format!("vpc {sentence} since {from} until {until}");
        let args = ["-o", format, "-e", &sentence];
        let (files, aws) = (done(world.on_files(&args)), done(world.on_aws(&service, &args)));
        assert_eq!(files, aws, "{sentence}");
        asked += 1;
    }
    assert_eq!(asked, 23);
}

#[test]
fn a_target_is_its_log_groups() {
    let world = world();
    let service = world.service(quick());
    let count = |target: &str| done(world.on_aws(&service, &["-e", &format!("{target} | count()"), "-o", "csv"]));
    let vpc = world.vpc.lines_ok();
    assert_eq!(count("vpc"), format!("count\n{vpc}\n"));
    assert_eq!(count("vpc prod"), format!("count\n{vpc}\n"));
    assert_eq!(count(&format!("vpc {}", world.network.vpc)), format!("count\n{vpc}\n"));
    assert_eq!(count("subnet \"prod-*\""), format!("count\n{vpc}\n"));
    assert_eq!(count("all"), format!("count\n{}\n", 2 * vpc));
    assert_eq!(count("group \"/fl-cli/*\""), format!("count\n{}\n", 2 * vpc));
    for (target, part) in [
        ("vpc prdo", "did you mean `prod`?"),
        ("sg", "the account has no flow log of kind `sg`"),
        ("nat", "create one: `flowlogs create nat NAME`"),
        ("group \"/nowhere\"", "no group matches `/nowhere`"),
        ("vpc | show tgw.id", "no queried flow log has the field `tgw.id`"),
    ] {
        let ran = world.on_aws(&service, &["-e", target]);
        assert_eq!(ran.code, Some(1), "{target}: {}", ran.stderr);
        assert!(ran.stderr.contains(part), "{target}: {}", ran.stderr);
    }
}

#[test]
fn an_empty_answer_says_why() {
    let world = world();
    let service = world.service(quick());
    let ran = world.on_aws(&service, &["-e", "vpc where dst.port = 1 last 30m"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for part in ["no record matches from", "may still arrive", "the youngest flow log was created at"] {
        assert!(ran.stderr.contains(part), "`{part}` is not in: {}", ran.stderr);
    }
    let before = world.on_aws(&service, &["-e", "vpc from 2020-01-01 to 2020-01-02"]);
    assert!(before.stderr.contains("before everything that the log groups keep"), "{}", before.stderr);
}

#[test]
fn a_query_is_found_done_soon_after_it_is() {
    let world = world();
    let mut added = Vec::new();
    for milliseconds in [200, 500, 900, 1300, 2000] {
        let lasts = Duration::from_millis(milliseconds);
        let service = world.service(Script { lasts, ..quick() });
        let started = Instant::now();
        done(world.on_aws(&service, &["-e", &format!("vpc {} | count()", world.network.vpc)]));
        added.push(started.elapsed().saturating_sub(lasts));
    }
    added.sort();
    // Part of it is the start of a process that was built for tests, and moto.
    assert!(added[2] < Duration::from_millis(600), "{added:?}");
}
