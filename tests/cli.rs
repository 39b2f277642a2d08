//! The program as its users see it: whole standard output, standard error, exit codes.
#![cfg(all(unix, feature = "local"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]
#![allow(clippy::format_collect, reason = "records are made a line at a time, once")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A run of the program, from its arguments to what is asserted of it.
struct Run {
    command: Command,
    input: Vec<u8>,
}

struct Ran {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

fn flowlogs(args: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
    command.args(args).env_clear().env("TZ", "UTC").env("HOME", "/nonexistent");
    Run { command, input: Vec::new() }
}

impl Run {
    fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    fn input(mut self, bytes: &[u8]) -> Self {
        self.input = bytes.to_vec();
        self
    }

    fn run(mut self) -> Ran {
        let mut child =
            self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A program that does not read its input may have closed it.
        let _ = child.stdin.take().unwrap().write_all(&self.input);
        let Output { stdout, stderr, status } = child.wait_with_output().unwrap();
        Ran {
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
            code: status.code(),
        }
    }
}

impl Ran {
    #[track_caller]
    fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    fn fails(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "");
        self
    }

    #[track_caller]
    fn says(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "`{part}` is not in: {}", self.stderr);
        self
    }
}

const V2: &str = "\
version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
2 123456789012 eni-1 10.0.0.5 203.0.113.9 44321 443 6 10 1000 1795434000 1795434060 ACCEPT OK
2 123456789012 eni-1 198.51.100.7 10.0.0.5 51000 22 6 1 40 1795434100 1795434160 REJECT OK
2 123456789012 eni-2 - - - - - - - 1795434200 1795434260 - NODATA
";

/// A folder with one file of the records above.
fn logs() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("v2.log");
    fs::write(&path, V2).unwrap();
    (folder, path.display().to_string())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn columns_are_chosen_by_a_flag_or_the_config_file_where_a_sentence_does_not() {
    let (folder, path) = logs();
    let header = |args: &[&str], sentence: &str| {
        let base = ["--local", path.as_str(), "-o", "csv", "-e", sentence];
        flowlogs(&[&base, args].concat()).run().done().stdout.lines().next().unwrap().to_string()
    };
    let interface = "time,eni,local_addr,local_port,dir,remote_addr,remote_port,action,packets,bytes,proto,flags,path";
    assert_eq!(header(&["--columns", "interface"], "where reject"), interface);
    assert_eq!(header(&["--columns", "eni,srcaddr"], "where reject"), "eni,src_addr");
    assert_eq!(header(&["--columns", "interface"], "show bytes"), "bytes");
    let config = folder.path().join("config.toml");
    fs::write(&config, "[columns]\ndefault = \"interface\"\n").unwrap();
    let config = config.display().to_string();
    assert_eq!(header(&["--config", &config], "where reject"), interface);
    assert!(header(&["--config", &config, "--columns", "seed"], "where reject").contains("pkt_src_addr"));
    flowlogs(&["--local", &path, "--columns", "bites", "-e", "all"]).run().fails(2).says("did you mean `bytes`?");
    fs::write(folder.path().join("config.toml"), "[columns]\ndefault = \"port\"\n").unwrap();
    flowlogs(&["--config", &config, "--local", &path, "-e", "all"])
        .run()
        .fails(1)
        .says("`[columns]`: `port` is either side");
    // The table shows the interface, and an arrow for the direction.
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sample");
    let ran = flowlogs(&["--local", sample, "-q", "--columns", "interface", "-e", "limit 1"]).run().done();
    let heading = ran.stdout.lines().next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(heading.starts_with("TIME NI ID LOCAL ADDR LOCAL PORT FLOW REMOTE ADDR REMOTE PORT ACTION"), "{heading}");
}

#[test]
fn the_default_table_has_the_ends_of_the_record_and_the_packet() {
    let (_folder, path) = logs();
    let ran = flowlogs(&["--local", &path, "-e", "reject"]).run();
    // `reject` alone is a selector of nothing: a sentence starts with a target or a stage.
    ran.fails(2).says("did you mean");
    let ran = flowlogs(&["--local", &path, "-e", "where reject"]).run().done();
    let header: Vec<&str> =
        ran.stdout.lines().next().unwrap().split("  ").map(str::trim).filter(|h| !h.is_empty()).collect();
    assert_eq!(
        header,
        [
            "TIME",
            "FLOW",
            "ACTION",
            "PACKETS",
            "BYTES",
            "PROTOCOL",
            "SRC ADDR",
            "PKT SRC ADDR",
            "SRC PORT",
            "DST ADDR",
            "PKT DST ADDR",
            "DST PORT",
            "TCP FLAGS"
        ]
    );
    let row: Vec<&str> =
        ran.stdout.lines().nth(1).unwrap().split("  ").map(str::trim).filter(|h| !h.is_empty()).collect();
    assert_eq!(
        row,
        [
            "2026-11-23 11:41:40",
            "-",
            "REJECT",
            "1",
            "40",
            "TCP",
            "198.51.100.7",
            "-",
            "51000",
            "10.0.0.5",
            "-",
            "22",
            "-"
        ]
    );
    assert_eq!(ran.stdout.lines().count(), 2);
}

