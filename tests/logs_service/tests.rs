//! The protocol, over bare HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Group, LogsService, Script, Step};

const RECENT: &str = "fields @timestamp, bytes | sort @timestamp desc | limit 100";

/// A group with one event a second, from second 1 on; their bytes are their numbers.
fn group(name: &str, events: usize) -> Group {
    let event = |number: usize| {
        let time = (number * 1000 + 999).to_string();
        vec![("@timestamp".to_string(), time), ("bytes".to_string(), number.to_string())]
    };
    Group { name: name.into(), created: 1000, events: (1..=events).map(event).collect() }
}

fn service(steps: &[Step]) -> LogsService {
    let script = Script { steps: steps.to_vec(), ..Script::default() };
    LogsService::start(vec![group("/vpc/a", 5), group("/vpc/b", 2), group("/other", 1)], script)
}

/// The status and the body of the answer.
fn call(service: &LogsService, operation: &str, input: &Value) -> (u16, Value) {
    let body = input.to_string();
    let mut stream = TcpStream::connect(service.url().strip_prefix("http://").unwrap()).unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: Logs_20140328.{operation}\r\n\
         Content-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body.as_str()).as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
}

fn start(service: &LogsService, query: &str, window: (i64, i64)) -> (u16, Value) {
    let input = json!({
        "queryString": query, "startTime": window.0, "endTime": window.1, "logGroupNames": ["/vpc/a"],
    });
    call(service, "StartQuery", &input)
}

fn poll(service: &LogsService, id: &Value) -> Value {
    let (status, page) = call(service, "GetQueryResults", &json!({ "queryId": id }));
    assert_eq!(status, 200, "{page}");
    page
}

fn error(answer: &(u16, Value)) -> &str {
    assert_eq!(answer.0, 400, "{}", answer.1);
    answer.1["__type"].as_str().unwrap()
}

