//! Properties of every text, every plan and every record, not only of the cases of the corpus.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "chance/random.rs"]
mod random;
#[path = "chance/sentences.rs"]
mod sentences;

use flowlogs::query::clock::Clock;
use flowlogs::query::{Context, compile, print};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use random::Random;

fn context() -> Context {
    Context::new(Clock { now: 1_795_435_200, zone: TimeZone::UTC })
}

/// Parts of sentences, right and wrong ones.
const PIECES: [&str; 78] = [
    "`my col`",
    "`host`",
    "`日\u{a0}本`",
    "\"a\u{a0}b\"",
    "between",
    "order by",
    "last 2 hours",
    "1.5h",
    "yesterday",
    "9am",
    "10 min ago",
    "src.addr != pkt.src.addr",
    "as",
    "count()",
    "vpc",
    "sg",
    "web-*",
    "\"my group\"",
    "all",
    "where",
    "and",
    "or",
    "not",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    "|",
    "||",
    "&&",
    "!",
    "=",
    "!=",
    "<",
    "<=",
    "~",
    "!~",
    "/a[0-9]+/",
    "in",
    "like",
    "exists",
    "src.addr",
    "dst.port",
    "bytes",
    "remote",
    "local",
    "port",
    "host",
    "net",
    "public",
    "private",
    "10.0.0.0/8",
    "2001:db8::1",
    "443",
    "80..443",
    "5MB",
    "1h30m",
    "$p",
    "@f",
    "flags",
    "S/SA",
    "has",
    "syn",
    "last",
    "since",
    "2026-11-23",
    "2h ago",
    "top",
    "5",
    "sum(bytes)",
    "by",
    "bin(5m)",
    "sort",
    "limit",
    "日本",
];

/// Tests whose meaning the oracle of this file knows, too.
const TESTS: [&str; 51] = [
    "src.addr != pkt.src.addr",
    "src.addr = dst.addr",
    "local.addr = src.addr",
    "src.port = dst.port",
    "remote.port > local.port",
    "start = end",
    "start < end",
    "accept",
    "reject",
    "ingress",
    "egress",
    "tcp",
    "udp",
    "icmp",
    "ipv4",
    "ipv6",
    "src.addr = 10.0.0.1",
    "src.addr != 10.0.0.1",
    "src.addr in 10.0.0.0/8",
    "dst.addr not in (10.0.0.0/8, 2001:db8::/32)",
    "src private",
    "dst public",
    "remote public",
    "remote.addr != 10.0.0.1",
    "local port 22",
    "addr = 10.0.0.1",
    "addr != 10.0.0.1",
    "addr in 10.0.0.0/24",
    "port = 22",
    "port != 22",
    "port < 1024",
    "port not in (22, 443)",
    "dst.port < 1024",
    "dst.port != 443",
    "dst.port in (22, 400..500)",
    "dst.port exists",
    "src.port = 0",
    "bytes > 100",
    "bytes != 40",
    "bytes exists",
    "duration >= 1m",
    "flags S/SA",
    "flags SA",
    "flags = 0",
    "vpc = vpc-1",
    "vpc != vpc-1",
    "vpc exists",
    "vpc like \"vpc-?\"",
    "eni ~ /-[12]$/",
    "eni !~ /1/",
    "service != S3",
];

