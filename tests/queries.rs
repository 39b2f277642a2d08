//! Queries on AWS through the command line: moto has the resources, and a loopback service runs the queries.
#![cfg(all(unix, feature = "aws"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "queries/answers.rs"]
mod answers;
#[path = "aws/canned.rs"]
mod canned;
#[path = "aws/crowd.rs"]
mod crowd;
#[path = "queries/destinations.rs"]
mod destinations;
mod evaluator;
#[path = "aws/form.rs"]
mod form;
#[path = "queries/gateways.rs"]
mod gateways;
mod logs_service;
mod mmdb;
#[path = "aws/moto.rs"]
mod moto;
#[path = "queries/names.rs"]
mod names;
#[path = "queries/past.rs"]
mod past;
mod program;
#[path = "aws/proxy.rs"]
mod proxy;
#[path = "queries/records.rs"]
mod records;
#[path = "aws/simulator.rs"]
mod simulator;
mod terminal;
#[path = "queries/terraform.rs"]
mod terraform;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use logs_service::{Group, LogsService, Script, Step};
use moto::{Network, Region, port};
use program::Ran;
use proxy::{Proxy, Verdict};
use records::{Records, now};
use simulator::{Policy, needs, needs_of_logs};
use terminal::Terminal;

/// A Region with flow logs of a VPC and a subnet in it, and their records.
struct World {
    region: Region,
    network: Network,
    vpc: Records,
    folder: TempDir,
}

/// One world for all tests: queries change nothing.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let region = Region::new("eu-north-1");
        let network = Network::new(&region);
        region.done(&["create", "vpc", "prod"]);
        region.done(&["create", "subnet", "prod-a"]);
        let vpc = Records::new(2_000).of(&network.vpc, &network.subnet);
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
        Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()))
    }

    /// The program in a terminal, with this environment and the addresses of the services.
    fn in_terminal(service: &LogsService, args: &[&str], environment: &[(&str, &str)]) -> Terminal {
        let (url, moto) = (service.url(), format!("http://127.0.0.1:{}", port()));
        let services = [("AWS_ENDPOINT_URL", moto.as_str()), ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", url.as_str())];
        Terminal::start(args, &[&services, environment].concat(), 120)
    }

    fn on_files(&self, args: &[&str]) -> Ran {
        let file = self.folder.path().join("vpc.log").display().to_string();
        self.region.run_at(port(), &[args, &["--local", &file]].concat())
    }
}

/// The texts of a list.
fn texts(list: &serde_json::Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(moto::text).collect()
}

fn quick() -> Script {
    Script { steps: vec![Step::Complete], ..Script::default() }
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
        ("where request and server.port = 22 | show time, client.addr, client.port, role | limit 20", "json"),
        ("where not request and client private | count(), distinct(server.addr) by role, server.port", "json"),
        ("| conversations 20 by bytes", "json"),
        ("| conversations | where flows > 1 | sort bytes_back desc, client_addr asc | limit 7", "csv"),
        ("where nodata", "json"),
        ("| limit none", "ndjson"),
        ("where accept | sort bytes desc | limit none", "csv"),
        ("| count() by src.addr, dst.addr, dst.port | limit none", "ndjson"),
    ] {
        let sentence = format!("vpc {sentence} since {from} until {until}");
        let args = ["-o", format, "-e", &sentence];
        let (files, aws) = (world.on_files(&args).done(), world.on_aws(&service, &args).done());
        assert_eq!(files, aws, "{sentence}");
        asked += 1;
    }
    assert_eq!(asked, 27);
}