#[test]
fn a_query_waits_runs_and_ends() {
    let service = service(&[Step::Scheduled, Step::Running(2), Step::Complete]);
    let (_, started) = start(&service, RECENT, (0, 100));
    let id = &started["queryId"];
    let page = poll(&service, id);
    assert_eq!((page["status"].as_str(), page["results"].as_array().unwrap().len()), (Some("Scheduled"), 0));
    let page = poll(&service, id);
    assert_eq!((page["status"].as_str(), page["results"].as_array().unwrap().len()), (Some("Running"), 2));
    for _ in 0..2 {
        let page = poll(&service, id);
        assert_eq!((page["status"].as_str(), page["results"].as_array().unwrap().len()), (Some("Complete"), 5));
        assert_eq!(
            page["results"][0],
            json!([
                { "field": "@timestamp", "value": "1970-01-01 00:00:05.999" },
                { "field": "bytes", "value": "5" },
                { "field": "@ptr", "value": "ptr-4" },
            ])
        );
        let statistics = &page["statistics"];
        assert_eq!(statistics["resultCount"].to_string(), "5.0");
        assert_eq!((&statistics["recordsMatched"], &statistics["recordsScanned"]), (&json!(5.0), &json!(5.0)));
        assert!(statistics["bytesScanned"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(service.calls().len(), 5);
    assert_eq!(service.calls()[0].operation, "StartQuery");
}

#[test]
fn windows_hold_whole_seconds_at_both_ends() {
    let service = service(&[Step::Complete]);
    let (_, started) = start(&service, "stats sum(bytes) as total | limit 1", (2, 4));
    let page = poll(&service, &started["queryId"]);
    assert_eq!(page["results"], json!([[{ "field": "total", "value": "9" }]]));
    assert_eq!(page["statistics"]["recordsScanned"], json!(3.0));
}

#[test]
fn rows_come_in_pages() {
    let service = service(&[Step::Complete]);
    let (_, started) = start(&service, "fields bytes | sort bytes asc | limit 100", (0, 100));
    let mut found = Vec::new();
    let mut input = json!({ "queryId": started["queryId"], "maxItems": 2 });
    loop {
        let (_, page) = call(&service, "GetQueryResults", &input);
        let rows = page["results"].as_array().unwrap();
        assert!(rows.len() <= 2);
        found.extend(rows.iter().map(|row| row[0]["value"].as_str().unwrap().to_string()));
        match &page["nextToken"] {
            Value::Null => break,
            token => input["nextToken"] = token.clone(),
        }
    }
    assert_eq!(found, ["1", "2", "3", "4", "5"]);
    let too_large = json!({ "queryId": started["queryId"], "maxItems": 10_001 });
    assert_eq!(error(&call(&service, "GetQueryResults", &too_large)), "InvalidParameterException");
}

#[test]
fn a_query_may_end_badly() {
    for (step, status) in [
        (Step::Failed, "Failed"),
        (Step::Cancelled, "Cancelled"),
        (Step::Timeout, "Timeout"),
        (Step::Unknown, "Unknown"),
    ] {
        let service = service(&[step]);
        let (_, started) = start(&service, RECENT, (0, 100));
        let page = poll(&service, &started["queryId"]);
        assert_eq!((page["status"].as_str(), &page["results"]), (Some(status), &json!([])));
    }
}

#[test]
fn calls_are_throttled_and_queries_are_too_many() {
    let service = service(&[Step::Running(0)]);
    service.set_script(Script { throttled: 2, most_running: 1, steps: vec![Step::Running(0)], ..Script::default() });
    assert_eq!(error(&start(&service, RECENT, (0, 100))), "ThrottlingException");
    assert_eq!(error(&start(&service, RECENT, (0, 100))), "ThrottlingException");
    let (status, started) = start(&service, RECENT, (0, 100));
    assert_eq!(status, 200);
    assert_eq!(error(&start(&service, RECENT, (0, 100))), "LimitExceededException");
    let stop = json!({ "queryId": started["queryId"] });
    assert_eq!(call(&service, "StopQuery", &stop), (200, json!({ "success": true })));
    assert_eq!(error(&call(&service, "StopQuery", &stop)), "InvalidParameterException");
    assert_eq!(poll(&service, &started["queryId"])["status"], "Cancelled");
    assert_eq!(start(&service, RECENT, (0, 100)).0, 200);
}

#[test]
fn what_is_wrong_with_a_query_is_said() {
    let service = service(&[Step::Complete]);
    assert_eq!(
        error(&start(&service, "fields bytes | filter bytes == 1 | limit 1", (0, 9))),
        "MalformedQueryException"
    );
    assert_eq!(error(&start(&service, RECENT, (0, 0))), "MalformedQueryException");
    assert_eq!(error(&start(&service, RECENT, (9, 8))), "InvalidParameterException");
    let two_ways = json!({
        "queryString": RECENT, "startTime": 0, "endTime": 9, "logGroupName": "/other", "logGroupNames": ["/other"],
    });
    assert_eq!(error(&call(&service, "StartQuery", &two_ways)), "InvalidParameterException");
    let nowhere = json!({ "queryString": RECENT, "startTime": 0, "endTime": 9, "logGroupName": "/none" });
    assert_eq!(error(&call(&service, "StartQuery", &nowhere)), "ResourceNotFoundException");
    assert_eq!(error(&call(&service, "GetQueryResults", &json!({ "queryId": "x" }))), "ResourceNotFoundException");
    assert_eq!(error(&call(&service, "DeleteLogGroup", &json!({}))), "UnknownOperationException");
}

#[test]
fn both_limits_hold_and_several_groups_are_asked() {
    let service = service(&[Step::Complete]);
    let arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/vpc/b";
    let input = json!({
        "queryString": RECENT, "startTime": 0, "endTime": 9, "limit": 6, "logGroupIdentifiers": ["/vpc/a", arn],
    });
    let (_, started) = call(&service, "StartQuery", &input);
    let page = poll(&service, &started["queryId"]);
    assert_eq!(page["results"].as_array().unwrap().len(), 6);
    assert_eq!(page["statistics"]["recordsMatched"], json!(7.0));
    assert_eq!(page["statistics"]["logGroupsScanned"], json!(2.0));
}

#[test]
fn log_groups_are_described_in_pages() {
    let service = service(&[]);
    let (_, page) = call(&service, "DescribeLogGroups", &json!({ "logGroupNamePrefix": "/vpc/", "limit": 1 }));
    assert_eq!(page["logGroups"][0]["logGroupName"], "/vpc/a");
    let next = json!({ "logGroupNamePrefix": "/vpc/", "limit": 1, "nextToken": page["nextToken"] });
    let (_, page) = call(&service, "DescribeLogGroups", &next);
    assert_eq!((&page["logGroups"][0]["logGroupName"], &page["nextToken"]), (&json!("/vpc/b"), &Value::Null));
}

#[test]
fn answers_take_their_time() {
    let service = service(&[Step::Complete]);
    service.set_script(Script { delay: Duration::from_millis(30), ..Script::default() });
    let begin = Instant::now();
    assert_eq!(start(&service, RECENT, (0, 9)).0, 200);
    assert!(begin.elapsed() >= Duration::from_millis(30));
}
