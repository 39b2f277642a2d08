//! Random sentences: each has a meaning, or `compile` refuses it.

use std::fmt::Write as _;

use flowlogs::field::{FIELDS, Field, FieldType, Origin};

use crate::random::Random;

/// Texts that fields of records hold.
pub(crate) const TEXTS: [&str; 4] = ["a-1", "b.22", "app=web%20x", "-"];

const ADDRESS_FIELDS: [&str; 11] = [
    "src.addr",
    "dst.addr",
    "pkt.src.addr",
    "pkt.dst.addr",
    "local.addr",
    "remote.addr",
    "client.addr",
    "server.addr",
    "addr",
    "srcaddr",
    "dstAddr",
];
const PORT_FIELDS: [&str; 7] =
    ["src.port", "dst.port", "local.port", "remote.port", "client.port", "server.port", "port"];
const SIDES: [&str; 8] = ["src", "dst", "local", "remote", "client", "server", "pkt.src", "pkt.dst"];
const SETS: [&str; 6] = ["private", "shared", "linklocal", "loopback", "multicast", "public"];
const TEXT_FIELDS: [&str; 5] = ["eni", "vpc", "subnet", "instance", "account"];
const SERVICE_FIELDS: [&str; 4] = ["pkt.src.service", "pkt.dst.service", "service", "reject.reason"];
const WORDS: [&str; 12] =
    ["accept", "reject", "ingress", "egress", "request", "response", "tcp", "udp", "icmp", "icmp6", "ipv4", "ipv6"];
const ANY_FIELDS: [&str; 29] = [
    "role",
    "client.addr",
    "server.port",
    "src.addr",
    "dst.addr",
    "pkt.src.addr",
    "local.addr",
    "remote.addr",
    "addr",
    "src.port",
    "dst.port",
    "local.port",
    "port",
    "packets",
    "bytes",
    "duration",
    "start",
    "time",
    "version",
    "flags",
    "action",
    "dir",
    "type",
    "proto",
    "path",
    "eni",
    "vpc",
    "service",
    "encryption",
];
const EQUALITIES: [&str; 4] = ["=", "!=", "==", "ne"];
const ORDERS: [&str; 8] = ["=", "!=", "<", "<=", ">", ">=", "lt", "ge"];

fn address(random: &mut Random) -> &'static str {
    random.pick(&[
        "10.0.0.1",
        "10.0.1.7",
        "8.8.8.8",
        "172.31.0.1",
        "0.0.0.0",
        "2001:db8::1",
        "2001:DB8:0:0::1",
        "fd00::1",
        "10.0.0.0/8",
        "10.0.0.0/23",
        "10.1.2.3/16",
        "0.0.0.0/0",
        "::/0",
        "2001:db8::/32",
        "172.16.0.0/12",
        "8.8.8.8/32",
        "fe80::/10",
    ])
}

fn port(random: &mut Random) -> &'static str {
    random.pick(&["22", "443", "ssh", "https", "80", "0", "65535", "5432", "8000..8080", "0..1023", "1..22"])
}

fn list(random: &mut Random, one: fn(&mut Random) -> &'static str) -> String {
    let count = 1 + random.below(3);
    let parts: Vec<&str> = (0..count).map(|_| one(random)).collect();
    let (open, close) = [("(", ")"), ("[", "]"), ("{", "}")][random.below(3)];
    format!("{open}{}{close}", parts.join(", "))
}

/// A test of one field.
fn leaf(random: &mut Random) -> String {
    match random.below(18) {
        16 | 17 => relation(random),
        0 | 1 => random.pick(&WORDS).to_string(),
        2 | 3 => addresses(random),
        4 | 5 => ports(random),
        6 => format!("{} {}", random.pick(&SIDES), random.pick(&SETS)),
        7 => sided(random),
        8 | 9 => numbers(random),
        10 => flags(random),
        11 | 12 => texts(random),
        13 => services(random),
        14 if random.once_in(3) => any_field(random),
        14 => codes(random),
        _ if random.once_in(3) => any_field(random),
        _ => format!("{} exists", random.pick(&ANY_FIELDS)),
    }
}

fn addresses(random: &mut Random) -> String {
    let field = random.pick(&ADDRESS_FIELDS);
    match random.below(3) {
        0 => format!("{field} {} {}", random.pick(&EQUALITIES), address(random)),
        1 => format!("{field} in {}", list(random, address)),
        _ => format!("{field} not in {}", list(random, address)),
    }
}