#[test]
fn a_target_is_its_log_groups() {
    let world = world();
    let service = world.service(quick());
    let count = |target: &str| world.on_aws(&service, &["-e", &format!("{target} | count()"), "-o", "csv"]).done();
    let vpc = world.vpc.lines_ok();
    assert_eq!(count("vpc"), format!("count\n{vpc}\n"));
    assert_eq!(count("vpc prod"), format!("count\n{vpc}\n"));
    assert_eq!(count(&format!("vpc {}", world.network.vpc)), format!("count\n{vpc}\n"));
    assert_eq!(count("subnet \"prod-*\""), format!("count\n{vpc}\n"));
    assert_eq!(count("all"), format!("count\n{vpc}\n"));
    // Records of interfaces that are in no list.
    assert_eq!(count("sg web"), "count\n0\n");
    assert_eq!(count("group \"/fl-cli/*\""), format!("count\n{}\n", 2 * vpc));
    for (target, part) in [
        ("vpc prdo", "did you mean `prod`?"),
        ("sg wbe", "did you mean `web`?"),
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
    for part in ["no record matches from", "may still arrive", "the newest flow log was created at"] {
        assert!(ran.stderr.contains(part), "`{part}` is not in: {}", ran.stderr);
    }
    let before = world.on_aws(&service, &["-e", "vpc from 2020-01-01 to 2020-01-02"]);
    assert!(before.stderr.contains("before the oldest records that the log groups keep"), "{}", before.stderr);
}

#[test]
fn a_query_is_found_done_soon_after_it_is() {
    let world = world();
    let mut added = Vec::new();
    for milliseconds in [200, 500, 900, 1300, 2000, 3200, 5000] {
        let lasts = Duration::from_millis(milliseconds);
        let service = world.service(Script { lasts, ..quick() });
        world.on_aws(&service, &["-e", &format!("vpc {} | count()", world.network.vpc)]).done();
        let ended = Instant::now();
        let started = service.calls().into_iter().find(|call| call.operation == "StartQuery").unwrap().at;
        added.push((ended - started).saturating_sub(lasts));
    }
    added.sort();
    println!("added to queries of 0.2 to 5 s: {added:?}");
    // Other tests take their share of the machine; alone it takes half of this.
    assert!(added[3] < Duration::from_millis(200), "{added:?}");
}

#[test]
fn a_query_is_followed_through_whatever_happens_to_it() {
    let world = world();
    let ask = |steps: &[Step], throttled: usize| {
        let service = world.service(Script { steps: steps.to_vec(), throttled, ..Script::default() });
        let ran = world.on_aws(&service, &["-e", "vpc | limit 3", "-o", "csv"]);
        (ran, service.calls())
    };
    let (ran, _) = ask(&[Step::Scheduled, Step::Unknown, Step::Running(2), Step::Complete], 0);
    assert_eq!(ran.done().lines().count(), 4);
    // Rows before the end are kept, and the end is an error.
    for (step, part) in [(Step::Failed, "Failed"), (Step::Cancelled, "Cancelled"), (Step::Timeout, "shorter window")] {
        let (ran, _) = ask(&[Step::Running(2), step], 0);
        assert_eq!((ran.code, ran.stdout.lines().count()), (Some(1), 3), "{step:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("the service ended the query") && ran.stderr.contains(part), "{}", ran.stderr);
    }
    // The SDK alone tries three times.
    let (ran, calls) = ask(&[Step::Complete], 8);
    assert!(ran.stderr.contains("waiting: Rate exceeded"), "{}", ran.stderr);
    assert_eq!(ran.done().lines().count(), 4);
    assert!(calls.len() > 8);
}

#[test]
fn a_query_waits_for_its_turn_in_the_account() {
    let world = world();
    let service = world.service(Script { most_running: 0, ..quick() });
    let mut command = world.region.command(port(), &["-e", "vpc | count()", "-o", "csv"]);
    let asked = command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()).spawn().unwrap();
    wait_for_calls(&service, "StartQuery", 5);
    service.set_script(quick());
    let ran = Ran::from(asked.wait_with_output().unwrap());
    assert!(ran.stderr.contains("maximum query concurrency limit"), "{}", ran.stderr);
    assert_eq!(ran.done(), format!("count\n{}\n", world.vpc.lines_ok()));
}

fn wait_for_calls(service: &LogsService, operation: &str, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while service.calls().iter().filter(|call| call.operation == operation).count() < count {
        assert!(Instant::now() < deadline, "{operation} is not called");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends the signal of Ctrl-C.
fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn ctrl_c_stops_the_query_and_keeps_the_rows_that_came() {
    let world = world();
    let service = world.service(Script { steps: vec![Step::Running(3)], ..Script::default() });
    let mut command = world.region.command(port(), &["-e", "vpc", "-o", "csv"]);
    let asked = command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()).spawn().unwrap();
    wait_for_calls(&service, "GetQueryResults", 3);
    let interrupted = Instant::now();
    interrupt(&asked);
    let ran = Ran::from(asked.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    assert!(interrupted.elapsed() < Duration::from_secs(2), "{:?}", interrupted.elapsed());
    assert_eq!(ran.stdout.lines().count(), 4, "{}", ran.stdout);
    wait_for_calls(&service, "StopQuery", 1);

    // The count of a stopped query is not zero.
    let mut command = world.region.command(port(), &["-e", "vpc | count()"]);
    let asked = command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()).spawn().unwrap();
    wait_for_calls(&service, "GetQueryResults", 8);
    interrupt(&asked);
    let ran = Ran::from(asked.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(130), ""), "{}", ran.stderr);
}

/// Creates a flow log that delivers to a log group, as another tool would.
fn create_flow_log(world: &World, group: &str, format: &str) {
    create_flow_log_of(world, ("VPC", &world.network.vpc), group, format);
}

fn create_flow_log_of(world: &World, (kind, id): (&str, &str), group: &str, format: &str) {
    let flow_log = serde_json::json!({
        "ResourceIds": [id], "ResourceType": kind, "LogFormat": format, "LogGroupName": group,
        "LogDestinationType": "cloud-watch-logs", "TrafficType": "ALL",
        "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/theirs"
    });
    world.region.call("ec2", "create_flow_logs", flow_log);
}

#[test]
fn a_budget_stops_the_query_that_goes_beyond_it() {
    let world = world();
    // The service has not yet counted the stored bytes, so nothing is known in advance.
    let uncounted = Script { stored_times: 0, ..Script::default() };
    let service = world.service(Script { steps: vec![Step::Running(3)], ..uncounted.clone() });
    let ran = world.on_aws(&service, &["--max-usd", "0", "-e", "vpc", "-o", "csv"]);
    assert_eq!(ran.stdout.lines().count(), 4, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("the rows above are only a part of the answer"), "{}", ran.stderr);
    ran.fails(1, "as `--max-usd` allows");
    wait_for_calls(&service, "StopQuery", 1);
    // The budget holds for a whole script.
    let script = "query(\"vpc | limit 1\"); query(\"vpc | limit 1\")";
    let service = world.service(Script { steps: vec![Step::Complete], ..uncounted });
    world.on_aws(&service, &["--max-usd", "0", "-e", script]).fails(1, "as `--max-usd` allows");
    assert_eq!(service.calls().iter().filter(|call| call.operation == "StartQuery").count(), 1);
    world.on_aws(&service, &["--max-usd", "much", "list"]).fails(2, "expected an amount of US dollars");
}

#[test]
fn a_query_beyond_the_budget_is_not_started() {
    let world = world();
    let service = world.service(quick());
    let starts = || -> Vec<String> {
        let starts = service.calls().into_iter().filter(|call| call.operation == "StartQuery");
        starts.map(|call| call.input["queryString"].as_str().unwrap().into()).collect()
    };
    let script = "query(\"vpc | count()\")";
    for text in ["vpc | count()", script] {
        world.on_aws(&service, &["--max-usd", "0.0000001", "-e", text]).fails(1, "`--max-usd` leaves");
    }
    let texts = starts();
    assert!(!texts.is_empty() && texts.iter().all(|text| text.ends_with("| estimate")), "{texts:?}");
    // Far below the budget, the service is not asked for an estimate.
    world.on_aws(&service, &["--max-usd", "5", "-e", "vpc | count()"]).done();
    assert_eq!(starts().len(), texts.len() + 1);
}

#[test]
fn a_page_that_comes_again_ends_the_reading() {
    let world = world();
    let service = world.service(Script { repeats_pages: true, ..quick() });
    let ran = world.on_aws(&service, &["-e", "vpc | limit none", "-o", "csv"]);
    assert!(ran.stderr.contains("the rows above are only a part of the answer"), "{}", ran.stderr);
    assert!(ran.stdout.lines().count() > 1, "{}", ran.stdout);
    ran.fails(1, "the service gives the same page again and again");
}

#[test]
fn ctrl_c_ends_a_call_that_is_not_answered() {
    let world = world();
    let service = world.service(Script { hangs_at: "StartQuery", ..quick() });
    let mut command = world.region.command(port(), &["-e", "vpc | count()"]);
    let asked = command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()).spawn().unwrap();
    wait_for_calls(&service, "DescribeLogGroups", 1);
    std::thread::sleep(Duration::from_millis(500));
    let interrupted = Instant::now();
    interrupt(&asked);
    let ran = Ran::from(asked.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    assert!(interrupted.elapsed() < Duration::from_secs(1), "{:?}", interrupted.elapsed());
}

#[test]
fn a_cut_answer_tells_of_how_many_records() {
    let world = world();
    let service = world.service(quick());
    let matched = world.vpc.lines_ok();
    let ran = world.on_aws(&service, &["-e", "vpc"]);
    assert!(ran.stderr.contains(&format!("the answer is cut at 100 rows of {}", thousands(matched))), "{}", ran.stderr);
    ran.done();
}

/// `1850` as `1,850`.
fn thousands(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

#[test]
fn many_log_groups_are_several_queries_that_merge() {
    let world = world();
    let records = Records::new(240);
    let format = records::format(records::FIELDS);
    let mut groups = Vec::new();
    for number in 0..60 {
        let name = format!("/many/{number}");
        create_flow_log(world, &name, &format);
        // Each flow log has its share of the records.
        let events = records.events().into_iter().skip(number).step_by(60).collect();
        groups.push(Group { name, created: 0, events });
    }
    let file = world.folder.path().join("many.log").display().to_string();
    std::fs::write(&file, records.text()).unwrap();
    let service = LogsService::start(groups, quick());
    let (from, until) = records.window();
    for stages in [
        "",
        "| limit 20",
        "| limit none",
        "| sort bytes desc | limit 7",
        "| show src.addr, bytes | sort bytes | limit none",
        "| count()",
        "| count() as n, sum(bytes) as b, avg(bytes) as mean, min(packets), max(time) by dst.port",
        "| avg(duration), count() by bin(10m), action | where count > 5 and action = accept",
        "| top 3 remote.addr by bytes",
        "where dst.port = 1 | count(), sum(bytes)",
    ] {
        let ask = |target: &str| format!("{target} {stages} since {from} until {until}");
        let files = world.region.run_at(port(), &["--local", &file, "-o", "json", "-e", &ask("all")]);
        let aws = world.on_aws(&service, &["-o", "json", "-e", &ask("group \"/many/*\"")]);
        assert_eq!(files.done(), aws.done(), "{stages}");
    }
    // With the service's quota of calls it takes longer, but nothing is lost.
    service.set_script(Script { calls_a_second: 5, ..quick() });
    let ask = format!("group \"/many/*\" | count() since {from} until {until}");
    let counted = world.on_aws(&service, &["-o", "csv", "-e", &ask]).done();
    assert_eq!(counted, format!("count\n{}\n", records.lines_ok()));
    service.set_script(quick());
    for (stages, part) in
        [("| distinct(src.addr)", "`distinct_src_addr` cannot be computed"), ("| p95(bytes)", "avg can")]
    {
        let ran = world.on_aws(&service, &["-e", &format!("group \"/many/*\" {stages}")]);
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
    assert!(service.calls().iter().all(|call| {
        let groups = call.input["logGroupIdentifiers"].as_array();
        groups.is_none_or(|groups| groups.len() <= 50)
    }));
}

#[test]
fn two_hundred_subnets_answer_under_a_quota_of_few_calls_a_second() {
    // The retries of the SDK alone do not last as long as this.
    let network = crowd::serve_at_most(2);
    let events: Vec<_> = Records::new(400).events();
    let share = |number: usize| events[number * 2..number * 2 + 2].to_vec();
    let groups = crowd::log_groups().enumerate();
    let groups = groups.map(|(number, name)| Group { name, created: 0, events: share(number) }).collect();
    let service = LogsService::start(groups, Script { calls_a_second: 5, ..quick() });
    let region = Region::new("ap-south-1");
    let ask = |args: &[&str]| {
        let mut command = region.command(network.port, args);
        Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()))
    };
    let ran = ask(&["-o", "csv", "-e", "subnet where nodata or not nodata | count() last 2h"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stdout, "count\n400\n", "{}", ran.stderr);
    assert!(ran.stderr.contains("waiting: Request limit exceeded."), "{}", ran.stderr);
    assert!(network.requests.lock().unwrap().len() > 10);
}

/// The number of records of a long answer.
const LONG: i64 = 250_000;

/// Long answers take turns: the loopback service needs the processor for each.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn a_long_answer_is_asked_for_in_parts_of_the_window() {
    let world = world();
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let records = Records::new(LONG);
    let group = Group { name: format!("/fl-cli/{}", world.network.vpc), created: 0, events: records.bare_events() };
    let lasts = Duration::from_secs(5);
    let service = LogsService::start(vec![group], Script { lasts, ..quick() });
    let (from, until) = records.window();
    let sentence = format!("vpc {} | show time, bytes | limit none from {from} to {until}", world.network.vpc);
    let started = Instant::now();
    let ran = world.on_aws(&service, &["-o", "csv", "-e", &sentence]);
    let elapsed = started.elapsed();
    let stdout = ran.done();
    assert_eq!(stdout.lines().count(), 1 + usize::try_from(LONG).unwrap());
    let times: Vec<&str> = stdout.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b));
    let queries = service.calls().iter().filter(|call| call.operation == "StartQuery").count();
    let in_a_row = lasts * u32::try_from(queries).unwrap();
    assert!(elapsed * 5 < in_a_row, "{queries} queries: {elapsed:?}, one after another {in_a_row:?}");
}