fn condition() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(&TESTS[..]).prop_map(str::to_string);
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|part| format!("not ({part})")),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(") and ("))),
            prop::collection::vec(inner, 2..4).prop_map(|parts| format!("({})", parts.join(") or ("))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in "\\PC{0,120}") {
        let outcome = compile(&text, &context());
        if let Err(error) = outcome {
            prop_assert!(!error.render("query", &text, false).is_empty());
        }
    }

    #[test]
    fn no_heap_of_pieces_panics_and_what_compiles_reads_back_as_itself(
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24)
    ) {
        let text = pieces.join(" ");
        match compile(&text, &context()) {
            Err(error) => prop_assert!(error.render("query", &text, false).contains("error")),
            Ok(plan) => {
                let printed = print::sentence(&plan);
                let mut again = compile(&printed, &context()).map_err(|error| TestCaseError::fail(error.to_string()))?;
                again.notes.clone_from(&plan.notes);
                prop_assert_eq!(again, plan, "{}", printed);
            }
        }
    }

    #[test]
    fn a_condition_reads_back_as_itself(text in condition()) {
        let plan = compile(&format!("where {text}"), &context()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let printed = print::sentence(&plan);
        let again = compile(&printed, &context()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(again.selection, plan.selection, "{}", printed);
    }

    #[test]
    fn hostile_text_stays_a_literal_or_is_refused(hostile in "[ -~]{1,40}") {
        let mut context = context();
        context.parameters.insert("x".into(), vec![hostile.clone()]);
        let Ok(plan) = compile("where vpc = $x", &context) else { return Ok(()) };
        let Ok(query) = flowlogs::insights::emit(&plan, &flowlogs::insights::Format::every()) else { return Ok(()) };
        let line = query.text.lines().nth(2).unwrap_or_default().to_string();
        let mut letters = line.strip_prefix("| filter vpcId = ").expect("the filter is the third line").chars();
        let quote = letters.next().expect("the literal stands there");
        prop_assert!(quote == '"' || quote == '\'');
        prop_assert_eq!(literal(&mut letters, quote), Some(hostile));
        prop_assert_eq!(letters.next(), None);
        prop_assert_eq!(query.text.lines().count(), 5);
    }
}

/// Characters that end a token, hide, are wide, or have a meaning.
const LETTERS: [char; 20] = [
    '"', '\'', '(', '|', '$', '@', '\\', '/', '`', '\0', 'é', '日', '\u{202e}', '\u{a0}', '\u{3000}', '\u{2028}',
    '\u{85}', '\u{301}', '#', '-',
];

impl Random {
    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        *self.of(&places)
    }

    /// A text with something removed, added, doubled, or replaced by a part of another text.
    fn mutated(&mut self, text: &str, others: &[String]) -> String {
        let (a, b) = (self.place(text), self.place(text));
        let (first, last) = (a.min(b), a.max(b));
        let (head, middle, tail) = (&text[..first], &text[first..last], &text[last..]);
        match self.below(5) {
            0 => format!("{head}{tail}"),
            1 => format!("{head}{middle}{middle}{tail}"),
            2 => format!("{head} {} {middle}{tail}", self.of(&PIECES)),
            3 => format!("{head}{}{tail}", self.of(&LETTERS)),
            _ => {
                let other = self.of(others);
                format!("{head}{}", &other[self.place(other)..])
            }
        }
    }
}

/// The sentences of the corpus that are not long.
fn corpus_sentences() -> Vec<String> {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let mut folders = vec![std::path::Path::new(&root).join("tests/corpus")];
    let mut sentences = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("the corpus can be listed").map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let case = std::fs::read_to_string(path).expect("a case can be read");
            let query = case.split_once("-- query --\n").map(|(_, rest)| rest.split("\n-- ").next().unwrap_or(""));
            sentences.extend(query.filter(|query| query.len() <= LONGEST / 2).map(str::to_string));
        }
    }
    sentences.sort();
    sentences
}

/// The greatest length of the texts, in bytes.
const LONGEST: usize = 512;

/// Saved filters that are right, wrong, nested, and recursive.
const SAVED: [(&str, &str); 6] = [
    ("f", "tcp and reject or udp"),
    ("g", "@f and not (@f)"),
    ("wide", "eni = \"a\u{a0}b\""),
    ("bad", "nosuch \u{3000} and"),
    ("a", "@b"),
    ("b", "@a"),
];

