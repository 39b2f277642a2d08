//! Any file that a person points the program at: the program reads it correctly, or says what it is.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]
#![allow(clippy::format_collect, reason = "files are made a line at a time, once")]

mod program;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use program::Ran;

/// Three records of the default format: one accepted, one rejected, one without traffic.
const RECORDS: [&str; 3] = [
    "2 111122223333 eni-0f1e2d3c 192.0.2.10 10.20.0.4 51515 8443 6 7 700 1700000000 1700000055 ACCEPT OK",
    "2 111122223333 eni-0f1e2d3c 203.0.113.77 10.20.0.4 40404 3389 6 1 52 1700000060 1700000115 REJECT OK",
    "2 111122223333 eni-0f1e2d3c - - - - - - - 1700000120 1700000175 - NODATA",
];

const HEADER: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end \
                      action log-status";

/// The question that every file is asked, and its answer for the three records.
const QUESTION: &str = "| sum(bytes) as total, count() as flows by action | sort action";
const ANSWER: &str = "action,total,flows\nACCEPT,700,1\nREJECT,52,1\n";

fn flowlogs(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
    command.args(args).env_clear().env("TZ", "UTC").env("HOME", "/nonexistent").stdin(Stdio::null());
    command
}

fn ask(path: &Path, question: &str) -> Ran {
    Ran::of(&mut flowlogs(&["--local", path.to_str().unwrap(), "-o", "csv", "-e", question]))
}

/// A file of this name in its own folder.
fn file(name: &str, contents: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, contents).unwrap();
    (folder, path)
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_STANDARD.encode(bytes)
}

fn text() -> String {
    format!("{HEADER}\n{}\n", RECORDS.join("\n"))
}

fn event(record: &str) -> Value {
    json!({ "logStreamName": "eni-0f1e2d3c-all", "timestamp": 1_700_000_000_000_u64, "message": record, "eventId": "3" })
}