#[test]
fn follow_shows_new_records_and_late_ones_and_none_twice() {
    let world = world();
    let records = Records::new(30);
    let is_traffic = |event: &Vec<(String, String)>| event.contains(&("logStatus".into(), "OK".into()));
    let mut events: Vec<Vec<(String, String)>> = records.events().into_iter().filter(is_traffic).collect();
    // One record is the newest, one comes late.
    let (newest, late) = (events.pop().unwrap(), events.pop().unwrap());
    let name = format!("/fl-cli/{}", world.network.vpc);
    let service = LogsService::start(vec![Group { name: name.clone(), created: 0, events }], quick());
    let sentence = format!("vpc {} where bytes exists | show time, eni, bytes | limit 5 | follow", world.network.vpc);
    let mut command = world.region.command(port(), &["-o", "csv", "-e", &sentence]);
    let mut child = command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let news = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!(next(), "time,eni,bytes");
    let first: Vec<String> = (0..5).map(|_| next()).collect();
    assert!(first.is_sorted(), "{first:?}");
    service.deliver(&name, vec![late.clone(), newest.clone()]);
    let text = |event: &[(String, String)]| {
        let of = |name: &str| event.iter().find(|(known, _)| known == name).unwrap().1.clone();
        let time = of("@timestamp").parse::<i64>().unwrap() / 1000;
        format!("{},{},{}", jiff::Timestamp::from_second(time).unwrap(), of("interfaceId"), of("bytes"))
    };
    assert_eq!([next(), next()], [text(&late), text(&newest)]);
    // A further round finds nothing.
    let asked = service.calls().len();
    wait_for_calls(&service, "StartQuery", 3);
    assert!(service.calls().len() > asked);
    // By now the bytes and the time of a round are known.
    let mut costs = news.map(Result::unwrap).filter(|line| line.contains("following scans"));
    assert!(costs.next().unwrap().contains(" GB an hour, about 0."), "no cost");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(lines.next().is_none());
}