#[test]
fn two_hundred_thousand_texts_neither_panic_nor_take_many_steps() {
    // The most calls of the parser, far below its own limit: that is some 450 for each byte of the longest text.
    const CALLS: usize = 50 * LONGEST;
    let sentences = corpus_sentences();
    assert!(sentences.len() > 300, "{} sentences", sentences.len());
    let mut context = context();
    context.named.filters = SAVED.map(|(name, text)| (name.to_string(), text.to_string())).into();
    // The first sentence sets the parser's own limit, which is replaced here.
    compile("all", &context).unwrap();
    pest::set_call_limit(std::num::NonZero::new(CALLS));
    let (mut random, mut tried, mut valid) = (Random(1), 0, 0);
    while tried < 200_000 {
        let mut text = match random.below(8) {
            0 => (0..random.below(60)).map(|_| char::from(u8::try_from(random.below(128)).unwrap())).collect(),
            1..5 => sentences::sentence(&mut random),
            5 => format!("where {} or @{}", sentences::condition(&mut random, 2), random.of(&SAVED).0),
            _ => random.of(&sentences).clone(),
        };
        for _ in 0..random.below(4) {
            text = random.mutated(&text, &sentences);
        }
        if text.len() > LONGEST {
            continue;
        }
        tried += 1;
        match compile(&text, &context) {
            Err(error) => {
                let drawn = error.render("query", &text, false);
                assert!(drawn.contains("error"), "{text:?}");
                assert!(!drawn.contains("nested more than") || text.matches(['(', '[', '{']).count() > 200, "{text:?}");
            }
            Ok(plan) => {
                valid += 1;
                let printed = print::sentence(&plan);
                let mut again =
                    compile(&printed, &context).unwrap_or_else(|error| panic!("{text:?}, {printed}: {error}"));
                again.notes.clone_from(&plan.notes);
                assert_eq!(again, plan, "{text:?}, {printed}");
            }
        }
    }
    assert!(valid > 20_000, "{valid} of them are sentences");
}

/// Tests of each type with a parameter, and values that fit.
const TYPED: [(&str, &[&str]); 13] = [
    ("vpc = $x", &["vpc-1"]),
    ("vpc != $x", &["vpc-1"]),
    ("vpc in ($x, vpc-2)", &["vpc-1"]),
    ("vpc like $x", &["vpc-?", "vpc*", "vpc"]),
    ("src.addr = $x", &["10.0.0.1", "2001:db8::1", "10.0.0.0/8"]),
    ("addr in $x", &["10.0.0.0/8", "2001:db8::/32", "10.0.0.1"]),
    ("dst.port = $x", &["22", "ssh"]),
    ("port != $x", &["22"]),
    ("bytes > $x", &["100", "5MB"]),
    ("duration >= $x", &["90s", "1m"]),
    ("proto = $x", &["tcp", "6"]),
    ("action = $x", &["REJECT", "accept"]),
    ("time > $x", &["2026-11-23", "2026-11-23T08:00Z"]),
];

/// Reads the rest of a literal up to its closing mark, and removes its escapes.
fn literal(letters: &mut std::str::Chars<'_>, mark: char) -> Option<String> {
    let mut text = String::new();
    loop {
        match letters.next()? {
            letter if letter == mark => return Some(text),
            '\\' if mark == '"' => text.push(letters.next()?),
            '\\' if mark == '/' => text.extend(['\\', letters.next()?]),
            letter => text.push(letter),
        }
    }
}

/// The words and the number of marks of a query text, without texts in quotes or between slashes, and without numbers.
fn skeleton(text: &str) -> (std::collections::BTreeSet<String>, usize) {
    let mut bare = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        // Elsewhere a slash is a division.
        if matches!(letter, '"' | '\'') || (letter == '/' && bare.ends_with("like ")) {
            assert!(literal(&mut letters, letter).is_some(), "a literal is never closed: {text}");
            bare.push(' ');
        } else {
            bare.push(letter);
        }
    }
    let is_word = |c: char| c.is_alphanumeric() || "@_.".contains(c);
    let words = bare.split(|c: char| !is_word(c)).filter(|word| !word.is_empty() && word.parse::<f64>().is_err());
    (words.map(str::to_string).collect(), bare.matches('|').count())
}

