//! Flow log records as text, and as the service's events.

use flowlogs::field::{FIELDS, Field, FieldType, Origin};
use flowlogs::insights;

use crate::evaluator::{Dash, Error, Log};
use crate::random::Random;
use crate::sentences::TEXTS;

/// The default format of flow logs.
const DEFAULT: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start \
                       end action log-status";

/// Records of one format.
#[derive(Clone)]
pub(crate) struct Records {
    /// The names of the format, in order.
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    /// The names that every second record lacks, in a log group of two formats. A file has `-` there.
    pub(crate) lacking: Vec<&'static str>,
}

impl Records {
    /// Parses the text of a file: a line that starts with a name is a header.
    pub(crate) fn parse(text: &str) -> Self {
        let mut names: Vec<String> = DEFAULT.split_whitespace().map(str::to_string).collect();
        let mut rows = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let values: Vec<String> = line.split_whitespace().map(str::to_string).collect();
            if values.iter().all(|value| Field::of_record(value).is_some()) {
                names = values;
            } else {
                rows.push(values);
            }
        }
        Self { names, rows, lacking: Vec::new() }
    }

    /// The records as the text of a file.
    pub(crate) fn text(&self) -> String {
        let lines = std::iter::once(&self.names).chain(&self.rows);
        lines.map(|values| values.join(" ") + "\n").collect()
    }

    /// The fields of the format; `None` if the table lacks one.
    pub(crate) fn fields(&self) -> Option<Vec<Field>> {
        self.names.iter().map(|name| Field::of_record(name)).collect()
    }

    /// The format for the emitter; all fields must be in the table.
    pub(crate) fn format(&self) -> insights::Format {
        let fields = self.fields().expect("the fields are known");
        let has_all = |field: &Field| self.lacking.iter().all(|name| Field::of_record(name) != Some(*field));
        let short: Vec<Field> = fields.iter().copied().filter(has_all).collect();
        insights::Format::of_several(&[fields, short])
    }

    /// The records in CloudWatch: the time of an event is the record's start.
    pub(crate) fn log(&self, dash: Dash) -> Result<Log, Error> {
        let fields = self.fields().unwrap_or_default();
        let names: Vec<(&str, bool)> = fields
            .iter()
            .zip(&self.names)
            .map(|(field, name)| (field.info().insights, self.lacking.contains(&name.as_str())))
            .collect();
        let start = self.names.iter().position(|name| name == "start");
        let times: Vec<Option<String>> = self.rows.iter().map(|row| Some(row[start?].clone() + "000")).collect();
        let records = self.rows.iter().zip(&times).enumerate().map(|(number, (row, time))| {
            let time = time.iter().map(|time| ("@timestamp", time.as_str()));
            let values = names.iter().zip(row).filter(move |((_, is_lacking), _)| !(is_short(number) && *is_lacking));
            time.chain(values.map(|((name, _), value)| (*name, value.as_str())))
        });
        Log::new(records, dash)
    }
}

/// Returns whether a record has the shorter format, in a log group of two.
const fn is_short(number: usize) -> bool {
    number % 2 == 1
}

/// Formats of made-up records: one with many fields, the default, and two that lack fields that guards need.
const FORMATS: [&str; 4] = [
    "interface-id flow-direction srcaddr dstaddr srcport dstport protocol tcp-flags packets bytes start end action \
     log-status pkt-srcaddr pkt-dstaddr pkt-src-aws-service pkt-dst-aws-service traffic-path type vpc-id subnet-id \
     instance-id account-id region reject-reason encryption-status version resource-id",
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action \
     log-status resource-id",
    "interface-id flow-direction srcaddr dstaddr srcport dstport tcp-flags packets bytes start end resource-id",
    "interface-id dstaddr dstport protocol packets bytes start end log-status pkt-srcaddr flow-direction srcport \
     srcaddr resource-id",
];

/// The formats of made-up records; the last one has every field.
pub(crate) fn formats() -> Vec<String> {
    let every = FIELDS.iter().filter_map(|info| match info.origin {
        Origin::Record(name) => Some(name),
        _ => None,
    });
    let every: Vec<&str> = every.collect();
    FORMATS.iter().map(ToString::to_string).chain([every.join(" ")]).collect()
}

/// Midnight before the clock of the tests, so that bins of every width meet records.
const FIRST: usize = 1_795_392_000;

/// Made-up records; the bytes of each are its number or, if `repeated`, any number.
pub(crate) fn made_up(format: &str, count: usize, repeated: bool, random: &mut Random) -> Records {
    let names: Vec<String> = format.split_whitespace().map(str::to_string).collect();
    let mut rows = Vec::new();
    for number in 0..count {
        let kind = Kind::any(random);
        let row = names.iter().map(|name| match name.as_str() {
            "bytes" if !repeated => number.to_string(),
            name => value(name, kind, number, random),
        });
        rows.push(row.collect());
    }
    Records { names, rows, lacking: Vec::new() }
}

/// The same records in a log group of two formats: the other format has the default fields.
pub(crate) fn of_two_formats(mut records: Records) -> Records {
    const KEPT: [&str; 1] = ["resource-id"];
    let is_default = |name: &str| DEFAULT.split_whitespace().any(|known| known == name) || KEPT.contains(&name);
    let lacking = FORMATS[0].split_whitespace().filter(|name| !is_default(name)).collect::<Vec<_>>();
    for (_, row) in records.rows.iter_mut().enumerate().filter(|(number, _)| is_short(*number)) {
        for (value, name) in row.iter_mut().zip(&records.names) {
            if lacking.contains(&name.as_str()) {
                *value = "-".into();
            }
        }
    }
    records.lacking = lacking;
    records
}