/// Creates a flow log with this format and records that are younger than it, since older ones are not read. Older
/// records in the same log group have other values at these places.
fn young_records(world: &World, group: &str, fields: &str, count: i64) -> Records {
    create_flow_log(world, group, &records::format(fields));
    let from = now() + 1;
    let records = Records::between(from, from + 2, count);
    std::thread::sleep(Duration::from_secs(4));
    records
}

#[test]
fn a_format_that_the_service_does_not_know_is_taken_apart() {
    let world = world();
    let records = young_records(world, "/custom/a", records::FIELDS_OF_A_FEW, 90);
    // An hour older, and in another format.
    let older = Records::new(30).events().into_iter().map(|mut event| {
        event.retain(|(name, _)| name.starts_with('@'));
        event
    });
    let events = records.text_events().into_iter().chain(older).collect();
    let service = LogsService::start(vec![Group { name: "/custom/a".into(), created: 0, events }], quick());
    let file = world.folder.path().join("custom.log").display().to_string();
    std::fs::write(&file, records.text()).unwrap();
    for stages in [
        "where reject | show time, src.addr, bytes | limit 30",
        "| count(), sum(bytes) by dst.port",
        "where nodata | count()",
    ] {
        let ask = |target: &str| format!("{target} {stages} last 2h");
        let files = world.region.run_at(port(), &["--local", &file, "-o", "json", "-e", &ask("all")]);
        let aws = world.on_aws(&service, &["-o", "json", "-e", &ask("group \"/custom/a\"")]);
        assert!(aws.stderr.contains("the window in /custom/a starts at 20"), "{}", aws.stderr);
        assert_eq!(files.done(), aws.done(), "{stages}");
    }
    let missing = world.on_aws(&service, &["-e", "group \"/custom/a\" where dst.addr = 10.0.0.1"]);
    assert!(missing.stderr.contains("no queried flow log has the field `dst.addr`: fl-"), "{}", missing.stderr);
    assert_eq!(missing.code, Some(1));
}