fn ports(random: &mut Random) -> String {
    let field = random.pick(&PORT_FIELDS);
    let number = random.pick(&["22", "443", "ssh", "1024", "0", "65535"]);
    match random.below(4) {
        0 | 1 => format!("{field} {} {number}", random.pick(&ORDERS)),
        2 => format!("{field} in {}", list(random, port)),
        _ => format!("{field} not in {}", list(random, port)),
    }
}

/// A comparison of two fields of one type.
fn relation(random: &mut Random) -> String {
    let (fields, operators): (&[&str], &[&str]) = match random.below(5) {
        0 | 1 => (&ADDRESS_FIELDS[..8], &EQUALITIES),
        2 => (&PORT_FIELDS[..6], &ORDERS),
        3 => (&["bytes", "packets"], &ORDERS),
        _ => (&["start", "end", "time"], &ORDERS),
    };
    format!("{} {} {}", random.pick(fields), random.pick(operators), random.pick(fields))
}

/// A test in tcpdump's spelling.
fn sided(random: &mut Random) -> String {
    let side = if random.once_in(4) { "" } else { random.pick(&SIDES[..6]) };
    match random.below(4) {
        0 => format!("{side} host {}", random.pick(&["10.0.0.1", "2001:db8::1", "8.8.8.8"])),
        1 => {
            format!("{side} net {}", list(random, |random| random.pick(&["10.0.0.0/8", "2001:db8::/32", "8.8.8.0/24"])))
        }
        2 => format!("{side} port {}", list(random, port)),
        _ => format!("{side} port {}", random.pick(&["22", "ssh", "0"])),
    }
}

fn numbers(random: &mut Random) -> String {
    let (field, values): (&str, &[&str]) = match random.below(7) {
        0 | 1 => ("bytes", &["0", "5", "7", "20", "1k", "1_500", "5MB", "40"]),
        2 => ("packets", &["0", "1", "9", "10", "1000", "10k", "99999"]),
        3 => ("duration", &["0", "5s", "1m", "5m", "10m", "299"]),
        4 => ("version", &["2", "5", "7"]),
        5 => (random.pick(&["start", "end"]), &["2026-11-23T00:00:00Z", "2026-11-23T01:10:00Z", "1795394100"]),
        _ => ("time", &["2026-11-23T00:00:00Z", "2026-11-23T01:10:00Z", "2026-11-23T03:00:00Z"]),
    };
    match random.below(4) {
        0..3 => format!("{field} {} {}", random.pick(&ORDERS), random.pick(values)),
        _ if random.once_in(3) && field == "bytes" => {
            format!("{field} between 5 and {}", random.pick(&["5", "20", "1k"]))
        }
        _ => {
            let negated = if random.once_in(2) { "not " } else { "" };
            format!("{field} {negated}in ({})", random.some(values, 3).join(", "))
        }
    }
}

fn flags(random: &mut Random) -> String {
    match random.below(4) {
        0 => format!("flags {}", random.pick(&["S/SA", "SA", "F", "R/R", "SA/SAFR", "FSRPAU", "S/SAFRPUEW"])),
        1 => format!("flags has {}", random.pick(&["syn", "syn, ack", "rst", "fin, syn"])),
        2 => format!("flags {} {}", random.pick(&ORDERS), random.pick(&["0", "2", "18", "3"])),
        _ => format!("flags in ({})", random.some(&["0", "2", "18", "19"], 3).join(", ")),
    }
}

fn texts(random: &mut Random) -> String {
    let field = random.pick(&TEXT_FIELDS);
    let values = ["eni-1", "eni-2", "vpc-1", "vpc-22", "i-01", "subnet-a", "\"123456789012\"", "\"it's\""];
    match random.below(8) {
        0 | 1 => format!("{field} {} {}", random.pick(&EQUALITIES), random.pick(&values)),
        2 => format!("{field} in ({})", random.some(&values, 3).join(", ")),
        3 => format!("{field} not in ({})", random.some(&values, 3).join(", ")),
        4 => format!("{field} ~ {}", random.pick(&PATTERNS)),
        5 => format!("{field} !~ {}", random.pick(&PATTERNS)),
        6 => format!("{field} like {}", random.pick(&GLOBS)),
        _ => format!("{field} not like {}", random.pick(&GLOBS)),
    }
}

const PATTERNS: [&str; 8] = ["/-[12]$/", "/1/", "/^(?i)ENI/", "/./", "/^vpc-2+$/", "/-/", "/^$/", "/[^a-z]0/"];
const GLOBS: [&str; 8] = ["\"eni-*\"", "\"*\"", "\"vpc-?\"", "\"*-?2*\"", "\"i-0[1]\"", "\"?\"", "\"-\"", "\"*.*\""];

