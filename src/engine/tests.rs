//! Whole runs over small files; the expected answers were worked out by hand.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::tz::TimeZone;
use tempfile::TempDir;

use super::*;
use crate::query::clock::Clock;
use crate::query::{Context, compile};
use crate::value::{Column, Malformed, Rows, Value, time_utc};

const RECORDS: &str = "\
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status flow-direction
5 eni-1 10.0.0.1 198.51.100.7 40000 443 6 10 1000 100 160 ACCEPT OK egress
5 eni-1 198.51.100.7 10.0.0.1 443 40000 6 8 4000 110 170 ACCEPT OK ingress
5 eni-2 198.51.100.9 10.0.1.2 50000 22 6 1 40 200 260 REJECT OK ingress
5 eni-2 203.0.113.5 10.0.1.2 0 0 1 2 168 210 270 ACCEPT OK ingress
5 eni-2 2001:db8::1 2001:db8::2 53 53 17 1 80 300 360 ACCEPT OK egress
5 eni-3 - - - - - - - 310 370 - NODATA -
5 eni-3 - - - - - - - 320 380 - SKIPDATA -
";

/// Files in a temporary folder, which is deleted with them.
struct Opened {
    files: Files,
    _folder: TempDir,
}

impl std::ops::Deref for Opened {
    type Target = Files;

    fn deref(&self) -> &Files {
        &self.files
    }
}

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    folder
}

fn options(path: &Path) -> Options {
    Options { paths: vec![path.display().to_string()], memory_limit_bytes: 64 << 20, ..Options::default() }
}

fn open(files: &[(&str, &[u8])]) -> Opened {
    let folder = folder(files);
    Opened { files: Files::open(options(folder.path())).unwrap(), _folder: folder }
}

fn plan(sentence: &str) -> Plan {
    compile(sentence, &Context::new(Clock { now: 1_795_435_200, zone: TimeZone::UTC })).unwrap()
}

fn run_plan(
    plan: &Plan,
    interval: Option<Interval>,
    files: &Files,
    sink: &mut (dyn RowSink + Send),
) -> Result<RunStats, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(run(plan, interval, files, None, &Arc::default(), sink))
}

fn ask(files: &Files, sentence: &str) -> Result<(Vec<String>, RunStats), Error> {
    ask_within(files, sentence, None)
}

fn ask_within(files: &Files, sentence: &str, interval: Option<Interval>) -> Result<(Vec<String>, RunStats), Error> {
    let mut rows = Rows::default();
    let stats = run_plan(&plan(sentence), interval, files, &mut rows)?;
    Ok((rows.rows.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>().join(" ")).collect(), stats))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Absent => "-".into(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Time(seconds) => time_utc(*seconds)[11..19].into(),
        Value::Address(address) => address.to_string(),
        Value::Network(network) => network.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Flags(flags) => format!("flags:{flags}"),
    }
}