#[test]
fn data_goes_to_standard_output_and_all_else_to_standard_error() {
    let (_folder, path) = logs();
    let ran = flowlogs(&["--local", &path, "-e", "where reject | show bytes"]).run().done();
    assert_eq!(ran.stdout, "BYTES\n   40\n");
    ran.says("window: all records, times in UTC")
        .says("1 row · 3 records and")
        .says("of 1 file scanned")
        .says("1 NODATA hidden");
    let quiet = flowlogs(&["--local", &path, "--quiet", "-e", "where reject | show bytes"]).run().done();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("BYTES\n   40\n", ""));
}

#[test]
fn machine_formats_are_typed() {
    let (_folder, path) = logs();
    let query = "where reject | show time, src.addr, dst.port, proto, flags_, vpc".replace("flags_, vpc", "action");
    let run = |format: &str| flowlogs(&["--local", &path, "-o", format, "-e", &query]).run().done().stdout;
    let expected =
        r#"{"time":"2026-11-23T11:41:40Z","src_addr":"198.51.100.7","dst_port":22,"proto":"TCP","action":"REJECT"}"#;
    assert_eq!(run("ndjson"), format!("{expected}\n"));
    assert_eq!(run("json"), format!("[\n{expected}\n]\n"));
    assert_eq!(run("csv"), "time,src_addr,dst_port,proto,action\n2026-11-23T11:41:40Z,198.51.100.7,22,TCP,REJECT\n");
    let empty = flowlogs(&["--local", &path, "-o", "json", "-e", "where dst.port = 1"]).run().done().stdout;
    assert_eq!(empty, "[]\n");
}

#[test]
fn every_default_column_is_in_machine_output() {
    let (_folder, path) = logs();
    let ran = flowlogs(&["--local", &path, "-o", "json", "-e", "where reject"]).run().done();
    let rows: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let row = rows[0].as_object().unwrap();
    let expected = [
        "time",
        "eni",
        "dir",
        "action",
        "packets",
        "bytes",
        "proto",
        "src_addr",
        "pkt_src_addr",
        "src_port",
        "dst_addr",
        "pkt_dst_addr",
        "dst_port",
        "flags",
    ];
    assert_eq!(row.len(), expected.len());
    assert!(expected.iter().all(|key| row.contains_key(*key)));
    assert_eq!(row["flags"], serde_json::Value::Null);
    assert_eq!(row["bytes"], 40);
}

#[test]
fn flags_of_query_become_the_same_plan() {
    let (_folder, path) = logs();
    for (flags, sentence) in [
        (vec!["--accept"], "vpc where accept"),
        (vec!["--reject"], "vpc where reject"),
        (vec!["--addr", "10.0.0.5"], "vpc where addr = 10.0.0.5"),
        (vec!["--src-addr", "10.0.0.0/8"], "vpc where src.addr in 10.0.0.0/8"),
        (vec!["--dst-addr", "10.0.0.5"], "vpc where dst.addr = 10.0.0.5"),
        (vec!["--port", "22"], "vpc where port = 22"),
        (vec!["--port", "-1"], "vpc"),
        (vec!["--src-port", "51000"], "vpc where src.port = 51000"),
        (vec!["--dst-port", "443"], "vpc where dst.port = 443"),
        (vec!["--protocol", "tcp"], "vpc where tcp"),
        (vec!["--protocol", "6", "--limit", "1"], "vpc where tcp limit 1"),
        (vec!["--ni-id", "eni-2"], "vpc where eni = eni-2"),
        (vec!["--where", "dst.port = 22 or dst.port = 443", "--accept"], "vpc where accept and dst.port in (22, 443)"),
    ] {
        let by_flags = [vec!["--local", &path, "-o", "ndjson", "query", "vpc"], flags.clone()].concat();
        let by_flags = flowlogs(&by_flags).run().done().stdout;
        let by_sentence = flowlogs(&["--local", &path, "-o", "ndjson", "-e", sentence]).run().done().stdout;
        assert_eq!(by_flags, by_sentence, "{flags:?}");
    }
    // These need fields that the default format lacks.
    for flags in [["--ingress", ""], ["--egress", ""], ["--pkt-src-addr", "10.0.0.5"], ["--pkt-dst-addr", "10.0.0.5"]] {
        let flags: Vec<&str> = flags.into_iter().filter(|flag| !flag.is_empty()).collect();
        let args = [vec!["--local", &path, "query", "vpc"], flags].concat();
        flowlogs(&args).run().fails(1).says("no file has the field");
    }
    flowlogs(&["--local", &path, "query", "vpc", "--minutes", "5"]).run().done().says("window: 2");
    flowlogs(&["--local", &path, "query", "vpc", "--pretty"]).run().done().says("inventory");
}