#[test]
fn a_name_is_used_only_where_the_service_has_found_it() {
    let world = world();
    let records = young_records(world, "/found/a", records::FIELDS, 60);
    // The service finds neither `endTime` nor `dstPort`.
    let events = records.found_events(&["srcAddr", "bytes", "action", "logStatus"]);
    let service = LogsService::start(vec![Group { name: "/found/a".into(), created: 0, events }], quick());
    let file = world.folder.path().join("found.log").display().to_string();
    std::fs::write(&file, records.text()).unwrap();
    let mut sentences = Vec::new();
    for (stages, is_parsed) in [
        ("where reject | sum(bytes) by src.addr", false),
        ("| show start, bytes | limit none", false),
        ("| show start, end, duration | limit none", true),
        ("where accept | count() by dst.port", true),
    ] {
        let ask = |target: &str| format!("{target} {stages} last 2h");
        let files = world.region.run_at(port(), &["--local", &file, "-o", "json", "-e", &ask("all")]);
        let aws = world.on_aws(&service, &["-o", "json", "-e", &ask("group \"/found/a\"")]);
        assert_eq!(files.done(), aws.done(), "{stages}");
        let mut texts = service.calls().into_iter().filter(|call| call.operation == "StartQuery");
        let text = texts.next_back().unwrap().input["queryString"].as_str().unwrap().to_string();
        assert_eq!(text.starts_with("parse @message"), is_parsed, "{text}");
        sentences.push(ask("group \"/found/a\""));
    }
    // A shell asks only once.
    let asked =
        |service: &LogsService| service.calls().iter().filter(|call| call.operation == "GetLogGroupFields").count();
    let before = asked(&service);
    let args: Vec<&str> = sentences.iter().flat_map(|sentence| ["-e", sentence]).collect();
    world.on_aws(&service, &args).done();
    assert_eq!(asked(&service), before + 1);
}