fn services(random: &mut Random) -> String {
    let field = random.pick(&SERVICE_FIELDS);
    match random.below(4) {
        0 | 1 => format!("{field} {} {}", random.pick(&EQUALITIES), random.pick(&["S3", "EC2", "BPA", "s3"])),
        2 => format!("{field} in (S3, AMAZON)"),
        _ => format!("{field} like {}", random.pick(&["\"S*\"", "\"*\"", "\"A*N\""])),
    }
}

/// Words that stand for numbers, and words of a closed list.
fn codes(random: &mut Random) -> String {
    let (field, values): (&str, &[&str]) = match random.below(6) {
        0 | 1 => ("proto", &["tcp", "17", "icmp", "253", "sctp", "47"]),
        2 => ("path", &["1", "2", "8", "internet-gateway"]),
        3 if random.once_in(2) => ("role", &["request", "response"]),
        3 => ("dir", &["ingress", "egress"]),
        4 => ("type", &["ipv4", "IPv6", "EFA"]),
        _ => ("action", &["accept", "REJECT"]),
    };
    match random.below(3) {
        0 => format!("{field} {} {}", random.pick(&EQUALITIES), random.pick(values)),
        1 => format!("{field} in ({})", random.some(values, 3).join(", ")),
        _ => format!("{field} not in ({})", random.some(values, 3).join(", ")),
    }
}

/// A test of any field of a record, by its type.
fn any_field(random: &mut Random) -> String {
    let info = &FIELDS[random.below(FIELDS.len())];
    let name = info.name;
    // A batch uses `resource` to tell which condition a record belongs to; `log-status` would show records to all
    // conditions.
    if matches!(info.field, Field::Resource | Field::Status) {
        return "eni exists".into();
    }
    // An inventory resolves names before either side reads a record; locations are tested on files only.
    if matches!(info.origin, Origin::Inventory(_) | Origin::Geo(..)) {
        return "eni exists".into();
    }
    let negated = if random.once_in(2) { "!" } else { "" };
    match info.field_type {
        FieldType::Quantity | FieldType::Ratio => {
            format!("{name} {} {}", random.pick(&ORDERS), random.pick(&["0", "7", "1k"]))
        }
        FieldType::Text => match random.below(3) {
            0 => format!("{name} {negated}= {:?}", random.pick(&TEXTS[..3])),
            1 => format!("{name} {negated}~ {}", random.pick(&PATTERNS)),
            _ => format!("{name} like {}", random.pick(&GLOBS)),
        },
        FieldType::Word(words) | FieldType::OpenWord(words) => format!("{name} {negated}= {}", random.pick(words)),
        FieldType::Code(names) => format!("{name} {negated}= {}", names[random.below(names.len())].word),
        _ => format!("{name} exists"),
    }
}

/// Tests, combined and negated.
pub(crate) fn condition(random: &mut Random, depth: usize) -> String {
    if depth == 0 || random.once_in(3) {
        return leaf(random);
    }
    match random.below(6) {
        0 | 1 => format!("not ({})", condition(random, depth - 1)),
        2 | 3 => join(random, depth, " and "),
        _ => join(random, depth, " or "),
    }
}

fn join(random: &mut Random, depth: usize, word: &str) -> String {
    let count = 2 + random.below(2);
    let parts: Vec<String> = (0..count).map(|_| format!("({})", condition(random, depth - 1))).collect();
    parts.join(word)
}