#[test]
fn the_environment_gives_defaults_for_flags() {
    let (_folder, path) = logs();
    let query = |name: &str, value: &str| {
        flowlogs(&["--local", &path, "-o", "csv", "query", "vpc"]).env(name, value).run().done().stdout.lines().count()
            - 1
    };
    assert_eq!(query("AWSFL_REJECT", "true"), 1);
    assert_eq!(query("AWSFL_REJECT", "false"), 2);
    assert_eq!(query("AWSFL_PORT", "443"), 1);
    assert_eq!(query("AWSFL_PORT", "-1"), 2);
    assert_eq!(query("AWSFL_LIMIT", "1"), 1);
    assert_eq!(query("AWSFL_PROTOCOL", "udp"), 0);
    assert_eq!(query("AWSFL_NI_ID", "eni-9"), 0);
}

#[test]
fn wrong_flags_are_errors() {
    let (_folder, path) = logs();
    let query = |flags: &[&str]| flowlogs(&[&["--local", &path, "query", "vpc"], flags].concat()).run();
    query(&["--protocol", "tpc"]).fails(2).says("did you mean `TCP`?");
    query(&["--port", "65536"]).fails(2).says("0 to 65535");
    query(&["--addr", "web"]).fails(2).says("expected an address");
    query(&["--limit", "0"]).fails(2);
    query(&["--where", "bites > 5"]).fails(2).says("--where:1:1").says("did you mean `bytes`?");
    flowlogs(&["--local", &path, "query", "vcp"]).run().fails(2).says("did you mean `vpc`?");
    let (code, what) = if cfg!(feature = "aws") { (1, "no AWS Region is set") } else { (2, "no records to read") };
    flowlogs(&["query", "vpc"]).env("AWS_EC2_METADATA_DISABLED", "true").run().fails(code).says(what);
    flowlogs(&["-e", "vpc", "fields"]).run().fails(2).says("do not go together");
}

#[test]
fn a_mistake_is_drawn_and_nothing_is_run() {
    let (_folder, path) = logs();
    let ran = flowlogs(&["--local", &path, "-e", "vpc where bites > 5"]).run().fails(2);
    assert_eq!(
        ran.stderr,
        "error: unknown field `bites`\n  ┌─ query:1:11\n  │\n1 │ vpc where bites > 5\n  │           ^^^^^ expected a field\n  \
         │\n  = help: did you mean `bytes`?\n\n"
    );
    // The second sentence is checked before the first one runs.
    let ran = flowlogs(&["--local", &path, "-e", "vpc", "-e", "vpc wher reject"]).run().fails(2);
    assert_eq!(ran.stdout, "");
    flowlogs(&["--local", &path, "-e", "vcp where reject"]).run().fails(2).says("did you mean `vpc`?");
}

#[test]
fn several_sentences_run_in_order() {
    let (_folder, path) = logs();
    let args = ["--local", &path, "-o", "csv", "-e", "count()", "-e", "where reject | show bytes"];
    assert_eq!(flowlogs(&args).run().done().stdout, "count\n2\nbytes\n40\n");
}

#[test]
fn standard_input_is_read_once_and_may_be_compressed() {
    let args = ["--local", "-", "-o", "csv", "-e", "count()"];
    assert_eq!(flowlogs(&args).input(V2.as_bytes()).run().done().stdout, "count\n2\n");
    assert_eq!(flowlogs(&args).input(&gzip(V2)).run().done().stdout, "count\n2\n");
    let twice = ["--local", "-", "-e", "count()", "-e", "count()"];
    let ran = flowlogs(&twice).input(V2.as_bytes()).run();
    assert_eq!(ran.code, Some(1));
    ran.says("only once");
}

#[test]
fn files_folders_and_globs_are_read_together() {
    let (folder, _) = logs();
    fs::create_dir(folder.path().join("deep")).unwrap();
    fs::write(folder.path().join("deep/v2.log.gz"), gzip(V2)).unwrap();
    fs::write(folder.path().join("README.md"), "# Not a flow log\n\nhello world\n").unwrap();
    let path = folder.path().display().to_string();
    let ran = flowlogs(&["--local", &path, "-o", "csv", "-e", "count()"]).run().done();
    assert_eq!(ran.stdout, "count\n4\n");
    let ran = ran.says("README.md");
    assert!(ran.stderr.contains("left out"), "{}", ran.stderr);
    let glob = format!("{path}/deep/*.gz");
    assert_eq!(flowlogs(&["--local", &glob, "-o", "csv", "-e", "count()"]).run().done().stdout, "count\n2\n");
    let readme = format!("{path}/README.md");
    flowlogs(&["--local", &readme, "-e", "count()"]).run().fails(1).says("README.md");
    flowlogs(&["--local", &path, "--strict", "-e", "count()"]).run().fails(1).says("README.md");
    flowlogs(&["--local", &format!("{path}/*.nothing"), "-e", "count()"]).run().fails(1).says("*.nothing");
    flowlogs(&["--local", "/nonexistent/x.log", "-e", "count()"]).run().fails(1).says("/nonexistent/x.log");
}