#[test]
fn a_group_of_two_formats_is_asked_by_names_that_were_found_and_else_refused() {
    let world = world();
    create_flow_log(world, "/two/a", &records::format(records::FIELDS_OF_A_FEW));
    let subnet = ("Subnet", world.network.subnet.as_str());
    create_flow_log_of(world, subnet, "/two/a", &records::format(records::FIELDS));
    let records = Records::new(40);
    let events = records.found_events(&["srcAddr", "bytes", "logStatus", "flowDirection"]);
    let service = LogsService::start(vec![Group { name: "/two/a".into(), created: 0, events }], quick());
    let count = world.on_aws(&service, &["-o", "csv", "-e", "group \"/two/a\" | count() last 2h"]).done();
    assert_eq!(count, format!("count\n{}\n", records.lines_ok()));
    let ran = world.on_aws(&service, &["-e", "group \"/two/a\" | count() by dst.port last 2h"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("several formats, and the service does not find `dst.port`"), "{}", ran.stderr);
}

#[test]
fn an_order_that_is_the_services_own_is_said_where_a_limit_cuts() {
    let world = world();
    let service = world.service(quick());
    let ask = |stages: &str| world.on_aws(&service, &["-e", &format!("vpc | {stages} last 2h")]).stderr;
    for (stages, is_said) in [
        ("show src.addr | sort src.addr | limit 3", true),
        ("count() by src.addr | sort src.addr asc | limit 3", true),
        ("show src.addr | sort src.addr | limit none", false),
        ("show src.addr | sort bytes | limit 3", false),
        ("count() by src.addr | limit 3", false),
    ] {
        assert_eq!(ask(stages).contains("the service orders IPv6 addresses as text"), is_said, "{stages}");
    }
}

#[test]
fn a_value_that_the_service_may_have_cut_is_said() {
    let world = world();
    let mut groups = world.groups();
    for (name, value) in groups[0].events.iter_mut().flatten() {
        if name == "instanceId" {
            *value = format!("i-{}", "0".repeat(1_200));
        }
    }
    let service = LogsService::start(groups, quick());
    let (from, until) = world.vpc.window();
    let ask = |columns: &str| {
        let sentence = format!("vpc | show {columns} | limit 3 since {from} until {until}");
        world.on_aws(&service, &["-o", "csv", "-e", &sentence])
    };
    assert!(ask("time, instance").stderr.contains("the service cuts values after 1000 characters"));
    assert!(!ask("time, bytes").stderr.contains("the service cuts"));
}

#[test]
fn an_answer_without_statistics_is_counted_by_its_rows() {
    let world = world();
    let service = world.service(Script { has_statistics: false, ..quick() });
    let (from, until) = world.vpc.window();
    for stages in ["where reject | limit 20", "| count() by action", "where dst.port = 1 | count()", "| limit none"] {
        let args = ["-o", "json", "-e", &format!("vpc {stages} since {from} until {until}")];
        assert_eq!(world.on_files(&args).done(), world.on_aws(&service, &args).done(), "{stages}");
    }
}

#[test]
fn an_estimate_says_what_a_query_would_scan() {
    let world = world();
    let service = world.service(quick());
    let estimate = |args: &[&str]| world.on_aws(&service, args).done();
    let json: serde_json::Value =
        serde_json::from_str(&estimate(&["-o", "json", "explain", "--estimate", "vpc where reject"])).unwrap();
    let bytes = json["bytes"].as_f64().unwrap();
    assert!(bytes > 100_000.0, "{json}");
    let cost = json["cost_usd"].as_f64().unwrap();
    assert!((cost - bytes * 0.005 / 1e9).abs() < 1e-12, "{json}");
    assert!(estimate(&["-e", "explain --estimate vpc where reject"]).contains("KiB to scan, about 0.00"));
}

#[test]
fn several_places_are_asked_side_by_side() {
    let world = world();
    let other = Region::new("eu-south-1");
    let network = Network::new(&other);
    other.done(&["create", "vpc", "prod"]);
    let mut groups = world.groups();
    let few = Records::new(40);
    groups.push(Group { name: format!("/fl-cli/{}", network.vpc), created: 0, events: few.events() });
    let service = LogsService::start(groups, quick());
    let both = ["--region", "eu-north-1,eu-south-1"];

    let listed = world.on_aws(&service, &[&both[..], &["list", "vpc", "-o", "csv"]].concat()).done();
    let rows: Vec<&str> = listed.lines().collect();
    assert!(rows[0].starts_with("region,account,kind,name"), "{listed}");
    assert!(rows[1].starts_with("eu-north-1,123456789012,vpc,prod"), "{listed}");
    assert!(rows[2].starts_with("eu-south-1,123456789012,vpc,prod"), "{listed}");

    let counted = world.on_aws(&service, &[&both[..], &["-o", "csv", "-e", "vpc | count()"]].concat()).done();
    let (one, two) = (world.vpc.lines_ok(), few.lines_ok());
    let expected = format!("region,account,count\neu-north-1,123456789012,{one}\neu-south-1,123456789012,{two}\n");
    assert_eq!(counted, expected);

    // A failing place does not hide the others.
    let ran =
        world.on_aws(&service, &["--profile", "nobody", "--region", "eu-north-1,eu-south-1", "-e", "vpc | count()"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let config = world.folder.path().join("config");
    std::fs::write(&config, "[profile one]\naws_access_key_id = A\naws_secret_access_key = B\nregion = eu-south-1\n")
        .unwrap();
    let args = ["--profile", "one,nobody", "--quiet", "-o", "csv", "-e", "vpc | count()"];
    let mut command = world.region.command(port(), &args);
    command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()).env("AWS_CONFIG_FILE", &config);
    let ran = Ran::of(command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION"));
    assert!(ran.stdout.contains(&format!("eu-south-1,123456789012,{two}")), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.starts_with("error: nobody: there is no AWS profile"), "{}", ran.stderr);
    assert_eq!(ran.code, Some(1));
    // Nor does a profile whose Regions cannot be listed.
    let args = ["--profile", "one,nobody", "--region", "all", "-o", "csv", "-e", "vpc prod | count()"];
    let mut command = world.region.command(port(), &args);
    command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()).env("AWS_CONFIG_FILE", &config);
    let ran = Ran::of(&mut command);
    assert!(ran.stdout.contains(&format!("eu-south-1,123456789012,{two}")), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("nobody: there is no AWS profile `nobody`"), "{}", ran.stderr);

    let sentence = "vpc | show time, bytes | limit 3 | follow";
    let mut command = world.region.command(port(), &[&both[..], &["-o", "csv", "-e", sentence]].concat());
    let mut child = command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let followed: Vec<String> = lines.take(4).map(Result::unwrap).collect();
    assert_eq!(followed[0], "region,account,time,bytes");
    assert!(followed[1..].is_sorted_by_key(|line| line.split(',').nth(2).unwrap().to_string()), "{followed:?}");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));

    let ran = world.on_aws(&service, &[&both[..], &["create", "vpc", "prod", "--yes"]].concat());
    assert!(ran.stdout.contains("one profile and one Region"), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_place_that_failed_is_in_the_code_unless_a_person_saw_it_or_a_script_says_otherwise() {
    let world = world();
    let service = world.service(quick());
    let config = world.folder.path().join("config-of-north");
    std::fs::write(&config, "[profile one]\naws_access_key_id = A\naws_secret_access_key = B\nregion = eu-north-1\n")
        .unwrap();
    let config = config.display().to_string();
    let environment = [("AWS_CONFIG_FILE", config.as_str()), ("AWS_EC2_METADATA_DISABLED", "true")];
    let places = ["--profile", "one,nobody"];
    for (line, code) in [
        ("vpc | count()", 1),
        ("query(\"vpc | count()\")", 1),
        ("query(\"vpc | count()\"); exit(0)", 0),
        ("query(\"vpc | count()\"); exit(7)", 7),
    ] {
        let mut asked = World::in_terminal(&service, &[&places[..], &["-e", line]].concat(), &environment);
        assert_eq!(asked.exit_code(), code, "{line}: {}", asked.screen());
        assert!(asked.screen().contains("error: nobody"), "{line}: {}", asked.screen());
    }
    for leave in ["\x04", ".quit\r"] {
        let mut shell = World::in_terminal(&service, &places, &environment);
        shell.wait_for("flowlogs");
        shell.keys("vpc | count()\r");
        shell.wait("the answer and the prompt", |screen| {
            screen.contains("error: nobody") && screen.trim_end().ends_with('>')
        });
        shell.keys(leave);
        assert_eq!(shell.exit_code(), 0, "{}", shell.screen());
    }
}

#[test]
fn the_shell_says_where_it_is_and_what_it_has_cost() {
    let world = world();
    let service = world.service(quick());
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let keys = "aws_access_key_id = A\naws_secret_access_key = B\n";
    let profile = file("aws", &format!("[profile prod-eu]\nregion = {}\n{keys}", world.region.name));
    let config = file("config.toml", "[aws]\nproduction = [\"prod-*\"]\nusd_per_gb = 1000\nask_above_usd = 1000\n");
    let environment = [("AWS_CONFIG_FILE", profile.as_str()), ("AWS_EC2_METADATA_DISABLED", "true")];
    let start = |args: &[&str]| {
        let mut shell = World::in_terminal(
            &service,
            &[&["--config", &config, "--profile", "prod-eu"], args].concat(),
            &environment,
        );
        // The Region is that of the profile. A prompt waits for it only briefly; an empty line brings another prompt.
        let mut prompts = 1;
        let has_prompts = |screen: &str, prompts| screen.matches("flowlogs prod-eu").count() >= prompts;
        while !shell.wait("a prompt", |screen| has_prompts(screen, prompts)).contains("flowlogs prod-eu eu-north-1>") {
            shell.keys("\r");
            prompts += 1;
        }
        shell
    };
    let mut shell = start(&["--color", "always"]);
    assert!(shell.sent().contains("41mflowlogs prod-eu"), "{:?}", shell.sent());
    shell.keys(".account\r");
    shell.wait("the account", |screen| {
        screen.contains("123456789012") && screen.contains("arn:aws:") && screen.trim_end().ends_with('>')
    });
    shell.keys(".cost\r");
    shell.wait_for("0 B scanned, about 0.0000 USD");
    shell.keys("vpc | count()\r");
    shell.wait("the answer", |screen| screen.contains("COUNT") && screen.trim_end().ends_with('>'));
    // The amount that was spent counts in another Region, too.
    shell.keys(".region eu-south-2\r");
    shell.wait_for("flowlogs prod-eu eu-south-2>");
    shell.keys(".cost\r");
    shell.wait("the cost", |screen| screen.matches("scanned, about").count() == 2);
    assert_eq!(shell.screen().matches("0 B scanned").count(), 1, "{}", shell.screen());
}

#[test]
fn the_policy_allows_each_call_of_a_query_and_nothing_else() {
    let world = world();
    create_flow_log(world, "/policy/custom", &records::format(records::FIELDS_OF_A_FEW));
    let mut groups = world.groups();
    let events = Records::new(10).text_events();
    groups.push(Group { name: "/policy/custom".into(), created: 0, events });
    let service = LogsService::start(groups, quick());
    let proxy = Proxy::new(port(), |_| Verdict::Pass);
    let ask = |args: &[&str]| {
        let mut command = world.region.command(proxy.port, args);
        Ran::of(command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()))
    };
    ask(&["-e", "vpc prod | count()"]).done();
    ask(&["-e", "group \"/policy/*\" | count()"]).done();
    ask(&["-e", "vpc prod where remote prefix-list | count()"]).done();
    ask(&["why", "--no-records", "10.0.0.1", "443"]).done();
    // A reader that closes the pipe stops the query.
    service.set_script(Script { steps: vec![Step::Running(3), Step::Timeout], ..Script::default() });
    ask(&["-e", "vpc"]).fails(1, "");
    ask(&["--region", "all", "-e", "vpc | count()"]);

    let mut policy = Policy::new(&serde_json::from_str(&world.region.done(&["policy", "query"])).unwrap());
    let region = world.region.name;
    let requests = proxy.requests.lock().unwrap();
    let of_requests = requests.iter().flat_map(|request| needs(request, region));
    let of_logs = service.calls().into_iter().flat_map(|call| needs_of_logs(&call.operation, &call.input, region));
    for need in of_requests.chain(of_logs) {
        // This call cannot be denied; it identifies the account.
        assert!(need.action == "sts:GetCallerIdentity" || policy.allows(&need), "{need:?}");
    }
    assert_eq!(policy.unused(), Vec::<String>::new());
}

#[test]
fn what_the_go_tool_made_is_asked_as_ours_is() {
    let world = world();
    let tags =
        serde_json::json!([{"Key": "Name", "Value": "instance-old"}, {"Key": "Project", "Value": "flowlogs-cli"}]);
    let format = records::format(records::FIELDS);
    // No other flow log records it.
    let call = |method: &str, arguments| world.region.call("ec2", method, arguments);
    let vpc = call("create_vpc", serde_json::json!({"CidrBlock": "10.9.0.0/16"}))["Vpc"]["VpcId"].take();
    let subnet = call("create_subnet", serde_json::json!({"VpcId": vpc, "CidrBlock": "10.9.0.0/24"}));
    let subnet = serde_json::json!({"SubnetId": subnet["Subnet"]["SubnetId"]});
    let interface = world.region.call("ec2", "create_network_interface", subnet);
    let flow_log = serde_json::json!({
        "ResourceIds": [interface["NetworkInterface"]["NetworkInterfaceId"]], "ResourceType": "NetworkInterface", "LogFormat": format,
        "LogGroupName": "/fl-cli/instance-old", "LogDestinationType": "cloud-watch-logs", "TrafficType": "ALL",
        "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/fl-cli-eu-north-1-instance-old",
        "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": tags}]
    });
    world.region.call("ec2", "create_flow_logs", flow_log);
    let records = Records::new(25);
    let service = LogsService::start(
        vec![Group { name: "/fl-cli/instance-old".into(), created: 0, events: records.events() }],
        quick(),
    );
    let count = world.on_aws(&service, &["-o", "csv", "-e", "instance old | count()"]).done();
    assert_eq!(count, format!("count\n{}\n", records.lines_ok()));
}

