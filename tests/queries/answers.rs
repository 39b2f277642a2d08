//! Answers of the service on a bad day.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use serde_json::json;

use super::logs_service::{Group, LogsService, Script};
use super::program::Ran;
use super::records::{self, FIELDS, Records, now};
use super::{TURN, create_flow_log, interrupt, quick, wait_for_calls, world};

/// More records than one query returns.
const CROWDED: i64 = 100_050;

#[test]
fn a_second_with_more_records_than_a_query_returns_is_said_and_fails() {
    let world = world();
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let second = now() - 1_200;
    let mut events = Records::between(second, second + 1, CROWDED).bare_events();
    for (number, event) in (1..).zip(Records::between(second - 60, second + 60, 40).bare_events()) {
        // The records around it, but none of the same second.
        if number != 21 {
            events.push(event);
        }
    }
    let group = Group { name: format!("/fl-cli/{}", world.network.vpc), created: 0, events };
    let service = LogsService::start(vec![group], quick());
    let sentence = format!("vpc {} | show time, bytes | limit none last 2h", world.network.vpc);
    let ran = world.on_aws(&service, &["-o", "csv", "-e", &sentence]);
    let time = jiff::Timestamp::from_second(second).unwrap();
    let said = format!("the second {time} has more than 100000 records: some are missing");
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    assert_eq!((ran.code, ran.stdout.lines().count()), (Some(1), 1 + 100_000 + 39), "{}", ran.stderr);
    // A limit is in the text or in the parameter of the call, not in both with different values.
    let starts = service.calls().into_iter().filter(|call| call.operation == "StartQuery");
    assert!(starts.map(|call| call.input["limit"].clone()).all(|limit| limit.is_null()));
}

#[test]
fn an_answer_that_is_cut_ends_with_3_where_that_was_asked_for() {
    let world = world();
    let service = world.service(quick());
    let ran = world.on_aws(&service, &["--fail-on-truncate", "-e", "vpc"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("the answer is cut at 100 rows of 1,"), "{}", ran.stderr);
}

/// A value in a row has at most a thousand characters, so `@message` would be cut.
#[test]
fn a_record_that_is_longer_than_a_value_is_read_whole() {
    let world = world();
    let fields = format!(
        "{FIELDS} ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-task-definition-arn \
                          ecs-task-arn ecs-task-id"
    );
    create_flow_log(world, "/long/a", &records::format(&fields));
    // Records older than their flow log are not read.
    std::thread::sleep(Duration::from_secs(2));
    let start = now() - 1;
    let id = "0123456789abcdef".repeat(2);
    let long = |kind: &str| format!("arn:aws:ecs:eu-north-1:123456789012:{kind}/{}", "x".repeat(300));
    let value = |name: &str| match name {
        "start" | "end" => start.to_string(),
        "bytes" => "5000".into(),
        "log-status" => "OK".into(),
        "traffic-path" => "1".into(),
        "ecs-task-id" => id.clone(),
        "reject-reason" | "ecs-cluster-name" => "-".into(),
        name if name.starts_with("ecs-") => long(name),
        _ => "6".into(),
    };
    let line = fields.split_whitespace().map(value).collect::<Vec<_>>().join(" ");
    assert!(line.chars().count() > 1_200);
    let event = vec![("@timestamp".into(), format!("{start}000")), ("@message".into(), line)];
    let service = LogsService::start(vec![Group { name: "/long/a".into(), created: 0, events: vec![event] }], quick());
    let asked = "group \"/long/a\" | show bytes, path, reject.reason, ecs.task last 2h";
    let ran = world.on_aws(&service, &["-o", "csv", "-e", asked]);
    assert!(!ran.stderr.contains("the service cuts values"), "{}", ran.stderr);
    assert_eq!(ran.done(), format!("bytes,path,reject_reason,ecs_task\n5000,same-vpc,,{id}\n"));
}

#[test]
fn a_row_may_lack_a_field_or_have_it_twice_and_numbers_may_be_written_as_those_of_programs() {
    let world = world();
    let rows = [
        json!([{"field": "@timestamp", "value": "2026-11-23 08:00:00.000"}, {"field": "@ptr", "value": "a"}]),
        json!([{"field": "bytes", "value": "1"}, {"field": "bytes", "value": "1.2E+10"},
               {"field": "dstPort", "value": "22.0"}]),
        json!([{"field": "bytes"}, {"value": "7"}, {"field": "dstPort", "value": ""}]),
    ];
    let service = world.service(Script { rows: Some(rows.to_vec()), ..quick() });
    let ran = world.on_aws(&service, &["-o", "csv", "-e", "vpc | show dst.port, bytes"]);
    let mut lines: Vec<String> = ran.done().lines().map(Into::into).collect();
    lines.sort();
    assert_eq!(lines, [",", ",", "22,12000000000", "dst_port,bytes"]);
}

#[test]
fn two_processes_share_the_queries_that_the_account_may_run_at_once() {
    let world = world();
    let lasts = Duration::from_millis(700);
    let service = world.service(Script { most_running: 1, lasts, ..quick() });
    let start = || {
        let mut command = world.region.command(super::port(), &["-o", "csv", "-e", "vpc | count()"]);
        command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()).spawn().unwrap()
    };
    for process in [start(), start(), start()] {
        let ran = Ran::from(process.wait_with_output().unwrap());
        assert_eq!(ran.done(), format!("count\n{}\n", world.vpc.lines_ok()));
    }
    let starts = service.calls().into_iter().filter(|call| call.operation == "StartQuery").count();
    assert!(starts > 3, "no query had to wait");
}