#[test]
fn a_malformed_line_is_counted_and_named_or_fails() {
    let (folder, path) = logs();
    fs::write(&path, format!("{V2}bogus line\n")).unwrap();
    let ran = flowlogs(&["--local", &path, "-o", "csv", "-e", "count()"]).run().done();
    assert_eq!(ran.stdout, "count\n2\n");
    ran.says("1 malformed line, the first in").says("v2.log` line 5");
    flowlogs(&["--local", &path, "--strict", "-e", "count()"]).run().fails(1).says("line 5");
    drop(folder);
}

#[test]
fn a_truncated_gzip_names_its_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cut.log.gz");
    let mut bytes = gzip(&V2.repeat(50));
    bytes.truncate(bytes.len() - 20);
    fs::write(&path, bytes).unwrap();
    let ran = flowlogs(&["--local", &path.display().to_string(), "-e", "count()"]).run();
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    ran.says("cut.log.gz");
}

#[test]
fn a_format_covers_files_without_a_header() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("custom.log");
    fs::write(&path, "eni-1 22 REJECT\neni-2 443 ACCEPT\n").unwrap();
    let path = path.display().to_string();
    let query = ["--local", &path, "-o", "csv", "-e", "where dst.port = 22 | show eni, action"];
    flowlogs(&query).run().fails(1).says("--format");
    let format = ["--format", "${interface-id} ${dstport} ${action}"];
    assert_eq!(flowlogs(&[&query[..], &format].concat()).run().done().stdout, "eni,action\neni-1,REJECT\n");
}

#[test]
fn the_default_limit_says_that_it_cut() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("many.log");
    let records: String = (0..150).map(|n| format!("{} {n}\n", 1_795_434_000 + n)).collect();
    fs::write(&path, format!("start bytes\n{records}")).unwrap();
    let path = path.display().to_string();
    let ran = flowlogs(&["--local", &path, "-o", "csv", "-e", "show bytes"]).run().done();
    assert_eq!(ran.stdout.lines().count(), 101);
    assert!(ran.stdout.starts_with("bytes\n149\n148\n"));
    ran.says("cut at 100 rows").says("truncated");
    let ran = flowlogs(&["--local", &path, "-o", "csv", "--fail-on-truncate", "-e", "show bytes"]).run();
    assert_eq!((ran.code, ran.stdout.lines().count()), (Some(3), 101));
    let explicit = flowlogs(&["--local", &path, "-o", "csv", "--fail-on-truncate", "-e", "show bytes limit 100"]).run();
    assert_eq!(explicit.code, Some(0));
}

#[test]
fn numbers_of_the_run_come_as_json() {
    let (_folder, path) = logs();
    let ran = flowlogs(&["--local", &path, "--stats", "json", "-q", "-e", "where reject | show bytes"]).run().done();
    let stats: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(stats["rows"], 1);
    assert_eq!(stats["records_scanned"], 3);
    assert_eq!(stats["bytes_scanned"], V2.len());
    assert_eq!(stats["nodata_hidden"], 1);
    assert_eq!(stats["truncated"], false);
    assert!(stats["elapsed_s"].as_f64().unwrap() > 0.0);
}

#[test]
fn colours_come_when_asked_for() {
    let (_folder, path) = logs();
    let red = "\u{1b}[31mREJECT";
    let query = ["--local", &path, "-e", "where reject"];
    assert!(!flowlogs(&query).run().done().stdout.contains('\u{1b}'));
    assert!(flowlogs(&[&query[..], &["--color", "always"]].concat()).run().done().stdout.contains(red));
    let never = flowlogs(&["-e", "vcp", "--color", "always"]).run();
    assert!(never.stderr.contains('\u{1b}'));
    let plain = flowlogs(&["-e", "vcp"]).env("NO_COLOR", "1").run();
    assert!(!plain.stderr.contains('\u{1b}'));
}

#[test]
fn hostile_text_cannot_reach_the_terminal() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hostile.log");
    fs::write(&path, "start my-tag bytes\n1795434000 \u{1b}[2Jx 1\n").unwrap();
    let path = path.display().to_string();
    let query = ["--local", &path, "-e", "show `my-tag`"];
    assert_eq!(flowlogs(&query).run().done().stdout, "MY-TAG\n\\u{1b}[2Jx\n");
    let json = flowlogs(&[&query[..], &["-o", "ndjson"]].concat()).run().done().stdout;
    assert_eq!(json, "{\"my-tag\":\"\\u001b[2Jx\"}\n");
}

#[test]
fn of_thousands_of_notes_five_are_said_and_the_rest_is_counted() {
    let (folder, path) = logs();
    for number in 10..1_245 {
        fs::write(folder.path().join(format!("{number}.json")), "{}").unwrap();
    }
    let all = folder.path().display().to_string();
    let ran = flowlogs(&["--local", &all, "-o", "csv", "-e", "count()"]).run().done();
    assert_eq!(ran.stdout, "count\n2\n");
    assert_eq!(ran.stderr.matches("note: left out").count(), 5, "{}", ran.stderr);
    let ran = ran
        .says("10.json`: it is JSON without flow log messages or records")
        .says("note: and 1,230 more files were left out\n");
    assert!(!ran.stderr.contains("15.json"), "{}", ran.stderr);
    // Machine formats get all of it.
    let ran = flowlogs(&["--local", &all, "--stats", "json", "-e", "count()"]).run().done();
    let stats: serde_json::Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(stats["skipped_files"].as_array().unwrap().len(), 1_235);

    let networks: Vec<String> = (0..2_000).map(|number| format!("10.{}.{}.1/24", number / 256, number % 256)).collect();
    let sentence = format!("where src.addr in ({}) | count()", networks.join(", "));
    let ran = flowlogs(&["--local", &path, "-e", &sentence]).run().done();
    assert!(ran.stderr.matches("note: ").count() <= 6, "{}", ran.stderr);
    ran.says("more notes about the sentence\n");
}