const SHOWN: [&str; 32] = [
    "role",
    "client.addr",
    "client.port",
    "server.addr",
    "server.port",
    "time",
    "start",
    "end",
    "eni",
    "dir",
    "action",
    "packets",
    "bytes",
    "proto",
    "src.addr",
    "dst.addr",
    "src.port",
    "dst.port",
    "flags",
    "duration",
    "vpc",
    "path",
    "type",
    "remote.addr",
    "remote.port",
    "local.addr",
    "local.port",
    "pkt.src.service",
    "pkt.src.addr",
    "version",
    "instance",
    "reject.reason",
];
const KEYS: [&str; 26] = [
    "role",
    "client.addr",
    "server.addr",
    "server.port",
    "eni",
    "dir",
    "action",
    "proto",
    "src.addr",
    "dst.addr",
    "pkt.src.addr",
    "src.port",
    "dst.port",
    "flags",
    "vpc",
    "path",
    "type",
    "remote.addr",
    "remote.port",
    "local.addr",
    "local.port",
    "duration",
    "pkt.dst.service",
    "time",
    "start",
    "end",
];
const BINS: [&str; 8] = ["bin(5m)", "bin(60m)", "bin(30s)", "bin(1d)", "bin(2h)", "bin(12h)", "bin(300s)", "bin(10m)"];
const AGGREGATES: [&str; 34] = [
    "distinct(client.addr)",
    "distinct(role)",
    "count()",
    "count()",
    "sum(bytes)",
    "sum(packets)",
    "sum(duration)",
    "avg(bytes)",
    "avg(packets)",
    "avg(duration)",
    "min(bytes)",
    "min(packets)",
    "min(duration)",
    "max(bytes)",
    "max(packets)",
    "max(duration)",
    "min(start)",
    "max(start)",
    "min(end)",
    "max(end)",
    "min(time)",
    "max(time)",
    "p50(bytes)",
    "p99(packets)",
    "distinct(src.addr)",
    "distinct(pkt.dst.addr)",
    "distinct(vpc)",
    "distinct(instance)",
    "distinct(dst.port)",
    "distinct(bytes)",
    "distinct(packets)",
    "distinct(time)",
    "distinct(remote.addr)",
    "distinct(local.port)",
];
/// Aliases of aggregates: plain ones, and names that the query itself may need.
const ALIASES: [&str; 17] = [
    "role",
    "client_addr",
    "n",
    "total",
    "flows",
    "first",
    "duration",
    "bytes",
    "sum",
    "bin_5m",
    "bin_10m",
    "remote_addr",
    "local_port",
    "instance_absent",
    "bytes_absent",
    "bytes_counted",
    "no_bytes",
];

