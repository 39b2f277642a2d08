//! Comparisons of two windows, over files.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod program;

use std::fs;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use program::Ran;

/// 2026-11-23T12:00:00Z
const NOON: i64 = 1_795_435_200;

/// Records by their seconds from noon: the source's last byte, the port, the bytes.
const RECORDS: [(i64, u8, u16, u32); 7] = [
    (-3_600, 1, 22, 1),
    (-1_800, 2, 22, 2),
    (-1, 1, 443, 4),
    (0, 1, 22, 8),
    (600, 2, 80, 16),
    (3_599, 3, 22, 32),
    (3_600, 3, 22, 64),
];

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let header =
            "interface-id srcaddr dstaddr srcport dstport protocol packets bytes flow-direction start end log-status\n";
        let line = |(at, src, port, bytes): &(i64, u8, u16, u32)| {
            format!(
                "eni-1 10.0.0.{src} 10.0.1.1 50000 {port} 6 1 {bytes} ingress {} {} OK\n",
                NOON + at,
                NOON + at + 60
            )
        };
        let records: String = RECORDS.iter().map(line).collect();
        fs::write(folder.path().join("x.log"), header.to_string() + &records).unwrap();
        Self(folder)
    }

    /// The answer, and the number of bytes that were read for it.
    fn ask(&self, sentence: &str) -> (String, u64) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
        command
            .env_clear()
            .env("TZ", "UTC")
            .env("HOME", "/nonexistent")
            .stdin(Stdio::null())
            .current_dir(self.0.path());
        command.args(["--local", "x.log", "-o", "csv", "--stats", "json", "-e", sentence]);
        let ran = Ran::of(&mut command);
        let stats = ran.stderr.lines().find(|line| line.starts_with('{')).unwrap_or_else(|| panic!("{}", ran.stderr));
        let stats: serde_json::Value = serde_json::from_str(stats).unwrap();
        (ran.done(), stats["bytes_scanned"].as_u64().unwrap())
    }
}

#[test]
fn windows_that_touch_are_read_in_one_scan() {
    let files = Files::new();
    let now = "from 2026-11-23T12:00Z to 2026-11-23T12:59:59Z";
    let (_, once) = files.ask("count() from 2026-11-23T11:00Z to 2026-11-23T12:59:59Z");
    // Worked out by hand.
    for (sentence, expected) in [
        ("sum(bytes) as b by dst.port", "dst_port,b,b_before,b_change\n22,40,3,37\n80,16,0,16\n443,0,4,-4\n"),
        ("distinct(src.addr) as d", "d,d_before,d_change\n3,2,1\n"),
        (
            "count() as n by bin(30m)",
            "bin,n,n_before,n_change\n2026-11-23T12:00:00Z,2,1,1\n2026-11-23T12:30:00Z,1,2,-1\n",
        ),
        ("rate(bytes) as r", "r,r_before,r_change\n0.12444444444444444,0.015555555555555555,0.10888888888888888\n"),
    ] {
        let (rows, bytes) = files.ask(&format!("{sentence} | compare 1h {now}"));
        assert_eq!(rows, expected, "{sentence}");
        assert_eq!(bytes, once, "{sentence}");
    }
    // Without keys there is a group even over no records, which is neither new nor gone.
    for (sentence, expected) in [
        (
            "where bytes = 3 | count() as n, distinct(src.addr) as d",
            "n,n_before,n_change,d,d_before,d_change\n0,0,0,0,0,0\n",
        ),
        ("where bytes = 8 | count() as n, max(bytes) as m", "n,n_before,n_change,m,m_before,m_change\n1,0,1,8,,\n"),
        ("where bytes = 1 | sum(bytes) as b", "b,b_before,b_change\n,1,\n"),
        ("where bytes = 3 | rate(bytes) as r", "r,r_before,r_change\n,,\n"),
    ] {
        assert_eq!(files.ask(&format!("{sentence} | compare 1h {now}")).0, expected, "{sentence}");
    }
    let (rows, _) = files.ask(&format!("where bytes = 8 | count() as n | compare 1h new {now}"));
    assert_eq!(rows, "n,n_before,n_change\n");
    let (rows, bytes) = files.ask(&format!("conversations | compare 1h new {now}"));
    assert!(rows.lines().count() == 3 && bytes == once, "{rows}");
}

#[test]
fn windows_that_overlap_or_lie_apart_are_read_each() {
    let files = Files::new();
    let now = "from 2026-11-23T12:00Z to 2026-11-23T12:59:59Z";
    let (_, once) = files.ask("count()");
    let (rows, bytes) = files.ask(&format!("sum(bytes) as b | compare 30m {now}"));
    assert_eq!((rows.as_str(), bytes), ("b,b_before,b_change\n56,30,26\n", 2 * once));
    // Both ends of a window count: a second that two windows would share belongs to the later one.
    let (rows, bytes) = files.ask("sum(bytes) as b | compare 1h from 2026-11-23T12:00:00Z to 2026-11-23T13:00:00Z");
    assert_eq!((rows.as_str(), bytes), ("b,b_before,b_change\n120,7,113\n", once));
}