#[test]
fn the_last_of_an_option_counts_and_those_that_add_up_do() {
    let (folder, path) = logs();
    let run = |args: &[&str]| flowlogs(&[&["--local", &path, "--quiet"], args].concat()).run().done().stdout;
    assert_eq!(run(&["-o", "csv", "-o", "json", "-e", "count()"]), "[\n{\"count\":2}\n]\n");
    assert_eq!(run(&["--output=json", "--utc", "--quiet", "--utc", "-o", "csv", "-e", "count()"]), "count\n2\n");
    assert!(run(&["--color", "never", "--color", "always", "-e", "count()"]).contains('\u{1b}'));
    assert!(!run(&["--color", "always", "--color", "never", "-e", "count()"]).contains('\u{1b}'));
    let flags = ["-o", "json", "query", "all", "--reject", "--reject", "--limit", "9", "--limit", "1", "-o", "csv"];
    assert_eq!(run(&flags).lines().count(), 2);
    assert_eq!(run(&["-o", "csv", "-e", "count()", "-e", "where reject | count()"]), "count\n2\ncount\n1\n");

    let ports = |args: &[&str]| flowlogs(args).run().done().stdout.lines().next().unwrap().to_string();
    let sentence = "where dst.port in $p";
    let both = "sentence  all where dst.port in (22, 443)";
    assert_eq!(ports(&["--param", "p=22", "--param", "p=443", "explain", sentence]), both);
    // Before a command and after it.
    assert_eq!(ports(&["--param", "p=22", "explain", "--param", "p=443", sentence]), both);
    assert_eq!(ports(&["--param", "p=22", "--param", "p=443", "explain", "--utc", sentence]), both);
    let other = folder.path().join("other.log");
    fs::write(&other, V2).unwrap();
    let other = other.display().to_string();
    let two = flowlogs(&["--local", &path, "-o", "csv", "query", "all", "--local", &other]).run().done();
    assert_eq!(two.stdout.lines().count(), 5, "{}", two.stdout);
}

#[test]
fn a_switch_of_the_environment_takes_what_the_go_tool_takes() {
    let (_folder, path) = logs();
    let query = |variable: &str, value: &str| {
        flowlogs(&["--local", &path, "-o", "csv", "query", "all"]).env(variable, value).run()
    };
    for yes in ["1", "t", "T", "TRUE", "true", "True"] {
        assert_eq!(query("AWSFL_REJECT", yes).done().stdout.lines().count(), 2, "{yes}");
    }
    for no in ["0", "f", "F", "FALSE", "false", "False"] {
        assert_eq!(query("AWSFL_REJECT", no).done().stdout.lines().count(), 3, "{no}");
    }
    for variable in ["AWSFL_ACCEPT", "AWSFL_REJECT", "AWSFL_INGRESS", "AWSFL_EGRESS", "AWSFL_PRETTY"] {
        for wrong in ["yes", "tRUE", "2", "\u{1b}]0;x\u{7}"] {
            let ran = query(variable, wrong).fails(2).says(variable);
            assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
        }
    }
    // A Region does not conflict with files.
    assert_eq!(query("AWSFL_REGION", "eu-west-1").done().stdout.lines().count(), 3);
}

#[test]
fn times_are_in_the_zone_that_is_asked_for() {
    let (_folder, path) = logs();
    let first = |args: &[&str]| {
        let ran = flowlogs(&[&["--local", &path, "--quiet", "-e", "where accept | show time"], args].concat()).run();
        ran.done().stdout.lines().nth(1).unwrap().trim().to_string()
    };
    // 1795434000 is 2026-11-23 11:40 in UTC; Tokyo is nine hours ahead all year.
    assert_eq!(first(&["--tz", "Asia/Tokyo"]), "2026-11-23 20:40:00");
    assert_eq!(first(&["--tz", "UTC"]), "2026-11-23 11:40:00");
    assert_eq!(first(&["--utc", "--tz", "Asia/Tokyo"]), "2026-11-23 20:40:00");
    assert_eq!(first(&["--tz", "Asia/Tokyo", "--utc"]), "2026-11-23 11:40:00");
    assert_eq!(first(&["--tz", "Asia/Tokyo", "--tz", "America/New_York"]), "2026-11-23 06:40:00");
    flowlogs(&["--tz", "Asia/Tokio", "explain", "vpc"]).run().fails(2).says("did you mean `Asia/Tokyo`?");
    flowlogs(&["--tz", "nowhere", "explain", "vpc"]).run().fails(2).says("Europe/Berlin");
    flowlogs(&["--utc", "explain", "--tz", "UTC", "vpc"]).run().fails(2).says("do not go together");
}