/// The contents of a column of groups, as far as tests need them.
#[derive(Clone, Copy)]
enum Held {
    Number,
    Time,
    Address,
    Port,
    Flags,
    Protocol,
    Word(&'static str),
    Text,
}

/// A column of groups: its result name and its contents.
type Column = (String, Held);

/// The column of a key.
fn key_column(key: &str) -> Column {
    let held = match key {
        _ if key.starts_with("bin") => return ("bin".into(), Held::Time),
        "time" | "start" | "end" => Held::Time,
        "flags" => Held::Flags,
        "proto" => Held::Protocol,
        "duration" => Held::Number,
        "action" => Held::Word("reject"),
        "dir" => Held::Word("ingress"),
        "role" => Held::Word("response"),
        "type" => Held::Word("IPv4"),
        "path" => Held::Word("8"),
        "pkt.dst.service" => Held::Word("S3"),
        _ if key.ends_with("addr") => Held::Address,
        _ if key.ends_with("port") => Held::Port,
        _ => Held::Text,
    };
    (key.replace('.', "_"), held)
}

/// An aggregate as typed, and its column.
fn aggregate(random: &mut Random) -> (String, Column) {
    let call = random.pick(&AGGREGATES);
    let (function, over) = call.trim_end_matches(')').split_once('(').expect("a call");
    let is_time = matches!(function, "min" | "max") && matches!(over, "start" | "end" | "time");
    let held = if is_time { Held::Time } else { Held::Number };
    if random.once_in(3) {
        let alias = random.pick(&ALIASES);
        return (format!("{call} as {alias}"), (alias.into(), held));
    }
    let name = if over.is_empty() { function.to_string() } else { format!("{function}_{over}").replace('.', "_") };
    (call.into(), (name, held))
}

/// A test of a column.
fn column_test(random: &mut Random, (name, held): &Column) -> String {
    if random.once_in(6) {
        return format!("{name} exists");
    }
    match held {
        Held::Number => {
            format!("{name} {} {}", random.pick(&ORDERS), random.pick(&["0", "1", "3", "100", "1k", "5MB"]))
        }
        Held::Time => {
            let time = random.pick(&["2026-11-23T00:00:00Z", "2026-11-23T01:10:00Z", "2026-11-23T04:00:00Z"]);
            format!("{name} {} {time}", random.pick(&ORDERS))
        }
        Held::Address if random.once_in(2) => format!("{name} {} {}", random.pick(&EQUALITIES), address(random)),
        Held::Address => format!("{name} in {}", list(random, address)),
        Held::Port => format!("{name} {} {}", random.pick(&ORDERS), random.pick(&["22", "443", "1024", "0"])),
        Held::Flags => random.pick(&["flags S/SA", "flags has syn", "flags = 2", "flags != 18"]).into(),
        Held::Protocol => format!("{name} {} {}", random.pick(&EQUALITIES), random.pick(&["tcp", "17", "icmp", "47"])),
        Held::Word(word) => format!("{name} {} {word}", random.pick(&EQUALITIES)),
        Held::Text => match random.below(3) {
            0 => format!("{name} {} {}", random.pick(&EQUALITIES), random.pick(&["eni-1", "vpc-22"])),
            1 => format!("{name} ~ {}", random.pick(&PATTERNS)),
            _ => format!("{name} like {}", random.pick(&GLOBS)),
        },
    }
}

/// A filter over groups with these columns; now and then no group passes it.
fn having(random: &mut Random, columns: &[Column]) -> String {
    let test = |random: &mut Random| {
        let column = &columns[random.below(columns.len())];
        let test = column_test(random, column);
        if random.once_in(3) { format!("not ({test})") } else { test }
    };
    match random.below(8) {
        0..3 => format!(" | where {}", test(random)),
        3 => format!(" | where ({}) and ({})", test(random), test(random)),
        4 => format!(" | where ({}) or ({})", test(random), test(random)),
        5 if random.once_in(4) => match columns.last() {
            Some((name, Held::Number)) => format!(" | where {name} > 5 and {name} < 3"),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// A `sort` by one or two of the names.
fn sort(random: &mut Random, names: &[&str]) -> String {
    if random.once_in(2) {
        return String::new();
    }
    let keys = random.some(names, 2);
    let keys: Vec<String> = keys.iter().map(|key| format!("{key}{}", random.pick(&["", " asc", " desc"]))).collect();
    format!(" | sort {}", keys.join(", "))
}

/// A whole sentence.
pub(crate) fn sentence(random: &mut Random) -> String {
    let target = random.pick(&["", "all", "vpc", "eni"]);
    let filter = match random.below(8) {
        0 | 1 => String::new(),
        2 => format!("where {}", random.pick(&["nodata", "skipdata or reject", "status = OK", "status exists"])),
        3 => format!("where not ({}) and not nodata", condition(random, 1)),
        _ => format!("where {}", condition(random, 2)),
    };
    let window = match random.below(5) {
        0 => "last 6h",
        1 => "from 2026-11-23T01:00:00Z to 2026-11-23T05:00:00Z",
        _ => "",
    };
    let stages = match random.below(7) {
        0 => conversations(random),
        1 | 2 => records(random),
        3 | 4 => top(random),
        _ => groups(random),
    };
    format!("{target} {filter} {window} {stages}")
}

fn records(random: &mut Random) -> String {
    let shown = random.some(&SHOWN, 6);
    let text = if random.once_in(4) { String::new() } else { format!(" | show {}", shown.join(", ")) };
    format!("{text}{}{}", sort(random, &SHOWN), limit(random))
}

fn limit(random: &mut Random) -> String {
    format!(" {}", random.pick(&["", "| limit 1", "| limit 5", "| limit 17", "| limit none"]))
}

fn top(random: &mut Random) -> String {
    let (count, keys) = (random.pick(&["1", "3", "10"]), random.some(&KEYS, 3));
    let by = random.pick(&["flows", "bytes", "packets"]);
    let mut columns: Vec<Column> = keys.iter().map(|key| key_column(key)).collect();
    columns.push((by.into(), Held::Number));
    format!(" | top {count} {} by {by}{}", keys.join(", "), having(random, &columns))
}

fn conversations(random: &mut Random) -> String {
    let count = random.pick(&["", " 1", " 5"]);
    let by = random.pick(&["", " by flows", " by bytes", " by packets"]);
    let columns = [("client_addr", Held::Address), ("server_port", Held::Port), ("bytes_back", Held::Number)];
    let columns = columns.map(|(name, held)| (name.to_string(), held));
    format!(" | conversations{count}{by}{}", having(random, &columns))
}

fn groups(random: &mut Random) -> String {
    let aggregates: Vec<(String, Column)> = (0..=random.below(4)).map(|_| aggregate(random)).collect();
    let mut keys = random.some(&KEYS, 2);
    match random.below(4) {
        0 => keys.clear(),
        1 => keys.insert(0, random.pick(&BINS)),
        2 => keys = vec![random.pick(&BINS)],
        _ => {}
    }
    let said: Vec<&str> = aggregates.iter().map(|(said, _)| said.as_str()).collect();
    let mut text = format!(" | {}", said.join(", "));
    if !keys.is_empty() {
        let _ = write!(text, " by {}", keys.join(", "));
    }
    let columns: Vec<Column> =
        keys.iter().map(|key| key_column(key)).chain(aggregates.into_iter().map(|(_, column)| column)).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    format!("{text}{}{}{}", having(random, &columns), sort(random, &names), limit(random))
}
