//! A demo account, and the truth about its traffic.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::program::Ran;

/// The seconds of a slot.
const SLOT_S: i64 = 600;

/// A connection, as the generator describes it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    start: i64,
    end: i64,
    pub(crate) purpose: String,
    pub(crate) client_interface: String,
    pub(crate) client: String,
    pub(crate) server_interface: String,
    pub(crate) server: String,
    pub(crate) server_port: u64,
    pub(crate) protocol: u64,
    pub(crate) nat: String,
    pub(crate) outcome: String,
    pub(crate) by: String,
    pub(crate) bytes_out: u64,
    pub(crate) bytes_back: u64,
}

impl Told {
    fn read(line: &str) -> Self {
        let cells: Vec<&str> = line.split(',').collect();
        let text = |place: usize| cells[place].to_string();
        Self {
            start: cells[0].parse().unwrap(),
            end: cells[1].parse().unwrap(),
            purpose: text(2),
            client_interface: text(3),
            client: text(4),
            server_interface: text(6),
            server: text(7),
            server_port: number(cells[8]),
            protocol: number(cells[9]),
            nat: text(10),
            outcome: text(11),
            by: text(12),
            bytes_out: number(cells[14]),
            bytes_back: number(cells[16]),
        }
    }

    /// Whether it began before its slot, so that no record has its SYN.
    pub(crate) fn is_ongoing(&self) -> bool {
        self.start % SLOT_S == 0 && self.end == self.start + SLOT_S - 1
    }

    pub(crate) fn protocol_name(&self) -> &'static str {
        match self.protocol {
            1 => "ICMP",
            6 => "TCP",
            _ => "UDP",
        }
    }
}

/// A window of whole slots.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) from: i64,
    until: i64,
    /// The window in the notation of sentences.
    pub(crate) text: String,
}

impl Window {
    fn new(from: i64, slots: i64) -> Self {
        let until = from + slots * SLOT_S - 1;
        let time = |second: i64| jiff::Timestamp::from_second(second).unwrap();
        Self { from, until, text: format!("from {} to {}", time(from), time(until)) }
    }
}

/// A demo account in its own folder.
pub(crate) struct Demo {
    folder: TempDir,
    told: Vec<Told>,
    interfaces: HashMap<String, (String, Vec<String>)>,
    groups: Vec<(String, String)>,
    last_slot: i64,
}

impl Demo {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let dir = folder.path().join("demo");
        let made = Command::new(env!("CARGO_BIN_EXE_flowlogs"))
            .args(["-q", "demo", "--dir", dir.to_str().unwrap(), "-e", "1"])
            .env("HOME", folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut told = Vec::new();
        let mut last_slot = 0;
        for entry in fs::read_dir(dir.join("truth")).unwrap() {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap().to_str().unwrap().to_string();
            last_slot = last_slot.max(name.trim_start_matches("slot-").split('.').next().unwrap().parse().unwrap());
            let mut text = String::new();
            flate2::read::GzDecoder::new(fs::File::open(file).unwrap()).read_to_string(&mut text).unwrap();
            told.extend(text.lines().skip(1).map(Told::read));
        }
        let inventory: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(dir.join("inventory.json")).unwrap()).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_string();
        let interfaces = inventory["interfaces"].as_array().unwrap().iter().map(|one| {
            let groups = one["security_groups"].as_array().unwrap().iter().map(text).collect();
            (text(&one["id"]), (text(&one["name"]), groups))
        });
        let groups = inventory["security_groups"].as_array().unwrap();
        Self {
            told,
            interfaces: interfaces.collect(),
            groups: groups.iter().map(|one| (text(&one["id"]), text(&one["name"]))).collect(),
            last_slot,
            folder,
        }
    }

    /// Windows in the past, the latest first: ten minutes, the hour before, one earlier, and one in the other half of
    /// the day.
    pub(crate) fn windows(&self) -> [Window; 4] {
        let window = |back: i64, slots: i64| Window::new(self.last_slot - back * SLOT_S, slots);
        [window(1, 1), window(8, 6), window(20, 6), window(80, 6)]
    }

    /// The connections of a window's slots.
    pub(crate) fn told(&self, window: &Window) -> impl Iterator<Item = &Told> {
        let (from, until) = (window.from, window.until);
        self.told.iter().filter(move |one| (from..=until).contains(&one.start))
    }

    /// The connections that flow logs recorded: the VPC that was bought has them for 20 minutes only.
    pub(crate) fn recorded(&self, window: &Window) -> impl Iterator<Item = &Told> {
        let is_young = window.from >= self.last_slot - SLOT_S;
        let is_bought = |one: &Told| one.purpose == "bought" || self.server_name(one).starts_with("bought");
        self.told(window).filter(move |one| is_young || !is_bought(one))
    }

    fn server_name(&self, one: &Told) -> &str {
        self.interfaces.get(&one.server_interface).map_or("", |known| known.0.as_str())
    }

    /// The name of an interface.
    pub(crate) fn name(&self, interface: &str) -> String {
        self.interfaces[interface].0.clone()
    }

    /// The security groups of an interface of the network.
    pub(crate) fn groups(&self, interface: &str) -> &[String] {
        self.interfaces.get(interface).map_or(&[], |known| known.1.as_slice())
    }

    /// The groups, by id and name, that a flow log recorded for the whole day.
    pub(crate) fn logged_groups(&self) -> Vec<(String, String)> {
        let is_logged = |name: &str| name.starts_with("demo-") || name.starts_with("staging-");
        self.groups.iter().filter(|(_, name)| is_logged(name)).cloned().collect()
    }

    /// Runs a script that ships; returns its output.
    pub(crate) fn ship(&self, name: &str, args: &[&str]) -> String {
        let script = scripts().join(format!("{name}.rhai")).display().to_string();
        let dir = self.folder.path().join("demo").display().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
        command.args(["--local", &dir, "run", &script]).args(args).current_dir(self.folder.path());
        command.env_clear().env("TZ", "UTC").env("HOME", self.folder.path()).stdin(Stdio::null());
        Ran::of(&mut command).done()
    }
}

fn scripts() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests")).join("scripts")
}

/// The cells of a table's row.
pub(crate) fn cells(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

pub(crate) fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is not a number"))
}
