//! Countries, autonomous systems and organisations, by files in MMDB format that the test writes.
//!
//! Format: <https://maxmind.github.io/MaxMind-DB/>.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

mod program;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use program::Ran;

/// A value in the data of a database.
enum Data<'a> {
    Text(&'a str),
    Number(u32),
    Short(u16),
    Long(u64),
    Map(Vec<(&'a str, Data<'a>)>),
    NoList,
}

impl Data<'_> {
    /// The control byte, which has the type and the length, and the value.
    fn bytes(&self) -> Vec<u8> {
        let control = |kind: u8, length: usize| kind << 5 | u8::try_from(length).unwrap();
        match self {
            Self::Text(text) if text.len() < 29 => [vec![control(2, text.len())], text.as_bytes().to_vec()].concat(),
            Self::Text(text) => {
                let more = u8::try_from(text.len() - 29).unwrap();
                [vec![control(2, 29), more], text.as_bytes().to_vec()].concat()
            }
            Self::Short(number) => [vec![control(5, 2)], number.to_be_bytes().to_vec()].concat(),
            // Types above 7 stand in a byte of their own.
            Self::Long(number) => [vec![8, 2], number.to_be_bytes().to_vec()].concat(),
            Self::Number(number) => [vec![control(6, 4)], number.to_be_bytes().to_vec()].concat(),
            Self::NoList => vec![0, 4],
            Self::Map(entries) => {
                let pairs = entries.iter().flat_map(|(key, value)| [Data::Text(key).bytes(), value.bytes()].concat());
                std::iter::once(control(7, entries.len())).chain(pairs).collect()
            }
        }
    }
}

/// A database of IPv4 networks. A node of the tree has a record of 24 bits for each bit of an address: the next node,
/// or behind the number of nodes the place of the data.
fn database(networks: &[(&str, Data<'_>)]) -> Vec<u8> {
    let mut nodes: Vec<[Option<usize>; 2]> = vec![[None, None]];
    let mut leaves: Vec<(usize, usize, usize)> = Vec::new();
    let mut data: Vec<u8> = Vec::new();
    for (network, value) in networks {
        let (address, length) = network.split_once('/').unwrap();
        let bits = address.parse::<std::net::Ipv4Addr>().unwrap().to_bits();
        let length: u32 = length.parse().unwrap();
        let mut node = 0;
        for place in 0..length {
            let side = (bits >> (31 - place) & 1) as usize;
            if place + 1 == length {
                leaves.push((node, side, data.len()));
            } else if let Some(next) = nodes[node][side] {
                node = next;
            } else {
                nodes.push([None, None]);
                let next = nodes.len() - 1;
                nodes[node][side] = Some(next);
                node = next;
            }
        }
        data.extend(value.bytes());
    }
    let count = nodes.len();
    let mut records: Vec<[usize; 2]> = nodes.iter().map(|node| node.map(|next| next.unwrap_or(count))).collect();
    for (node, side, place) in leaves {
        records[node][side] = count + 16 + place;
    }
    let tree = records.iter().flatten().flat_map(|record| u32::try_from(*record).unwrap().to_be_bytes()[1..].to_vec());
    let metadata = Data::Map(vec![
        ("binary_format_major_version", Data::Short(2)),
        ("binary_format_minor_version", Data::Short(0)),
        ("build_epoch", Data::Long(1)),
        ("database_type", Data::Text("Test")),
        ("description", Data::Map(Vec::new())),
        ("ip_version", Data::Short(4)),
        ("languages", Data::NoList),
        ("node_count", Data::Number(u32::try_from(count).unwrap())),
        ("record_size", Data::Short(24)),
    ]);
    let marker = b"\xab\xcd\xefMaxMind.com".to_vec();
    [tree.collect(), vec![0; 16], data, marker, metadata.bytes()].concat()
}

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
    // What nobody asks is not read.
    assert_eq!(files.ask(&["--geo", "none.mmdb"], "count()").done(), "count\n4\n");
}