#[test]
fn ctrl_c_ends_the_wait_for_a_turn_in_the_account() {
    let world = world();
    let service = world.service(Script { most_running: 0, ..quick() });
    let mut command = world.region.command(super::port(), &["-e", "vpc | count()"]);
    let asked = command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", service.url()).spawn().unwrap();
    wait_for_calls(&service, "StartQuery", 5);
    let interrupted = Instant::now();
    interrupt(&asked);
    let ran = Ran::from(asked.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(130), ""), "{}", ran.stderr);
    assert!(interrupted.elapsed() < Duration::from_secs(1), "{:?}", interrupted.elapsed());
    assert!(ran.stderr.contains("maximum query concurrency limit"), "{}", ran.stderr);
}

#[test]
fn a_field_that_a_custom_format_lacks_is_said_before_a_query_is_started() {
    let world = world();
    create_flow_log(world, "/lacking/a", &records::format("pkt-dstaddr bytes start end log-status"));
    std::thread::sleep(Duration::from_secs(2));
    let second = now() - 1;
    let event = |far: &str, bytes: u32| {
        let line = format!("{far} {bytes} {second} {second} OK");
        vec![("@timestamp".into(), format!("{second}000")), ("@message".into(), line)]
    };
    let events = vec![event("10.0.0.99", 7), event("10.0.0.98", 8)];
    let service = LogsService::start(vec![Group { name: "/lacking/a".into(), created: 0, events }], quick());
    for args in [["explain", "--console"], ["explain", "--estimate"]] {
        let ran = world.on_aws(&service, &[&args[..], &["group \"/lacking/a\" where pkt.src = 10.0.0.9"]].concat());
        ran.fails(1, "no queried flow log has the field `pkt.src.addr`");
    }
    assert!(service.calls().iter().all(|call| call.operation != "StartQuery"));
    let asked = ["-o", "csv", "-e", "group \"/lacking/a\" where pkt.dst = 10.0.0.99 | sum(bytes) last 2h"];
    assert_eq!(world.on_aws(&service, &asked).done(), "sum_bytes\n7\n");
    let links = world.on_aws(&service, &["explain", "--console", "group \"/lacking/a\" where pkt.dst = 10.0.0.9"]);
    assert!(links.done().contains("pktDstAddr"));
}