fn subscription(records: &[&str]) -> Value {
    let events: Vec<Value> =
        records.iter().map(|record| json!({ "id": "1", "timestamp": 1, "message": record })).collect();
    json!({ "messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "flow", "logEvents": events })
}

fn control() -> Value {
    let event =
        json!({ "id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE: Checking health of destination Firehose." });
    json!({ "messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logEvents": [event] })
}

/// The records as objects, with values made by `value` from the name and the text.
fn objects(value: impl Fn(&str, &str) -> Option<Value>) -> Vec<Value> {
    let names = || HEADER.split_whitespace();
    let object = |record: &&str| {
        let pairs = names().zip(record.split(' '));
        Value::Object(pairs.filter_map(|(name, text)| Some((name.into(), value(name, text)?))).collect())
    };
    RECORDS.iter().map(object).collect()
}

fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

/// A CSV text of the three records, each value in quotes, with these names.
fn csv(names: &str, line_end: &str) -> String {
    let row = |values: Vec<String>| values.join(",") + line_end;
    let quoted = |text: &str| format!("\"{}\"", if text == "-" { "" } else { text });
    let header = row(names.split_whitespace().map(quoted).collect());
    header + &RECORDS.iter().map(|record| row(record.split(' ').map(quoted).collect())).collect::<String>()
}

#[test]
fn log_messages_are_found_in_whatever_json_wraps_them() {
    let events: Vec<Value> = RECORDS.iter().map(|record| event(record)).collect();
    let firehose = |data: Vec<String>| {
        let records: Vec<Value> = data.into_iter().map(|data| json!({ "data": data })).collect();
        json!({ "requestId": "r", "timestamp": 1, "records": records })
    };
    let insights: Vec<Value> = RECORDS
        .iter()
        .map(|record| json!([{ "field": "@message", "value": record }, { "field": "@ptr", "value": "Cl" }]))
        .collect();
    let joined = format!("{}{}{}", subscription(&RECORDS[..2]), control(), subscription(&RECORDS[2..]));
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("an event a line", lines(&events).into()),
        ("filter-log-events", json!({ "events": events, "searchedLogStreams": [] }).to_string().into()),
        (
            "get-log-events, indented",
            serde_json::to_vec_pretty(&json!({ "nextForwardToken": "f/1", "events": events })).unwrap(),
        ),
        ("a list of texts", json!(RECORDS).to_string().into()),
        ("a list of events", json!(events).to_string().into()),
        ("subscription messages joined without newlines", joined.clone().into()),
        ("subscription messages joined by commas", joined.replace("}{", "},{").into()),
        ("subscription messages, compressed", gzip(&joined)),
        ("subscription messages, compressed twice", gzip(gzip(&joined))),
        ("a message a line", lines(&RECORDS.map(|record| json!({ "message": format!("{record}\n") }))).into()),
        ("a Firehose request of texts", firehose(RECORDS.map(base64).into()).to_string().into()),
        (
            "a Firehose request of compressed subscription messages",
            firehose(vec![base64(gzip(control().to_string())), base64(gzip(joined))]).to_string().into(),
        ),
        (
            "a Lambda event",
            json!({ "awslogs": { "data": base64(gzip(subscription(&RECORDS).to_string())) } }).to_string().into(),
        ),
        (
            "a Kinesis event",
            json!({ "Records": [{ "kinesis": { "data": base64(gzip(subscription(&RECORDS).to_string())) } }] })
                .to_string()
                .into(),
        ),
        ("get-query-results", json!({ "results": insights, "status": "Complete" }).to_string().into()),
        ("a byte order mark", format!("\u{feff}{}", lines(&events)).into()),
    ];
    for (name, contents) in cases {
        let (_folder, path) = file("log", contents);
        let ran = ask(&path, QUESTION);
        assert!(ran.stderr.contains("1 NODATA hidden"), "{name}: {}", ran.stderr);
        assert!(!ran.stderr.contains("malformed"), "{name}: {}", ran.stderr);
        assert_eq!(ran.done(), ANSWER, "{name}");
    }
}

#[test]
fn records_are_read_by_the_names_of_their_values() {
    let absent = |text: &str| if text == "-" { Value::Null } else { text.into() };
    let number = |text: &str| text.parse::<u64>().map_or_else(|_| absent(text), Value::from);
    let fraction = |text: &str| text.parse::<f64>().map_or_else(|_| absent(text), Value::from);
    let camel = "version accountId interfaceId srcAddr dstAddr srcPort dstPort protocol packets bytes startTime endTime \
                 action logStatus";
    let dated = |name: &str, text: &str| match name {
        "start" | "end" => {
            let time = jiff::Timestamp::from_second(text.parse().unwrap()).unwrap();
            Some(time.to_string().replace('T', " ").trim_end_matches('Z').into())
        }
        _ => Some(text.into()),
    };
    let rows: Vec<Value> = objects(|_, text| Some(text.into()))
        .iter()
        .map(|object| {
            let pairs = object.as_object().unwrap().iter();
            pairs.map(|(name, value)| json!({ "field": name, "value": value })).collect()
        })
        .collect();
    let cases: Vec<(&str, String)> = vec![
        ("texts", lines(&objects(|_, text| Some(text.into())))),
        ("numbers", lines(&objects(|_, text| Some(number(text))))),
        (
            "numbers with fractions",
            lines(&objects(|name, text| Some(if name == "account-id" { text.into() } else { fraction(text) }))),
        ),
        ("a list", json!(objects(|_, text| Some(number(text)))).to_string()),
        ("without absent values", lines(&objects(|_, text| (text != "-").then(|| number(text))))),
        ("underscores", lines(&objects(|_, text| Some(number(text)))).replace("log-status", "log_status")),
        ("dates", lines(&objects(dated))),
        ("get-query-results", json!({ "results": rows }).to_string()),
        ("CSV", csv(HEADER, "\n")),
        ("CSV of Athena", csv(&HEADER.replace('-', "_"), "\r\n")),
        ("CSV of Logs Insights", csv(camel, "\n")),
        ("CSV with a byte order mark", format!("\u{feff}{}", csv(camel, "\r\n"))),
        ("CSV with the event's time", csv(&HEADER.replace("start", "@timestamp"), "\n")),
    ];
    for (name, contents) in cases {
        let (_folder, path) = file("log", contents);
        let ran = ask(&path, QUESTION);
        assert!(ran.stderr.contains("1 NODATA hidden"), "{name}: {}", ran.stderr);
        assert!(!ran.stderr.contains("malformed"), "{name}: {}", ran.stderr);
        assert_eq!(ran.done(), ANSWER, "{name}");
        let first = ask(&path, "where dst.port = 3389 | show time, account, src.addr, eni").done();
        assert_eq!(
            first, "time,account,src_addr,eni\n2023-11-14T22:14:20Z,111122223333,203.0.113.77,eni-0f1e2d3c\n",
            "{name}"
        );
    }
}

#[test]
fn downloads_of_the_console_have_messages_in_a_column() {
    let rows = |time: &str| RECORDS.iter().map(|record| format!("{time},\"{record}\"\r\n")).collect::<String>();
    for contents in [
        format!("timestamp,message\r\n{}", rows("1700000000000")),
        format!("@timestamp,@message\r\n{}", rows("2023-11-14 22:13:20.000")),
        format!("\u{feff}timestamp,message\r\n{}", rows("1700000000000")),
        format!("timestamp,message\n1700000000000,\"{}\n\"\n{}", RECORDS[0], rows("1").replace(RECORDS[0], "")),
    ] {
        let (_folder, path) = file("download.csv", &contents);
        assert_eq!(ask(&path, QUESTION).done(), ANSWER, "{contents}");
    }
}

#[test]
fn what_is_malformed_in_json_and_csv_is_counted_and_named() {
    let good = event(RECORDS[0]);
    let cases = [
        (
            format!("{good}\n{{\"message\": \"2 111\n{good}\n"),
            "1 malformed record, the first in",
            "record 2: it is not JSON",
        ),
        (format!("{good}\n{}\n{good}\n", event("2 111 eni")), "1 malformed record", "record 2: 3 values where"),
        (format!("{good}\n7\n{good}\n"), "1 malformed record", "record 2: `7` is neither a log message nor a record"),
        (
            format!("{good}\n{}\n{good}\n", json!({ "srcaddr": "10.0.0.1" })),
            "1 malformed record",
            "record 2: a record among log messages",
        ),
        (
            format!("timestamp,message\n1,{0}\n1\n1,{0}\n", RECORDS[0]),
            "1 malformed row",
            "row 3: 1 values where the header row has 2",
        ),
        (
            "srcaddr,dstport,bytes\n10.0.0.1,22,700\n10.0.0.1,65543,1\n10.0.0.1,22,700\n".into(),
            "1 malformed row",
            "row 3: dstport is `65543`, not a number from 0 to 65535",
        ),
    ];
    for (contents, count, reason) in cases {
        let (_folder, path) = file("log", &contents);
        let ran = ask(&path, "| sum(bytes) as total");
        assert!(ran.stderr.contains(count) && ran.stderr.contains(reason), "{contents}: {}", ran.stderr);
        assert_eq!(ran.done(), "total\n1400\n", "{contents}");
    }
}

#[test]
fn a_name_that_appears_later_is_noted() {
    let first = lines(&objects(|_, text| Some(text.into()))).repeat(4000);
    assert!(first.len() > 1 << 20);
    let (_folder, path) =
        file("log", format!("{first}{}", json!({ "srcaddr": "10.0.0.1", "log-status": "OK", "color": "red" })));
    let ran = ask(&path, "| count() as n");
    assert!(ran.stderr.contains("records further on have `color`"), "{}", ran.stderr);
    assert_eq!(ran.done(), "n\n8001\n");
}

#[test]
fn transit_gateway_records_are_told_by_what_they_are() {
    let record = |resource: &str| {
        format!(
            "6 {resource} 111122223333 tgw-0a tgw-attach-0b 111122223333 444455556666 vpc-0c vpc-0d subnet-0e subnet-0f \
             eni-01 eni-02 use1-az1 use1-az2 tgw-attach-03 10.0.0.1 10.1.0.1 40000 443 6 10 1500 1700000000 1700000060 OK \
             IPv4 0 1 2 3 2 us-east-1 ingress - -\n"
        )
    };
    let (_folder, path) = file("log", record("TransitGateway") + &record("TransitGatewayAttachment"));
    let ran = ask(&path, "| sum(bytes) as total, sum(packets.lost.blackhole) as lost by tgw.id").done();
    assert_eq!(ran, "tgw_id,total,lost\ntgw-0a,3000,2\n");
    let (_folder, path) = file("log", record("CoreNetwork"));
    ask(&path, QUESTION).fails(1, "no header line, and records of Cloud WAN");
}

#[test]
fn statuses_and_actions_are_read_in_any_case() {
    let lower = text().replace("ACCEPT OK", "accept ok").replace("NODATA", "NoData");
    let (_folder, path) = file("log", lower);
    assert_eq!(ask(&path, QUESTION).done(), ANSWER);
    assert_eq!(
        ask(&path, "where status in (OK, NODATA) | count() by status | sort status").done(),
        "status,count\nNODATA,1\nOK,2\n"
    );
    for wrong in ["FINE", "-", "\"OK\""] {
        let (_folder, path) = file("log", format!("{}{}\n", text(), RECORDS[0].replace("OK", wrong)));
        let ran = ask(&path, QUESTION);
        assert!(ran.stderr.contains(&format!("line 5: log-status is `{wrong}`")), "{}", ran.stderr);
        assert_eq!(ran.done(), ANSWER);
    }
}

#[test]
fn a_file_in_which_nothing_fits_its_header_is_refused() {
    let quoted: Vec<String> = RECORDS.iter().map(|record| format!("\"{}\"", record.replace(' ', "\" \""))).collect();
    let (_folder, path) = file("log", format!("{HEADER}\n{}\n", quoted.join("\n")));
    ask(&path, QUESTION).fails(1, "lines that do not fit its header line: version is `\"2\"`");
}

#[test]
fn a_stray_field_name_is_a_malformed_line_and_another_header_an_error() {
    let (_folder, path) = file("log", format!("{}start\n", text()));
    let ran = ask(&path, QUESTION);
    assert!(ran.stderr.contains("line 5: 1 value where the format has 14"), "{}", ran.stderr);
    assert_eq!(ran.done(), ANSWER);
    let (_folder, path) = file("log", format!("{}srcaddr dstaddr bytes\n10.0.0.1 10.0.0.2 5\n", text()));
    ask(&path, QUESTION).fails(1, "changes its format at line 5");
}

#[test]
fn a_file_that_is_none_is_called_what_it_is() {
    let cases: [(&[u8], &str); 9] = [
        (b"{\"name\": \"flowlogs\", \"version\": \"1\"}", "it is JSON without flow log messages or records"),
        (b"{\"message\": \"hello\"}", "its log messages are not flow log records"),
        (b"{\"name\": ", "it is JSON that is cut off"),
        (b"{name: 5}", "it is not JSON: key must be a string"),
        (b"a,b\n1,2\n", "it is CSV, and its header row names neither fields nor a `message`"),
        (b"2 111 eni 7,8 9\n", "no header line"),
        (b"timestamp,message\n1,hello\n", "its log messages are not flow log records"),
        (b"\xff\xfev\0e\0r\0", "it is UTF-16 text: save it as UTF-8"),
        (b"PK\x03\x04\0\0", "it holds binary data"),
    ];
    let long = lines(&vec![json!({ "body": "hello", "@timestamp": "2026-01-01T00:00:00Z" }); 500]);
    let cases = cases.into_iter().chain([(long.as_bytes(), "it is JSON without flow log messages or records")]);
    for (contents, reason) in cases {
        let (_folder, path) = file("log", contents);
        let ran = ask(&path, QUESTION);
        assert_eq!(ran.stderr.contains("--format"), reason == "no header line", "{}", ran.stderr);
        ran.fails(1, reason);
    }
}

/// A folder with the three records twice, and a file of this name and contents.
fn among_others(name: &str, contents: &[u8]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for good in ["a.log", "c.log"] {
        fs::write(folder.path().join(good), text()).unwrap();
    }
    fs::write(folder.path().join(name), contents).unwrap();
    folder
}

#[test]
fn a_damaged_file_does_not_take_the_answer_of_others_along() {
    let many: String = text() + &format!("{}\n", RECORDS[0]).repeat(20_000);
    let whole = gzip(&many);
    let mut wrong_checksum = whole.clone();
    let at = wrong_checksum.len() - 8;
    wrong_checksum[at] ^= 1;
    let events: String = RECORDS.iter().map(|record| format!("{}\n", event(record))).collect();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("cut off", whole[..whole.len() / 2].to_vec(), "it is cut off"),
        ("checksum", wrong_checksum, "it is damaged: corrupt gzip stream does not have a matching checksum"),
        ("rubbish", [gzip(text()), b"rubbish".to_vec()].concat(), "the bytes after its last gzip member are not gzip"),
        ("only a start", whole[..6].to_vec(), "it is cut off"),
        ("a cut event", format!("{events}{{\"message\": \"2 ").into(), "it is cut off"),
        ("a broken document", format!("{events}[{{]").into(), "it is not JSON"),
        ("cut parquet", b"PAR1\x00\x00\x00\x00\x00\x00".to_vec(), "it is cut off"),
    ];
    for (name, contents, reason) in cases {
        for among in [true, false] {
            let (_alone, folder) =
                if among { (None, among_others("b.log", &contents)) } else { (Some(()), TempDir::new().unwrap()) };
            let path = folder.path().join("b.log");
            fs::write(&path, &contents).unwrap();
            let of = if among { folder.path().to_path_buf() } else { path.clone() };
            let ran = ask(&of, "where dst.port = 3389 | count() as n");
            assert_eq!(ran.code, Some(1), "{name}: {}", ran.stderr);
            let told = if among {
                format!("cannot read all of `{}`: ", path.display())
            } else {
                format!("`{}`", path.display())
            };
            let reason = reason.trim_start_matches("it is ");
            assert!(ran.stderr.contains(&told) && ran.stderr.contains(reason), "{name}: {}", ran.stderr);
            // The records before the damage count.
            let found = 2 + u32::from(!["only a start", "cut parquet"].contains(&name));
            assert_eq!(ran.stdout, if among { format!("n\n{found}\n") } else { String::new() }, "{name}");
            let newest = ask(&of, "where dst.port = 3389 | show bytes | limit none");
            assert_eq!(
                (newest.code, newest.stdout.lines().count()),
                (Some(1), if among { 1 + found as usize } else { 0 }),
                "{name}"
            );
            let strict = Ran::of(&mut flowlogs(&["--local", of.to_str().unwrap(), "--strict", "-e", QUESTION]));
            assert_eq!((strict.code, strict.stdout.as_str()), (Some(1), ""), "{name}");
        }
    }
}