#[test]
fn a_person_is_asked_before_a_query_that_costs_much() {
    let world = world();
    let service = world.service(quick());
    let config = world.folder.path().join("cost.toml").display().to_string();
    std::fs::write(&config, "[aws]\nask_above_usd = 0.1\nusd_per_gb = 1000\n").unwrap();
    let environment = [("AWS_REGION", world.region.name), ("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "B")];
    let ask = |sentence: &str| World::in_terminal(&service, &["--config", &config, "-e", sentence], &environment);
    let mut asked = ask("vpc last 2d | count()");
    asked.wait_for("USD");
    asked.keys("n\r");
    assert_eq!(asked.exit_code(), 1);
    assert!(!asked.screen().contains("COUNT"), "{}", asked.screen());
    let mut asked = ask("vpc last 2d | count()");
    asked.wait_for("about 0.");
    asked.keys("y\r");
    asked.wait_for("COUNT");
    // A short window may cost as much.
    let mut asked = ask("vpc last 2h | count()");
    asked.wait_for("about 0.");
    asked.keys("n\r");
    assert_eq!(asked.exit_code(), 1);
    std::fs::write(&config, "[aws]\nask_above_usd = 100\nusd_per_gb = 1000\n").unwrap();
    let estimates =
        || service.calls().iter().filter(|call| call.input["queryString"].to_string().contains("estimate")).count();
    let before = estimates();
    assert_eq!(ask("vpc last 2d | count()").exit_code(), 0);
    assert_eq!(estimates(), before);
}

#[test]
fn what_a_person_was_asked_about_is_found_once() {
    let world = world();
    let proxy = Proxy::new(port(), |_| Verdict::Pass);
    let service = world.service(quick());
    let (moto, logs) = (format!("http://127.0.0.1:{}", proxy.port), service.url());
    let environment = [
        ("AWS_ENDPOINT_URL", moto.as_str()),
        ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", logs.as_str()),
        ("AWS_REGION", world.region.name),
        ("AWS_ACCESS_KEY_ID", "A"),
        ("AWS_SECRET_ACCESS_KEY", "B"),
    ];
    let sentence = "vpc last 3d | count()";
    let mut asked = Terminal::start(&["-e", sentence, "-e", sentence], &environment, 120);
    assert_eq!(asked.exit_code(), 0, "{}", asked.screen());
    assert_eq!(asked.screen().matches("COUNT").count(), 2, "{}", asked.screen());
    let described = service.calls().iter().filter(|call| call.operation == "DescribeLogGroups").count();
    // Once for each sentence, but the network only once for both.
    assert_eq!((proxy.count("DescribeFlowLogs"), described, proxy.count("DescribeVpcs")), (2, 2, 1));
    let told = asked.screen().matches("the log groups keep nothing older").count();
    assert_eq!(told, 2, "{}", asked.screen());
}