#[test]
fn a_hostile_value_of_any_type_is_refused_or_stays_one_literal() {
    let emitted = |test: &str, value: &str| {
        let mut context = context();
        context.parameters.insert("x".into(), vec![value.to_string()]);
        let plan = compile(&format!("where {test}"), &context).ok()?;
        Some(flowlogs::insights::emit(&plan, &flowlogs::insights::Format::every()).ok()?.text)
    };
    let hostile =
        ["\" or 1 = 1", "' | limit 5", "| fields @message", "\\\"", "/ or /", "`x`", "\n| limit 1", ")", "(", "*", "#"];
    let (mut random, mut survived) = (Random(2), 0);
    for (test, values) in TYPED {
        let fitting: Vec<_> = values
            .iter()
            .map(|value| skeleton(&emitted(test, value).unwrap_or_else(|| panic!("`{value}` fits `{test}`"))))
            .collect();
        for _ in 0..1_000 {
            let value = *random.of(values);
            let (at, hostile) = (random.place(value), random.of(&hostile));
            let value = format!("{}{hostile}{}", &value[..at], &value[at..]);
            let Some(text) = emitted(test, &value) else { continue };
            survived += 1;
            let (words, pipes) = skeleton(&text);
            assert!(
                fitting.iter().any(|(fitting, expected)| *expected == pipes && words.is_subset(fitting)),
                "{test}, {value:?}: {text}"
            );
        }
    }
    assert!(survived > 1_000, "{survived} values survived");
}

#[cfg(feature = "local")]
mod engine {
    use std::collections::BTreeSet;
    use std::net::IpAddr;
    use std::sync::Arc;

    use flowlogs::engine::Options;
    use flowlogs::field::{Field, Origin, PORTED_PROTOCOLS, port_names};
    use flowlogs::query::compile;
    use flowlogs::query::plan::{Check, Condition, Operator, Order, Relation, Source};
    use flowlogs::session::Session;
    use flowlogs::value::{Progress, Rows, Value};
    use proptest::prelude::*;

    use super::{condition, context};

    const FIELDS: [&str; 16] = [
        "bytes",
        "interface-id",
        "flow-direction",
        "srcaddr",
        "dstaddr",
        "srcport",
        "dstport",
        "protocol",
        "tcp-flags",
        "start",
        "end",
        "action",
        "pkt-srcaddr",
        "pkt-src-aws-service",
        "type",
        "vpc-id",
    ];

    /// A record as text. Its bytes are its number, so the answer tells which records it has.
    type Record = Vec<String>;

    /// Ports of every kind that may decide about the server: of services, low, high, and between.
    const PORTS: &[&str] = &["22", "443", "5432", "8443", "20000", "32767", "32768", "50000", "50051"];