/// The kind of a record, so that its values fit each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ports,
    NoPorts,
    NoProtocol,
    /// Traffic of an Elastic Fabric Adapter: MAC addresses, and no ports.
    Efa,
    /// Rejected by Block Public Access: without bytes.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-limitations.html>
    Blocked,
    NoTraffic(&'static str),
}

impl Kind {
    fn any(random: &mut Random) -> Self {
        match random.below(20) {
            0..11 => Self::Ports,
            11..14 => Self::NoPorts,
            14..16 => Self::NoProtocol,
            16 => Self::Efa,
            17 => Self::Blocked,
            18 => Self::NoTraffic("NODATA"),
            _ => Self::NoTraffic("SKIPDATA"),
        }
    }
}

const ADDRESSES: [&str; 14] = [
    "10.0.0.1",
    "10.0.1.7",
    "10.1.0.9",
    "8.8.8.8",
    "172.31.0.1",
    "172.32.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.251",
    "0.0.0.0",
    "2001:db8::1",
    "fd00::1",
    "fe80::1",
    "-",
];

const MACS: [&str; 2] = ["0a:1b:2c:3d:4e:5f", "0a:1b:2c:3d:4e:60"];

fn value(name: &str, kind: Kind, number: usize, random: &mut Random) -> String {
    let start = FIRST + number * 700;
    let absent_in = |random: &mut Random, times, value: String| if random.once_in(times) { "-".into() } else { value };
    match (name, kind) {
        ("start", _) => start.to_string(),
        ("end", _) => (start + [0, 5, 10, 60, 299, 300, 600][random.below(7)]).to_string(),
        ("interface-id", _) => random.pick(&["eni-1", "eni-2", "eni-3", "eni-0ab"]).into(),
        ("log-status", Kind::NoTraffic(word)) => word.into(),
        ("log-status", _) => "OK".into(),
        ("version", _) => random.pick(&["2", "5", "8"]).into(),
        ("account-id", _) => random.pick(&["123456789012", "012345678901"]).into(),
        ("vpc-id", _) => random.pick(&["vpc-1", "vpc-22", "-"]).into(),
        ("subnet-id", _) => random.pick(&["subnet-a", "subnet-b"]).into(),
        ("region", _) => random.pick(&["eu-west-1", "us-east-1"]).into(),
        ("resource-id", _) => random.pick(&["nat-1", "nat-2", "-"]).into(),
        (_, Kind::NoTraffic(_))
        | ("srcport" | "dstport" | "protocol" | "tcp-flags", Kind::Efa)
        | ("bytes", Kind::Blocked) => "-".into(),
        ("flow-direction", _) => random.pick(&["ingress", "egress", "ingress", "egress", "-"]).into(),
        ("srcaddr" | "dstaddr" | "pkt-srcaddr" | "pkt-dstaddr", Kind::Efa) => random.pick(&MACS).into(),
        ("type", Kind::Efa) => "EFA".into(),
        ("action", Kind::Blocked) => "REJECT".into(),
        ("reject-reason", Kind::Blocked) => "BPA".into(),
        ("srcaddr" | "dstaddr" | "pkt-srcaddr" | "pkt-dstaddr", _) => random.pick(&ADDRESSES).into(),
        ("srcport" | "dstport", Kind::Ports | Kind::Blocked) => {
            let ports = ["22", "22", "443", "80", "5432", "8080", "8443", "27017", "32767", "32768", "50051", "65535"];
            random.pick(&ports).into()
        }
        ("srcport" | "dstport", Kind::NoPorts) => "0".into(),
        ("protocol", Kind::Ports | Kind::Blocked) => random.pick(&["6", "6", "17", "132"]).into(),
        ("protocol", Kind::NoPorts) => random.pick(&["1", "58", "47", "253"]).into(),
        ("tcp-flags", Kind::Ports | Kind::Blocked) => {
            random.pick(&["0", "1", "2", "3", "4", "18", "19", "22", "-"]).into()
        }
        ("tcp-flags", _) => random.pick(&["0", "-"]).into(),
        ("packets", _) => {
            let packets = random.pick(&["1", "2", "9", "10", "100", "1000", "20000"]).to_string();
            absent_in(random, 9, packets)
        }
        ("bytes", _) => {
            let bytes = random.pick(&["0", "40", "52", "1000", "1500", "10000", "5000000", "3000000000"]).to_string();
            absent_in(random, 9, bytes)
        }
        ("action", _) => random.pick(&["ACCEPT", "ACCEPT", "REJECT", "-"]).into(),
        ("type", _) => random.pick(&["IPv4", "IPv6", "EFA", "-"]).into(),
        ("pkt-src-aws-service" | "pkt-dst-aws-service", _) => random.pick(&["S3", "EC2", "AMAZON", "-", "-"]).into(),
        ("traffic-path", _) => random.pick(&["1", "2", "8", "-"]).into(),
        ("instance-id", _) => random.pick(&["i-01", "i-02", "-"]).into(),
        ("reject-reason", _) => random.pick(&["BPA", "-", "-"]).into(),
        ("encryption-status", _) => random.pick(&["0", "1", "3", "-"]).into(),
        _ => other(name, random),
    }
}

/// A value of a field on which no other field depends, by its type.
fn other(name: &str, random: &mut Random) -> String {
    let Some(field) = Field::of_record(name) else { return "-".into() };
    match field.field_type() {
        FieldType::Quantity => random.pick(&["0", "7", "1500", "-"]).into(),
        FieldType::Word(words) | FieldType::OpenWord(words) if !random.once_in(3) => random.pick(words).into(),
        FieldType::Code(names) if !random.once_in(3) => names[random.below(names.len())].code.to_string(),
        FieldType::Text => random.pick(&TEXTS).into(),
        _ => "-".into(),
    }
}