#[test]
fn a_script_and_machines_learn_of_a_failed_file() {
    let folder = among_others("b.gz", &gzip(text())[..60]);
    let path = folder.path().to_str().unwrap();
    let script = folder.path().join("s.rhai");
    let run = |text: &str| {
        fs::write(&script, text).unwrap();
        Ran::of(&mut flowlogs(&["--local", path, "run", script.to_str().unwrap()]))
    };
    let ran = run(
        "let rows = query(\"| count() as n\"); print(`${rows[0].n} ${stats().partial} ${stats().failed_files.len()}`);",
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), "4 true 1\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot read all of"), "{}", ran.stderr);
    let ran = run("let n = 0; for row in rows(\"show bytes\") { n += 1; } print(`${n} ${stats().partial}`); exit(0);");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "4 true\n"), "{}", ran.stderr);
    let ran = Ran::of(&mut flowlogs(&["--local", path, "--stats", "json", "-e", QUESTION]));
    let stats: Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    assert_eq!((&stats["partial"], stats["failed_files"].as_array().unwrap().len()), (&json!(true), 1));
}

#[test]
fn a_file_that_cannot_be_opened_is_named_and_the_others_answer() {
    let folder = among_others("b.log", b"");
    let missing = folder.path().join("missing.log");
    let ran = Ran::of(&mut flowlogs(&[
        "--local",
        missing.to_str().unwrap(),
        "--local",
        folder.path().to_str().unwrap(),
        "-o",
        "csv",
        "-e",
        "| count() as n",
    ]));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), "n\n4\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("cannot read all of `{}`", missing.display())), "{}", ran.stderr);
    ask(&missing, QUESTION).fails(1, "cannot read");
}