    fn record(number: usize) -> impl Strategy<Value = Record> {
        let one_of = |values: &'static [&'static str]| prop::sample::select(values).prop_map(str::to_string);
        let address = || one_of(&["10.0.0.1", "10.0.1.7", "8.8.8.8", "172.32.0.1", "2001:db8::1", "fd00::1", "-"]);
        (
            (one_of(&["eni-1", "eni-2", "eni-3"]), one_of(&["ingress", "egress", "-"]), address(), address()),
            (one_of(PORTS), one_of(PORTS), one_of(&["6", "17", "1", "-"])),
            (one_of(&["0", "2", "18", "3", "-"]), 0..5_i64, one_of(&["ACCEPT", "REJECT"]), address()),
            (one_of(&["S3", "EC2", "-"]), one_of(&["IPv4", "IPv6", "-"]), one_of(&["vpc-1", "vpc-22", "-"])),
        )
            .prop_map(
                move |(
                    (eni, dir, src, dst),
                    (sport, dport, proto),
                    (flags, minutes, action, pkt),
                    (svc, kind, vpc),
                )| {
                    // Records of a protocol without ports have port 0; records without a protocol have no port.
                    let ports = match proto.as_str() {
                        "1" => ("0".to_string(), "0".to_string()),
                        "-" => ("-".to_string(), "-".to_string()),
                        _ => (sport, dport),
                    };
                    let start = 1_795_434_000 + i64::try_from(number).expect("a small number");
                    let end = start + minutes * 30;
                    vec![
                        number.to_string(),
                        eni,
                        dir,
                        src,
                        dst,
                        ports.0,
                        ports.1,
                        proto,
                        flags,
                        start.to_string(),
                        end.to_string(),
                        action,
                        pkt,
                        svc,
                        kind,
                        vpc,
                    ]
                },
            )
    }

    fn records() -> impl Strategy<Value = Vec<Record>> {
        (0..30_usize).map(record).collect::<Vec<_>>()
    }

    /// The numbers of the records that the engine finds in these files.
    fn found(condition: &str, files: &[Vec<Record>]) -> Result<BTreeSet<usize>, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        for (place, records) in files.iter().enumerate() {
            let lines: Vec<String> =
                std::iter::once(FIELDS.join(" ")).chain(records.iter().map(|r| r.join(" "))).collect();
            let path = folder.path().join(format!("{place}.log"));
            std::fs::write(path, lines.join("\n") + "\n").map_err(|error| error.to_string())?;
        }
        let paths = vec![folder.path().display().to_string()];
        let options = Options { paths, strict: true, memory_limit_bytes: 256 << 20, ..Options::default() };
        let session = Session::open(options, None).map_err(|error| error.to_string())?;
        let sentence = format!("where {condition} | show bytes | limit none");
        let plan = compile(&sentence, &context()).map_err(|error| error.to_string())?;
        let mut rows = Rows::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let stats = runtime
            .block_on(session.run(&plan, &context().clock, &Arc::new(Progress::default()), &mut rows))
            .map_err(|error| error.to_string())?;
        assert_eq!(stats.malformed, 0);
        let number = |row: &Vec<Value>| match row[0] {
            Value::Int(number) => usize::try_from(number).expect("a number of a record"),
            ref other => panic!("{other:?}"),
        };
        Ok(rows.rows.iter().map(number).collect())
    }

    fn text(record: &Record, field: Field) -> Option<&str> {
        let place = FIELDS.iter().position(|name| Field::of_record(name) == Some(field))?;
        Some(record[place].as_str()).filter(|text| *text != "-")
    }

    /// The value of a field for a comparison: by rule 3, other protocols have no ports.
    fn compared(record: &Record, field: Field) -> Option<String> {
        if matches!(field, Field::SrcPort | Field::DstPort) {
            let protocol: i64 = text(record, Field::Protocol)?.parse().ok()?;
            if !PORTED_PROTOCOLS.contains(&protocol) {
                return None;
            }
        }
        if field == Field::Role {
            return role(record).map(str::to_string);
        }
        if field == Field::Duration {
            let seconds = |field| text(record, field).and_then(|text| text.parse::<i64>().ok());
            return Some((seconds(Field::End)? - seconds(Field::Start)?).to_string());
        }
        text(record, field).map(str::to_string)
    }

    /// The role of a record, by the language's rule 15.
    fn role(record: &Record) -> Option<&'static str> {
        let flags: u8 = text(record, Field::Flags).map_or(0, |flags| flags.parse().expect("flags"));
        let (syn, ack) = (flags & 2 != 0, flags & 16 != 0);
        if text(record, Field::Protocol) == Some("6") && syn {
            return Some(if ack { "response" } else { "request" });
        }
        let port = |field| compared(record, field).map(|port| port.parse::<u16>().expect("a port"));
        let (src, dst) = (port(Field::SrcPort)?, port(Field::DstPort)?);
        let is_service = |port: u16| port < 1024 || port_names().any(|(_, named)| named == port);
        match (is_service(src), is_service(dst)) {
            (true, false) => Some("response"),
            (false, true) => Some("request"),
            _ if src >= 32_768 && dst < 32_768 => Some("request"),
            _ if src < 32_768 && dst >= 32_768 => Some("response"),
            _ => None,
        }
    }

    /// The field with the value of a side in this record.
    fn side(record: &Record, by: Field, sides: [(&'static str, Field); 2]) -> Option<Field> {
        let word = compared(record, by)?;
        sides.into_iter().find(|(known, _)| *known == word).map(|(_, field)| field)
    }

    /// The language's "Meaning, exactly", taken literally: slow, and sharing no code with the engine.
    fn holds(condition: &Condition, record: &Record) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().all(|part| holds(part, record)),
            Condition::Any(parts) => parts.iter().any(|part| holds(part, record)),
            Condition::Not(part) => !holds(part, record),
            Condition::Family(family) => text(record, Field::Type) == Some(family.type_word()),
            Condition::Status(word) => text(record, Field::Status) == Some(word),
            Condition::Test(Source::Field(field), check) => match field.info().origin {
                Origin::EitherSide(sides) => either(sides, check, record),
                Origin::BySide { by, sides } => side(record, by, sides).is_some_and(|field| one(field, check, record)),
                _ => one(*field, check, record),
            },
            Condition::Relation(relation) => related(relation, record),
            Condition::Test(..) => unreachable!("the tests name fields only"),
        }
    }

    /// A comparison of two fields; words of the record select the sides.
    fn related(relation: &Relation, record: &Record) -> bool {
        let value = |source: &Source| {
            let Source::Field(field) = source else { unreachable!("the tests name fields only") };
            let field = match field.info().origin {
                Origin::BySide { by, sides } => side(record, by, sides)?,
                _ => *field,
            };
            compared(record, field)
        };
        let (Some(left), Some(right)) = (value(&relation.left), value(&relation.right)) else { return false };
        let numbers = left.parse::<i64>().ok().zip(right.parse::<i64>().ok());
        match relation.operator {
            Operator::Equal => left == right,
            Operator::NotEqual => left != right,
            Operator::Order(order) => {
                let (left, right) = numbers.expect("only numbers have an order");
                match order {
                    Order::Less => left < right,
                    Order::AtMost => left <= right,
                    Order::Greater => left > right,
                    Order::AtLeast => left >= right,
                }
            }
        }
    }

    fn either(sides: &[Field], check: &Check, record: &Record) -> bool {
        if check.is_negated() {
            let present: Vec<Field> = sides.iter().copied().filter(|side| compared(record, *side).is_some()).collect();
            !present.is_empty() && present.iter().all(|side| one(*side, check, record))
        } else {
            sides.iter().any(|side| one(*side, check, record))
        }
    }

    fn one(field: Field, check: &Check, record: &Record) -> bool {
        let Some(value) = compared(record, field) else { return false };
        let number = || value.parse::<i64>().expect("a number");
        let address = || value.parse::<IpAddr>().expect("an address");
        match check {
            Check::Present => true,
            Check::Absent | Check::Belongs { .. } => unreachable!("nobody says so"),
            Check::Compare { .. } | Check::Number { .. } | Check::Flags { .. } => check.admits(number()),
            Check::Address { networks, negated } => networks.iter().any(|net| net.contains(&address())) != *negated,
            Check::Set { set, .. } => set.networks().iter().any(|net| net.contains(&address())) != set.is_complement(),
            Check::Text { words, negated } => words.contains(&value) != *negated,
            // The patterns of the tests, spelled out.
            Check::Like { glob, .. } => {
                assert_eq!(glob, "vpc-?");
                value.len() == 5
            }
            Check::Matches { regex, negated } => match regex.as_str() {
                "-[12]$" => value.ends_with("-1") || value.ends_with("-2"),
                "1" => value.contains('1') != *negated,
                other => panic!("{other}"),
            },
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_engine_agrees_with_the_oracle_however_records_are_split(
            text in condition(), records in records(), order in any::<u64>()
        ) {
            let plan = compile(&format!("where {text}"), &context()).expect("the tests are valid");
            let said = plan.selection.said.expect("there is a condition");
            let expected: BTreeSet<usize> =
                (0..records.len()).filter(|number| holds(&said, &records[*number])).collect();
            let whole = found(&text, std::slice::from_ref(&records)).map_err(TestCaseError::fail)?;
            prop_assert_eq!(&whole, &expected, "{}", text);
            // The same records in two files, in another order.
            let (mut left, mut right) = (Vec::new(), Vec::new());
            for (number, record) in records.into_iter().enumerate().rev() {
                if order >> (number % 64) & 1 == 1 { left.push(record) } else { right.push(record) }
            }
            let split = found(&text, &[left, right]).map_err(TestCaseError::fail)?;
            prop_assert_eq!(split, expected, "{}", text);
        }
    }
}