#[test]
fn rows_are_a_failure_where_that_is_asked_for() {
    let (folder, path) = logs();
    let code =
        |args: &[&str]| flowlogs(&[&["--local", &path, "-o", "csv", "--fail-if-rows"], args].concat()).run().code;
    assert_eq!(code(&["-e", "where reject"]), Some(4));
    assert_eq!(code(&["-e", "where dst.port = 23"]), Some(0));
    // An aggregation without keys always has a row.
    assert_eq!(code(&["-e", "where dst.port = 23 | count()"]), Some(4));
    assert_eq!(code(&["query", "all", "--reject"]), Some(4));
    assert_eq!(code(&["query", "all", "--port", "23"]), Some(0));
    assert_eq!(code(&["-e", "where reject", "-e", "where dst.port = 23"]), Some(4));
    assert_eq!(code(&["-e", "where dst.port = 23", "-e", "where reject"]), Some(4));
    assert_eq!(code(&["-e", "where reject", "-e", "exit(7)"]), Some(7));
    let piped = flowlogs(&["--local", &path, "--fail-if-rows"]).input(b"where reject\nwhere dst.port = 23\n").run();
    assert_eq!(piped.code, Some(4));
    // Exit code 4 for rows wins over exit code 3 for missing ones.
    let many = folder.path().join("many.log");
    let records = "2 1 eni-1 10.0.0.1 10.0.0.2 1 22 6 1 40 1795434100 1795434160 REJECT OK\n".repeat(101);
    fs::write(&many, records).unwrap();
    let many = many.display().to_string();
    let cut = |args: &[&str]| flowlogs(&[&["--local", &many, "-e", "where reject"], args].concat()).run().code;
    assert_eq!(cut(&["--fail-on-truncate"]), Some(3));
    assert_eq!(cut(&["--fail-on-truncate", "--fail-if-rows"]), Some(4));
}

#[test]
fn a_closed_pipe_is_quiet() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("many.log");
    let records: String = (0..200_000).map(|n| format!("{} {n}\n", 1_795_434_000 + n)).collect();
    fs::write(&path, format!("start bytes\n{records}")).unwrap();
    for format in ["table", "json", "ndjson", "csv"] {
        let mut child = flowlogs(&["--local", &path.display().to_string(), "-o", format, "-e", "limit none"])
            .command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 16];
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut first).unwrap();
        drop(out);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}: {stderr}");
        assert!(!stderr.contains("error") && !stderr.contains("panic"), "{format}: {stderr}");
    }
}

#[test]
fn times_are_local_unless_utc_is_asked_for() {
    let (_folder, path) = logs();
    let query = ["--local", &path, "-e", "where reject | show time"];
    let berlin = flowlogs(&query).env("TZ", "Europe/Berlin").run().done();
    assert_eq!(berlin.stdout, "TIME\n2026-11-23 12:41:40\n");
    berlin.says("times in Europe/Berlin");
    let utc = flowlogs(&[&query[..], &["--utc"]].concat()).env("TZ", "Europe/Berlin").run().done();
    assert_eq!(utc.stdout, "TIME\n2026-11-23 11:41:40\n");
    let json = flowlogs(&[&query[..], &["-o", "csv"]].concat()).env("TZ", "Europe/Berlin").run().done();
    assert_eq!(json.stdout, "time\n2026-11-23T11:41:40Z\n");
}

#[test]
fn saved_filters_come_from_the_config_file() {
    let (folder, path) = logs();
    let config = folder.path().join("config.toml");
    fs::write(&config, "[filters]\nssh = \"dst.port = ssh\"\n").unwrap();
    let config = config.display().to_string();
    let args = ["--local", &path, "--config", &config, "-o", "csv", "-e", "where @ssh | show bytes"];
    assert_eq!(flowlogs(&args).run().done().stdout, "bytes\n40\n");
    let explained = flowlogs(&["explain", "where @ssh"]).env("FLOWLOGS_CONFIG", &config).run().done();
    assert!(explained.stdout.contains("sentence  all where dst.port = 22\n"));
    fs::write(&config, "filter = 1\n").unwrap();
    flowlogs(&args).run().fails(1).says("config.toml");
    flowlogs(&["--config", "/nonexistent/c.toml", "explain", "vpc"]).run().fails(1).says("/nonexistent/c.toml");
}

#[test]
fn parameters_are_bound_by_name() {
    let (_folder, path) = logs();
    let base = ["--local", &path, "-o", "csv", "-e", "where dst.port in $ports | show bytes"];
    let one = flowlogs(&[&base[..], &["--param", "ports=ssh"]].concat()).run().done();
    assert_eq!(one.stdout, "bytes\n40\n");
    let two = flowlogs(&[&base[..], &["--param", "ports=ssh", "--param", "ports=443"]].concat()).run().done();
    assert_eq!(two.stdout, "bytes\n40\n1000\n");
    flowlogs(&base).run().fails(2).says("no value for `$ports`");
    flowlogs(&[&base[..], &["--param", "ports"]].concat()).run().fails(2).says("has no name and value");
}

