//! Countries, autonomous systems and organisations, from files in MMDB format that the test writes.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod mmdb;
mod program;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use mmdb::{Data, database};
use program::Ran;

const RECORDS: &str = "interface-id flow-direction srcaddr dstaddr bytes start end log-status\n\
    eni-1 ingress 192.0.2.7 10.0.0.1 1 1795434000 1795434060 OK\n\
    eni-1 ingress 198.51.100.9 10.0.0.1 2 1795434001 1795434060 OK\n\
    eni-1 egress 10.0.0.1 192.0.2.200 4 1795434002 1795434060 OK\n\
    eni-1 egress 10.0.0.1 203.0.113.5 8 1795434003 1795434060 OK\n";

struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let country = |code| Data::Map(vec![("country", Data::Map(vec![("iso_code", Data::Text(code))]))]);
        let system = |number, name| {
            let organisation = ("autonomous_system_organization", Data::Text(name));
            Data::Map(vec![("autonomous_system_number", Data::Number(number)), organisation])
        };
        let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
        write("country.mmdb", &database(&[("192.0.2.0/24", country("IN")), ("198.51.100.0/24", country("DE"))]));
        write("asn.mmdb", &database(&[("192.0.2.0/25", system(64_496, "Example Networks"))]));
        write("records.log", RECORDS.as_bytes());
        write("config.toml", b"[geo]\nfiles = [\"country.mmdb\", \"asn.mmdb\"]\n");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ask(&self, args: &[&str], sentence: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
        command.env_clear().env("TZ", "UTC").env("HOME", "/nonexistent").stdin(Stdio::null());
        command.arg("--local").arg(self.path("records.log")).args(["-q", "-o", "csv"]).args(args);
        Ran::of(command.current_dir(self.folder.path()).args(["-e", sentence]))
    }
}

#[test]
fn addresses_are_looked_up_in_the_files_that_are_named() {
    let files = Files::new();
    let ask = |sentence: &str| files.ask(&["--config", "config.toml"], sentence).done();
    // Worked out by hand.
    assert_eq!(
        ask("show bytes, remote.country, remote.asn, remote.org | sort bytes asc"),
        "bytes,remote_country,remote_asn,remote_org\n1,IN,64496,Example Networks\n2,DE,,\n4,IN,,\n8,,,\n"
    );
    assert_eq!(ask("where remote.country in (IN, BY) | sum(bytes)"), "sum_bytes\n5\n");
    assert_eq!(ask("where remote.country != IN | sum(bytes)"), "sum_bytes\n2\n");
    assert_eq!(ask("where not remote.country = IN | sum(bytes)"), "sum_bytes\n10\n");
    assert_eq!(ask("where not remote.country exists | sum(bytes)"), "sum_bytes\n8\n");
    assert_eq!(ask("where remote.asn = 64496 or remote.org like \"Other*\" | sum(bytes)"), "sum_bytes\n1\n");
    assert_eq!(ask("top 1 remote.country by bytes"), "remote_country,bytes\n,8\n");
    assert_eq!(ask("distinct(remote.country)"), "distinct_remote_country\n2\n");
    let named = files.ask(&["--geo", "country.mmdb"], "top 2 src.country by flows").done();
    assert_eq!(named, "src_country,flows\n,2\nDE,1\n");
}

#[test]
fn what_is_missing_or_damaged_is_said() {
    let files = Files::new();
    files.ask(&[], "show remote.country").fails(1, "--geo FILE");
    files.ask(&["--geo", "none.mmdb"], "show remote.country").fails(1, "cannot read `none.mmdb`");
    files.ask(&["--geo", "records.log"], "show remote.country").fails(1, "cannot read `records.log`");
    // A file that no sentence needs is not read.
    assert_eq!(files.ask(&["--geo", "none.mmdb"], "count()").done(), "count\n4\n");
}