#[test]
fn the_first_file_of_several_bad_ones_is_named_however_threads_run() {
    let folder = TempDir::new().unwrap();
    for n in 0..40 {
        let other = if n % 10 == 3 { "srcaddr dstaddr bytes\n" } else { "" };
        fs::write(folder.path().join(format!("{n:02}.log")), text().repeat(200) + other).unwrap();
    }
    for _ in 0..8 {
        ask(folder.path(), QUESTION).fails(1, "03.log` changes its format");
    }
}

#[test]
fn the_closing_line_tells_the_time_that_was_waited() {
    let folder = TempDir::new().unwrap();
    for n in 0..3000 {
        fs::write(folder.path().join(format!("{n}.log")), text()).unwrap();
    }
    let started = std::time::Instant::now();
    let ran = Ran::of(&mut flowlogs(&["--local", folder.path().to_str().unwrap(), "--stats", "json", "-e", QUESTION]));
    let waited = started.elapsed().as_secs_f64();
    let stats: Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    let told = stats["elapsed_s"].as_f64().unwrap();
    // The rest is the start of the process.
    assert!(told <= waited && told > waited * 0.5, "{told} of {waited}");
}

#[test]
fn folders_fill_what_a_record_lacks_and_replace_nothing() {
    let folder = TempDir::new().unwrap();
    let log = |place: &str, text: &str| {
        let path = folder.path().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let records = "account-id bytes log-status\n- 1 OK\n999988887777 2 OK\n";
    log("aws-account-id=111122223333/aws-region=eu-west-1/year=2026/hour=07/a.log", records);
    log("aws-account-id=444455556666/aws-region=us-east-1/year=2026/hour=08/b.log", "bytes log-status\n4 OK\n");
    log("c.log", "region bytes log-status\nap-south-1 8 OK\n");
    assert_eq!(
        ask(folder.path(), "| sum(bytes) as total by account, region | sort total asc").done(),
        "account,region,total\n111122223333,eu-west-1,1\n999988887777,eu-west-1,2\n444455556666,us-east-1,4\n,ap-south-1,8\n"
    );
    assert_eq!(ask(folder.path(), "where `hour` = \"08\" | show bytes, `year`").done(), "bytes,year\n4,2026\n");
    assert_eq!(ask(folder.path(), "where region = eu-west-1 | sum(bytes) as n").done(), "n\n3\n");
}

#[test]
fn two_flow_logs_over_one_interface_are_noted() {
    let folder = TempDir::new().unwrap();
    let deliver = |flow_log: &str, text: &str| {
        let name = format!("111122223333_vpcflowlogs_us-east-1_{flow_log}_20231114T2215Z_1f2e.log.gz");
        fs::write(folder.path().join(name), gzip(text)).unwrap();
    };
    deliver("fl-0a1b", &text());
    deliver("fl-0c2d", &text().replace("eni-0f1e2d3c", "eni-99"));
    assert!(!ask(folder.path(), QUESTION).stderr.contains("counts twice"));
    deliver("fl-0e3f", &text());
    let note = "fl-0a1b and fl-0e3f both have records of eni-0f1e2d3c: that traffic counts twice";
    let ran = ask(folder.path(), QUESTION);
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
    assert!(ask(folder.path(), "show bytes").stderr.contains(note));
    assert!(!ask(folder.path(), "where eni = eni-99 | sum(bytes)").stderr.contains("counts twice"));
}

/// The most memory that a question takes with these options, in MiB.
#[cfg(target_os = "linux")]
fn peak_mib(path: &Path, options: &[&str], question: &str) -> u64 {
    let mut child = flowlogs(&["--local", path.to_str().unwrap(), "--quiet", "-e", question])
        .args(options)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
        peak_kib = peak_kib.max(line.trim().trim_end_matches(" kB").parse().unwrap());
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    peak_kib >> 10
}

#[cfg(target_os = "linux")]
#[test]
fn no_line_or_document_is_kept_in_memory_as_a_whole() {
    const MIB: usize = 1 << 20;
    let (_folder, small) = file("small.log", text());
    let usual = peak_mib(&small, &[], QUESTION);
    let good = format!("{}\n", event(RECORDS[0]));
    let long_text = |mib: usize| [good.as_bytes(), b"{\"message\": \"", &vec![b'x'; mib * MIB], b"\"}\n"].concat();
    let list = |mib: usize| format!("[{}]", format!("{},", good.trim()).repeat(mib * MIB / good.len()) + good.trim());
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("one line in gzip", gzip(vec![b'x'; 256 * MIB])),
        ("a long line behind a record", [text().as_bytes(), &vec![b'x'; 128 * MIB]].concat()),
        ("a long text in JSON", long_text(128)),
        ("a list on one line", list(48).into()),
        ("deep nesting", vec![b'['; 64 * MIB]),
        ("a quote that is never closed", [b"srcaddr,bytes\n\"", &vec![b'x'; 64 * MIB][..]].concat()),
    ];
    for (name, contents) in cases {
        let (_folder, path) = file("log", contents);
        let peak = peak_mib(&path, &[], QUESTION);
        assert!(peak < usual + 40, "{name}: {peak} MiB, of a small file {usual} MiB");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_few_bytes_of_gzip_with_many_records_stay_within_the_memory_limit() {
    let (_folder, small) = file("small.log", text());
    let usual = peak_mib(&small, &[], QUESTION);
    let many = gzip(text() + &format!("{}\n", RECORDS[0]).repeat(2_500_000));
    assert!(many.len() < 4 << 20, "{}", many.len());
    let (_folder, path) = file("log.gz", many);
    // Without a limit, the four values of each record would take more than 300 MiB.
    let options = ["--memory-limit", "16MiB", "-o", "csv"];
    let peak = peak_mib(&path, &options, "show bytes, src.addr, dst.addr, eni | limit none");
    assert!(peak < usual + 200, "{peak} MiB, of a small file {usual} MiB");
}

#[test]
fn an_event_that_is_being_written_is_left_for_later() {
    let whole = event(RECORDS[0]).to_string() + "\n";
    let (_folder, path) = file("events.ndjson", whole.clone() + &whole[..50]);
    let mut command =
        flowlogs(&["--local", path.to_str().unwrap(), "-o", "csv", "-e", "show bytes, dst.port | follow"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut rows = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!([rows.next().unwrap(), rows.next().unwrap()], ["bytes,dst_port", "700,8443"]);
    let second = event(RECORDS[1]).to_string() + "\n";
    fs::write(&path, whole + &second).unwrap();
    assert_eq!(rows.next().unwrap(), "52,3389");
    child.kill().unwrap();
    child.wait().unwrap();
}