#[test]
fn explain_needs_no_files() {
    let ran = flowlogs(&["explain", "vpc where reject and dst.port = 22"]).run().done();
    assert_eq!(
        ran.stdout,
        "sentence  vpc where action = REJECT and dst.port = 22\n\
         filter    (action = REJECT) and (dst.port = 22)\n\
         window    the last 60 minutes on an account, all records of files\n\
         \n\
         Logs Insights\n    \
             fields @timestamp, interfaceId, flowDirection, action, packets, bytes, protocol, srcAddr, pktSrcAddr, \
             srcPort, dstAddr, pktDstAddr, dstPort, tcpFlags\n    \
             | filter logStatus = \"OK\"\n    \
             | filter (action = \"REJECT\") and (dstPort = 22)\n    \
             | sort @timestamp desc\n    \
             | limit 100\n\
         \n\
         notes\n    \
             - which flow logs the targets have is known when it runs\n"
    );
    let json = flowlogs(&["explain", "-o", "json", "where reject last 30m"]).run().done();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["sentence"], "all where action = REJECT last 30m");
    assert!(json["from"].as_str().unwrap().ends_with('Z'));
    flowlogs(&["explain", "vcp"]).run().fails(2);
}

#[test]
fn fields_are_listed_and_described() {
    let list = flowlogs(&["fields", "-o", "csv"]).run().done().stdout;
    assert!(list.starts_with("name,type,version,record_field,help,also\ntime,time,,"));
    assert!(list.lines().count() > 70);
    let one = flowlogs(&["fields", "dstPort"]).run().done().stdout;
    assert!(one.starts_with("dst.port  The destination port.\n"), "{one}");
    assert!(one.contains("insights   dstPort\n") && one.contains("record     dstport"), "{one}");
    flowlogs(&["fields", "dst.prt"]).run().fails(2).says("did you mean `dst.port`?");
}

#[test]
fn shells_complete_and_the_manual_has_pages() {
    let printed = |args: &[&str]| flowlogs(args).run().done().stdout;
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let text = printed(&["completions", shell]);
        assert!(text.contains("COMPLETE") && text.contains("flowlogs"), "{shell}");
    }
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(printed(&["completions", "bash"]).as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
    assert!(printed(&["man"]).contains(".TH flowlogs 1"));
    assert!(printed(&["man", "query"]).contains(r"\fB\-\-reject\fR"));
    flowlogs(&["man", "querry"]).run().fails(2).says("did you mean `query`?");
}

#[test]
fn the_version_is_printed_both_ways() {
    let version = flowlogs(&["version"]).run().done().stdout;
    assert_eq!(flowlogs(&["--version"]).run().done().stdout, version);
    let lines: Vec<&str> = version.lines().collect();
    assert_eq!(lines[0], format!("flowlogs {}", env!("CARGO_PKG_VERSION")));
    let built = [std::env::consts::OS, std::env::consts::ARCH, "features: ", "local"];
    assert!(lines.len() == 2 && lines[1].starts_with("commit ") && built.iter().all(|part| lines[1].contains(part)));
}

#[test]
fn a_chart_is_drawn() {
    let (_folder, path) = logs();
    let ran = flowlogs(&["--local", &path, "-e", "sum(bytes) by eni, action | chart"]).run().done();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with("eni-1  ACCEPT  1000  ██████"), "{}", ran.stdout);
    assert!(lines[2].starts_with("eni-1  REJECT    40  █"), "{}", ran.stdout);
    let ran = flowlogs(&["--local", &path, "-e", "sum(bytes) by bin(1m) | chart"]).run().done();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 12, "{}", ran.stdout);
    assert_eq!(lines[0].trim(), "SUM BYTES");
    assert!(lines[1].starts_with("1000  ") && lines[10].starts_with("   0  "), "{}", ran.stdout);
    assert!(lines[11].trim().starts_with("2026-11-23 11:40:00") && lines[11].ends_with("2026-11-23 11:41:00"));
}

#[test]
fn a_chart_over_bins_has_a_line_for_each_further_key() {
    let (_folder, path) = logs();
    let ran = flowlogs(&["--local", &path, "-e", "sum(bytes) by bin(1m), action | chart"]).run().done();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 13, "{}", ran.stdout);
    assert_eq!(lines[12].trim(), "a ACCEPT  b REJECT");
}

#[test]
fn a_measure_is_drawn_whatever_it_is_called() {
    let (_folder, path) = logs();
    for sentence in ["distinct(dst.port) by action | chart", "count() as per_port by action | chart"] {
        let ran = flowlogs(&["--local", &path, "-e", sentence]).run().done();
        assert!(ran.stdout.contains("ACCEPT  ") && ran.stdout.contains('█'), "{sentence}: {}", ran.stdout);
    }
}