/// The rows of an answer over [`RECORDS`].
fn answer(sentence: &str) -> Vec<String> {
    ask(&open(&[("log", RECORDS.as_bytes())]), sentence).unwrap().0
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn records_come_newest_first_and_groups_by_the_first_aggregate() {
    assert_eq!(answer("where reject | show time, src.addr, proto"), ["00:03:20 198.51.100.9 TCP"]);
    assert_eq!(answer("show bytes"), ["80", "168", "40", "4000", "1000"]);
    assert_eq!(answer("show bytes | sort bytes desc | limit 2"), ["4000", "1000"]);
    assert_eq!(answer("sum(bytes) by eni"), ["eni-1 5000", "eni-2 288"]);
    assert_eq!(answer("count() by bin(1m)"), ["00:01:00 2", "00:03:00 2", "00:05:00 1"]);
    assert_eq!(answer("top 1 proto by packets"), ["TCP 19"]);
}

#[test]
fn every_aggregate_skips_absent_values() {
    assert_eq!(
        answer("where status = OK | count(), sum(bytes), avg(bytes), min(bytes), max(end), distinct(src.addr)"),
        ["5 5288 1057.6 40 00:06:00 5"]
    );
    assert_eq!(
        answer("where status exists | count(), sum(bytes), avg(bytes), max(end), distinct(src.addr)"),
        ["7 5288 1057.6 00:06:20 5"]
    );
    assert_eq!(answer("where status = NODATA | sum(bytes), p50(bytes), distinct(src.addr)"), ["- - 0"]);
    assert_eq!(answer("p50(bytes)"), ["168"]);
}

#[test]
fn keys_by_side_by_network_and_absent_ones() {
    assert_eq!(answer("count() by remote.addr | where count > 1"), ["198.51.100.7 2"]);
    assert_eq!(
        answer("count() by src.addr/24 | sort src_addr_24"),
        ["10.0.0.0/24 1", "198.51.100.0/24 2", "203.0.113.0/24 1", "2001:d00::/24 1"]
    );
    assert_eq!(answer("where eni = eni-3 and nodata | count() by action, remote.port"), ["- - 1"]);
}

#[test]
fn a_comparison_with_an_absent_value_is_false_and_its_opposite_is_true() {
    let count = |expression: &str| answer(&format!("where status exists and ({expression}) | count()")).join("");
    for (expression, expected) in [
        ("bytes > 100", "3"),
        ("bytes <= 100", "2"),
        ("not bytes > 100", "4"),
        ("dst.port != 22", "3"),
        ("not dst.port = 22", "6"),
        ("dst.port < 100", "2"),
        ("src.addr not in 198.51.100.0/24", "3"),
        ("not src.addr in 198.51.100.0/24", "5"),
        ("src public", "4"),
        ("not src public", "3"),
        ("eni ~ /-[12]$/", "5"),
        ("eni !~ /(?i)ENI-1/", "5"),
        ("eni like \"eni-?\"", "7"),
        ("ipv6", "1"),
        ("not ipv6", "6"),
        ("status in (NODATA, SKIPDATA)", "2"),
        ("duration = 1m", "7"),
    ] {
        assert_eq!(count(expression), expected, "{expression}");
    }
}

#[test]
fn a_long_chain_of_tests_is_answered() {
    let chain: Vec<String> = (0..2000).map(|n| format!("bytes = {n} and packets = 1")).collect();
    assert_eq!(answer(&format!("where {} | show bytes", chain.join(" or "))), ["80", "40"]);
}

#[test]
fn hidden_records_are_counted_within_the_interval() {
    let files = open(&[("log", RECORDS.as_bytes())]);
    let (_, stats) = ask(&files, "show eni").unwrap();
    assert_eq!((stats.records_scanned, stats.nodata, stats.skipdata), (7, 1, 1));
    let (rows, stats) = ask(&files, "where skipdata | show eni").unwrap();
    assert_eq!((rows, stats.nodata, stats.skipdata), (vec!["eni-3".into()], 1, 0));
    let interval = Interval { from: 200, until: 310 };
    let (rows, stats) = ask_within(&files, "show bytes", Some(interval)).unwrap();
    assert_eq!((rows.len(), stats.nodata, stats.skipdata), (3, 1, 0));
}

#[test]
fn the_default_limit_truncates_and_an_explicit_one_does_not() {
    let mut text = String::from("bytes start\n");
    for number in 0..101 {
        writeln!(text, "{number} 100").unwrap();
    }
    let files = open(&[("log", text.as_bytes())]);
    for (sentence, rows, truncated) in [
        ("show bytes", 100, true),
        ("where bytes > 0 | show bytes", 100, false),
        ("show bytes | limit 100", 100, false),
        ("show bytes | limit 7", 7, false),
        ("show bytes | limit none", 101, false),
        ("count() by bytes", 100, true),
    ] {
        let stats = ask(&files, sentence).unwrap().1;
        assert_eq!((stats.rows, stats.truncated), (rows, truncated), "{sentence}");
    }
    // Equal times: the other columns decide.
    assert_eq!(ask(&files, "show bytes | limit 2").unwrap().0, ["0", "1"]);
}

#[test]
fn what_can_never_match_is_answered_without_reading() {
    let files = open(&[("log", RECORDS.as_bytes())]);
    let (rows, stats) = ask(&files, "where accept and reject | show bytes").unwrap();
    assert_eq!((rows.len(), stats.records_scanned, stats.bytes_scanned, stats.files), (0, 0, 0, 0));
    assert_eq!(ask(&files, "where accept and reject | count(), sum(bytes)").unwrap().0, ["0 -"]);
    assert!(ask(&files, "where accept and reject | count() by eni").unwrap().0.is_empty());
}

#[test]
fn sums_do_not_wrap_around() {
    let text = format!("bytes\n{0}\n{0}\n", i64::MAX);
    let files = open(&[("log", text.as_bytes())]);
    assert_eq!(ask(&files, "sum(bytes)").unwrap().0, ["18446744073709552000"]);
}

#[test]
fn text_gzip_and_several_files_of_other_formats_answer_together() {
    let other = "2 123456789010 eni-9 10.9.9.9 10.0.0.1 1 2 6 1 7 400 460 ACCEPT OK\n";
    let files =
        open(&[("2026/11/a.log.gz", &gzip(RECORDS)), ("2026/12/b.log", other.as_bytes()), ("2026/12/empty.log", b"")]);
    let (rows, stats) = ask(&files, "count(), distinct(account), sum(bytes) by dir").unwrap();
    assert_eq!(rows, ["ingress 3 0 4208", "egress 2 0 1080", "- 1 1 7"]);
    assert_eq!((stats.files, stats.records_scanned), (3, 8));
    let stored = gzip(RECORDS).len() + other.len();
    assert_eq!(stats.bytes_scanned, stored as u64);
}

#[test]
fn the_first_malformed_line_is_the_first_of_the_first_file() {
    let bad = format!("{RECORDS}\r\n# comment\nbogus line\n{}", RECORDS.replace("443 6", "443 256"));
    let files = open(&[("a", RECORDS.as_bytes()), ("b", bad.as_bytes()), ("c", bad.as_bytes())]);
    let stats = ask(&files, "count()").unwrap().1;
    assert_eq!((stats.malformed, stats.records_scanned), (4, 7 + 13 + 13));
    let first = stats.first_malformed.unwrap();
    assert!(first.file.ends_with('b'), "{first:?}");
    assert_eq!((first.line, first.reason.as_str()), (11, "2 values where the format has 14"));
}

#[test]
fn strictly_a_malformed_line_spoils_the_answer_before_it_is_printed() {
    struct Refusing;
    impl RowSink for Refusing {
        fn columns(&mut self, _: &[Column]) -> std::io::Result<()> {
            panic!("columns of a spoilt answer")
        }
        fn rows(&mut self, _: Vec<Row>) -> std::io::Result<()> {
            panic!("rows of a spoilt answer")
        }
    }
    let folder = folder(&[("log", format!("{RECORDS}bogus\n").as_bytes())]);
    let files = Files::open(Options { strict: true, ..options(folder.path()) }).unwrap();
    let outcome = run_plan(&plan("show bytes"), None, &files, &mut Refusing);
    assert!(matches!(outcome, Err(Error::StrictMalformed { line: 9, .. })), "{outcome:?}");
}

#[test]
fn the_same_header_line_may_repeat_and_another_one_may_not() {
    let twice = open(&[("log", format!("{RECORDS}{RECORDS}").as_bytes())]);
    assert_eq!(ask(&twice, "count()").unwrap().0, ["10"]);
    for first in [RECORDS, "interface-id action\neni-1 ACCEPT\n"] {
        let files = open(&[("log", format!("{first}action interface-id\n").as_bytes())]);
        let outcome = ask(&files, "count()");
        let expected = first.lines().count() as u64 + 1;
        assert!(matches!(outcome, Err(Error::OtherHeader { line, .. }) if line == expected), "{outcome:?}");
    }
}

#[test]
fn lines_of_any_length_are_read_in_bounded_memory() {
    let long = "x".repeat(3 << 20);
    let text = format!("{RECORDS}{long}\n{}\n{}", "y".repeat(100_000), RECORDS.lines().last().unwrap());
    let files = open(&[("log", text.as_bytes())]);
    let (rows, stats) = ask(&files, "count()").unwrap();
    assert_eq!((rows, stats.malformed, stats.records_scanned), (vec!["5".into()], 2, 8));
    let Malformed { line, reason, .. } = stats.first_malformed.unwrap();
    assert_eq!((line, reason.as_str()), (9, "longer than 64 KiB"));
    assert_eq!(stats.bytes_scanned, text.len() as u64);
}

#[test]
fn a_big_file_is_read_in_parts_and_its_lines_keep_their_numbers() {
    let mut text = String::from("bytes start made-up\n");
    for number in 0..900 {
        let value = if number == 700 { "x".into() } else { number.to_string() };
        writeln!(text, "{value} 1 {}", "y".repeat(60_000)).unwrap();
    }
    let files = open(&[("log", text.as_bytes())]);
    let (rows, stats) = ask(&files, "count(), sum(bytes), min(bytes), max(bytes)").unwrap();
    assert_eq!(rows, ["899 403850 0 899"]);
    assert_eq!((stats.records_scanned, stats.bytes_scanned), (899, text.len() as u64));
    assert_eq!((stats.malformed, stats.first_malformed.unwrap().line), (1, 702));
    text.push_str("start bytes\n");
    let outcome = ask(&open(&[("log", text.as_bytes())]), "count()");
    assert!(matches!(outcome, Err(Error::OtherHeader { line: 902, .. })), "{outcome:?}");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_fine() {
    let text = format!("\u{feff}{}", RECORDS.replace('\n', "\r\n"));
    let files = open(&[("log", text.as_bytes())]);
    let (rows, stats) = ask(&files, "count() by status").unwrap();
    assert_eq!((rows, stats.malformed), (vec!["OK 5".into(), "NODATA 1".into(), "SKIPDATA 1".into()], 0));
}

#[test]
fn damaged_and_truncated_gzip_are_errors_wherever_they_were_found() {
    let lines = RECORDS.repeat(3000);
    let whole = gzip(&lines);
    let cut = open(&[("a.gz", &whole[..whole.len() - 9])]);
    assert!(matches!(ask(&cut, "count()"), Err(Error::Truncated { .. })));
    let followed = open(&[("a.gz", &[&whole[..], b"garbage of some length"].concat())]);
    assert!(matches!(ask(&followed, "count()"), Err(Error::Damaged { .. })));
}

#[test]
fn a_field_that_no_file_has_is_an_error_only_where_it_is_named() {
    let files = open(&[("log", b"srcaddr dstaddr bytes\n10.0.0.1 10.0.0.2 7\n")]);
    assert_eq!(ask(&files, "all").unwrap().0, ["- - - - - 7 - 10.0.0.1 - - 10.0.0.2 - - -"]);
    let message = |sentence: &str, interval| ask_within(&files, sentence, interval).unwrap_err().to_string();
    assert_eq!(message("where vpc = vpc-1", None), "no file has the field `vpc`");
    assert_eq!(message("where `made-up` = \"x\"", None), "no file has the field `made-up`");
    assert_eq!(message("where remote public", None), "no file has the field `dir`, which `remote.addr` is read from");
    assert_eq!(message("count() by bin(5m)", None), "no file has the field `start`, which `time` is read from");
    let interval = Interval { from: 0, until: 1 };
    assert_eq!(message("show bytes", Some(interval)), "no file has the field `start`");
    assert_eq!(message("show local.name", None), "`local.name` needs an inventory, and these files have none");
}

#[test]
fn extra_columns_are_text_and_ports_count_where_nothing_is_known_of_protocols() {
    let files = open(&[("log", b"srcport made-up start\n0 007 1\n80 - 2\n")]);
    assert_eq!(ask(&files, "where `made-up` = \"007\" | show `made-up`").unwrap().0, ["007"]);
    assert_eq!(ask(&files, "where src.port < 10 | count()").unwrap().0, ["1"]);
    assert_eq!(ask(&files, "where not src.port < 10 | count()").unwrap().0, ["1"]);
}

/// A sink that takes no rows.
struct Closed;

impl RowSink for Closed {
    fn columns(&mut self, _: &[Column]) -> std::io::Result<()> {
        Ok(())
    }

    fn rows(&mut self, _: Vec<Row>) -> std::io::Result<()> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn a_sink_that_closes_ends_the_run() {
    let files = open(&[("log", RECORDS.as_bytes())]);
    let outcome = run_plan(&plan("show bytes"), None, &files, &mut Closed);
    assert!(matches!(outcome, Err(Error::Sink(error)) if error.kind() == std::io::ErrorKind::BrokenPipe));
}

#[test]
fn too_many_groups_for_the_memory_are_an_error_that_says_what_to_do() {
    let mut text = String::from("interface-id srcaddr bytes\n");
    for number in 0..60_000 {
        writeln!(text, "eni-{number:050} 10.{}.{}.1 {number}", number / 200, number % 200).unwrap();
    }
    let folder = folder(&[("log", text.as_bytes())]);
    let files = Files::open(Options { memory_limit_bytes: 2 << 20, ..options(folder.path()) }).unwrap();
    let error = ask(&files, "distinct(src.addr), distinct(bytes) by eni").unwrap_err();
    assert_eq!(error.to_string(), "the query needs more than the 2 MiB of memory that it may use");
    assert!(error.help().unwrap().contains("--memory-limit"));
}

/// 160 files of 2,000 records; the order of their names is not that of their times. Each begins `step_s` seconds after
/// the one before it in time. One in `compressed` is a gzip file. Returns them with their times and numbers, newest
/// first.
fn logs(step_s: usize, compressed: usize) -> (Opened, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    for log in 0..160 {
        let mut text = String::from("start bytes\n");
        for record in 0..2000 {
            // Within 200 seconds. Some records have the same time; in one file, some have none.
            let time = 1_795_000_000 + log * step_s + record * 7 % 200;
            let number = (record * 31 + log) % 977;
            let time = (log != 30 || record % 500 != 3).then_some(time);
            writeln!(text, "{} {number}", time.map_or("-".into(), |time| time.to_string())).unwrap();
            expected.push((std::cmp::Reverse(time), number));
        }
        text.push_str("many 1795000000\n");
        let name = format!("{:03}.log", log * 37 % 160);
        if (log + 1) % compressed == 0 {
            fs::write(folder.path().join(name), gzip(&text)).unwrap();
        } else {
            fs::write(folder.path().join(name), text).unwrap();
        }
    }
    expected.sort_unstable();
    let shown = |time: Option<usize>| time.map_or("-".into(), |time| shown(&Value::Time(time.try_into().unwrap())));
    let expected = expected.into_iter().map(|(time, number)| format!("{} {number}", shown(time.0))).collect();
    let files = Files::open(Options { memory_limit_bytes: 16 << 20, ..options(folder.path()) }).unwrap();
    (Opened { files, _folder: folder }, expected)
}

#[test]
fn a_big_answer_is_in_order_however_parts_lie_over_each_other() {
    // The files follow each other; each overlaps the next; too many overlap to wait in memory.
    for step_s in [200, 100, 0] {
        let (files, expected) = logs(step_s, 3);
        let (rows, stats) = ask(&files, "show start, bytes | limit none").unwrap();
        assert!(rows == expected, "{step_s}");
        assert_eq!((stats.rows, stats.records_scanned, stats.malformed), (320_000, 320_000, 160), "{step_s}");
        let few = ask(&files, "where bytes = 5 | show start, bytes | limit none").unwrap().0;
        assert_eq!(few, expected.into_iter().filter(|row| row.ends_with(" 5")).collect::<Vec<_>>(), "{step_s}");
    }
}

#[test]
fn a_big_answer_begins_before_all_is_read() {
    let (files, _) = logs(200, 3);
    let progress = Arc::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let plan = plan("show start, bytes | limit none");
    runtime.block_on(run(&plan, None, &files, None, &progress, &mut Closed)).unwrap_err();
    drop(runtime);
    let records = progress.records.load(Ordering::Relaxed);
    assert!(records < 320_000, "{records}");
}

#[test]
fn a_limit_reads_no_older_text_than_it_needs() {
    for (step_s, most) in [(200, 60_000), (100, 60_000), (0, 320_000)] {
        let (files, expected) = logs(step_s, usize::MAX);
        for limit in [1, 100, 5000] {
            let (rows, stats) = ask(&files, &format!("show start, bytes | limit {limit}")).unwrap();
            assert!(rows == expected[..limit], "{step_s} {limit}");
            assert!(stats.records_scanned <= most, "{step_s} {limit} {}", stats.records_scanned);
        }
        let few = ask(&files, "where bytes = 5 | show start, bytes | limit 70").unwrap().0;
        assert_eq!(
            few,
            expected.into_iter().filter(|row| row.ends_with(" 5")).take(70).collect::<Vec<_>>(),
            "{step_s}"
        );
    }
    let (files, expected) = logs(200, usize::MAX);
    let (rows, stats) = ask(&files, "show start, bytes").unwrap();
    assert!(rows == expected[..100] && stats.truncated);
    // A rare value is searched for everywhere.
    let (rows, stats) = ask(&files, "where bytes = 5 | count()").unwrap();
    let (all, looked) = ask(&files, "where bytes = 5 | show bytes | limit 10_000").unwrap();
    assert_eq!((all.len().to_string(), looked.records_scanned), (rows[0].clone(), stats.records_scanned));
}

#[test]
fn what_a_limit_leaves_unread_is_not_counted_but_has_to_have_the_same_header() {
    let records = |start: u32| format!("start bytes\n{start} 1\n{start} 2\n");
    let bad = |start: u32| records(start) + "9 many\n- - -\n";
    let [old, older, new, newest] = [records(20), bad(10), bad(30), records(40)];
    let files = [("a", &older), ("b", &old), ("c", &new), ("d", &newest)].map(|(name, text)| (name, text.as_bytes()));
    let files = open(&files);
    for _ in 0..20 {
        let (rows, stats) = ask(&files, "show bytes | limit 1").unwrap();
        assert_eq!((rows, stats.records_scanned, stats.malformed), (vec!["1".into()], 4, 2));
    }
    assert_eq!(ask(&files, "show bytes | limit none").unwrap().1.malformed, 4);
    for (odd, line) in [("bytes start\n1 50\n", 4), ("9 many\n# 9 9\n\nbytes start\n", 7)] {
        let old = old.clone() + odd;
        let files = [("a", &older), ("b", &old), ("c", &new), ("d", &newest)];
        let error = ask(&open(&files.map(|(name, text)| (name, text.as_bytes()))), "show bytes | limit 1").unwrap_err();
        assert!(matches!(error, Error::OtherHeader { line: found, .. } if found == line), "{error}");
    }
}

#[test]
fn what_a_limit_leaves_unread_does_not_depend_on_threads() {
    let text = |start: u32, rows: usize, bad: usize| {
        ["start bytes\n".into(), format!("{start} 1\n").repeat(rows), "9 many\n".repeat(bad)].concat()
    };
    // Three new files; thirty older ones, each with as many bad lines as its number; two old ones.
    let mut logs: Vec<_> = (0..3).map(|number| (format!("a{number}"), text(50, 2, 0))).collect();
    logs.extend((10..40).map(|number| (format!("f{number}"), text(40, 2, number))));
    logs.extend((0..2).map(|number| (format!("z{number}"), text(20, 6, 0))));
    let files: Vec<_> = logs.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let files = open(&files);
    for _ in 0..50 {
        // The last two, two new ones, then the other new one with the last three of the same time.
        let (rows, stats) = ask(&files, "show start | limit 5").unwrap();
        assert_eq!((rows.len(), stats.records_scanned, stats.malformed), (5, 24, 39 + 38 + 37));
    }
}

#[test]
fn files_without_records_have_an_empty_answer() {
    for text in ["", "\n\n", "\u{feff}", "# nothing\n"] {
        let files = open(&[("a", text.as_bytes()), ("b", &gzip(text))]);
        for sentence in ["limit 5", "show bytes | limit none", "show bytes"] {
            assert_eq!(ask(&files, sentence).unwrap().0, Vec::<String>::new(), "{text:?} {sentence}");
        }
        assert_eq!(ask(&files, "count()").unwrap().0, ["0"], "{text:?}");
    }
}