#[test]
fn a_chart_has_no_more_bars_than_can_be_looked_at() {
    let folder = TempDir::new().unwrap();
    let path: PathBuf = folder.path().join("many.log");
    let records: String = (1..=300).map(|port| format!("{port} {}\n", 1000 - port)).collect();
    fs::write(&path, format!("dstport bytes\n{records}")).unwrap();
    let path = path.display().to_string();
    let ran = flowlogs(&["--local", &path, "-e", "sum(bytes) by dst.port | limit none | chart"]).run().done();
    assert_eq!(ran.stdout.lines().count(), 201);
    assert!(ran.stderr.contains("note: 100 more rows are not drawn"), "{}", ran.stderr);
}

#[test]
fn human_scales_tables_and_charts_but_no_data() {
    let (_folder, path) = logs();
    let run = |args: &[&str]| flowlogs(&[&["--local", &path, "--quiet"], args].concat()).run().done().stdout;
    let sentence = "sum(bytes) as total, count() as flows by action | limit 1";
    assert_eq!(run(&["--human", "-e", "sum(bytes) by action | limit 1"]), "ACTION  SUM BYTES\nACCEPT     1.0 kB\n");
    assert!(run(&["--human", "-e", "sum(bytes) by action | limit 1 | chart"]).contains("ACCEPT  1.0 kB  █"));
    for format in ["json", "ndjson", "csv"] {
        let args = ["-o", format, "-e", sentence];
        let scaled = run(&[&["--human"][..], &args].concat());
        assert!(scaled.contains("1000"), "{scaled}");
        assert_eq!(scaled, run(&args));
    }
}

#[test]
fn a_group_that_does_not_fit_the_memory_fails_cleanly_or_spills() {
    let folder = TempDir::new().unwrap();
    let path: PathBuf = folder.path().join("many.log");
    let records: String = (0..400_000).map(|n| format!("10.{}.{}.{} {n}\n", n >> 16, n >> 8 & 255, n & 255)).collect();
    fs::write(&path, format!("srcaddr bytes\n{records}")).unwrap();
    let path = path.display().to_string();
    let args = ["--local", &path, "--memory-limit", "16MiB", "-o", "csv", "-e", "top 1 src.addr by bytes"];
    let ran = flowlogs(&args).run();
    match ran.code {
        Some(0) => assert_eq!(ran.stdout, "src_addr,bytes\n10.6.26.127,399999\n"),
        Some(1) => {
            ran.says("--memory-limit");
        }
        code => panic!("{code:?} {}", ran.stderr),
    }
}

#[test]
fn a_signal_ends_what_goes_on_with_its_own_code() {
    let (_folder, path) = logs();
    for (signal, code, said) in [("INT", 130, "interrupted\n"), ("TERM", 143, "terminated\n")] {
        let end = |lines: &[&str], input: &[u8]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
            command.args(["--local", &path]).args(lines).env("TZ", "UTC");
            let mut child =
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            // The pipe stays open, so a reader of it waits.
            let mut stdin = child.stdin.take().unwrap();
            stdin.write_all(input).unwrap();
            let mut out = BufReader::new(child.stdout.take().unwrap());
            let mut first = String::new();
            out.read_line(&mut first).unwrap();
            let kill = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
            assert!(kill.unwrap().success());
            let (mut rest, mut err) = (String::new(), String::new());
            out.read_to_string(&mut rest).unwrap();
            child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
            assert_eq!((first.as_str(), child.wait().unwrap().code()), ("begun\n", Some(code)), "{signal}: {err}");
            assert!(err.ends_with(said), "{signal}: {err}");
            rest
        };
        // A script that waits, with a function to run at its end; then lines that have not come yet.
        let script = "at_end(|| print(\"put back\")); print(\"begun\"); wait(\"1h\")";
        assert_eq!(end(&["-e", script, "-e", "print(\"never\")"], b""), "put back\n");
        assert_eq!(end(&[], b"print(\"begun\")\n"), "");
    }
}

#[test]
fn follow_shows_what_is_added_to_files() {
    let (folder, _) = logs();
    let path = folder.path().join("grows.log");
    let line = |bytes: u32, start: u32| format!("10.0.0.1 {start} {} OK {bytes}\n", start + 59);
    let header = "srcaddr start end log-status bytes\n";
    fs::write(&path, format!("{header}{}{}", line(1, 100), line(2, 200))).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
    command.args(["--local", &path.display().to_string(), "-o", "csv", "-e", "all | show bytes | limit 1 | follow"]);
    let mut child = command.env("TZ", "UTC").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!([next(), next()], ["bytes", "2"]);
    // A late record, and a duplicate of another one.
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all((line(3, 50) + &line(2, 200)).as_bytes()).unwrap();
    assert_eq!([next(), next()], ["3", "2"]);
    // An incomplete line waits for its end.
    let last = line(42, 300);
    let (begin, end) = last.split_at(last.len() - 2);
    file.write_all((line(5, 250) + begin).as_bytes()).unwrap();
    assert_eq!(next(), "5");
    file.write_all(end.as_bytes()).unwrap();
    assert_eq!(next(), "42");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    flowlogs(&["--local", "-", "-e", "all | follow"])
        .input(b"srcaddr bytes start end\n")
        .run()
        .fails(1)
        .says("a pipe cannot be followed");
}
