//! The page about the language.

use super::page::{Page, Part};
use crate::function::FUNCTIONS;
use crate::kind::KINDS;
use crate::query::address_set::AddressSet;
use crate::query::stage::STAGES;
use crate::query::word::{SIDES, TEST_WORDS};

fn rows(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(term, meaning)| ((*term).to_string(), (*meaning).to_string())).collect()
}

pub(super) fn page() -> Page {
    let kinds =
        KINDS.iter().map(|info| (info.words[0].to_string(), format!("{}: {}", info.title, info.words.join(", "))));
    let stages = STAGES.iter().map(|stage| (stage.call.to_string(), stage.help.to_string()));
    let sets = AddressSet::ALL.map(AddressSet::name).join(" ");
    Page {
        name: "language",
        about: "How a sentence is written: which traffic, when, and in what shape.",
        parts: vec![
            Part::new(
                "sentence",
                "[TARGETS] [where EXPR] [WINDOW] [| STAGE]...\n\
                 vpc prod where reject and dst.port = 22 last 30m | top 5 src.addr by bytes",
                [],
            ),
            Part::new(
                "targets",
                "Each with ids, names or globs: vpc prod, sg \"web-*\"; none is `all`, which leaves out transit gateways.",
                kinds,
            ),
            Part::new(
                "window",
                "On files the default is all records, on an account the last 60 minutes.",
                rows(&[
                    ("last 30m", "also `last 2 hours`, `last week`"),
                    ("since T", "until now, or `until T`"),
                    ("from T to T", "with both ends"),
                    ("around T ±5m", "this long before and after"),
                    ("today, yesterday", "by the zone of `--tz`"),
                ]),
            ),
            Part::new(
                "times",
                "A time of day is the latest past one, as an end the first after the start.",
                rows(&[
                    ("2026-11-23, 2026-11-23T08:00Z", "a day, a moment"),
                    ("08:00, 9:30pm, noon, monday 9am", "of the last day that has it"),
                    ("2h ago, yesterday, now", "before now"),
                ]),
            ),
            Part::new(
                "tests",
                "A value that a record does not have is absent: a comparison with it is false, `not (...)` of that true.",
                [(TEST_WORDS.join(" "), "words that are tests by themselves".to_string())].into_iter().chain(rows(&[
                    ("dst.port = ssh, bytes >= 5MB", "comparisons: = != < <= > >=, also eq ne lt le gt ge"),
                    ("bytes between 1k and 5k", "both ends included"),
                    ("dst.port in (22, 8000..8080)", "a list of values, ranges and networks"),
                    ("src.addr in 10.0.0.0/8", "a network"),
                    ("src.addr != pkt.src.addr", "two fields"),
                    ("eni ~ /0a$/, vpc like \"vpc-0*\"", "a regular expression, a glob"),
                    ("instance exists", "there is a value"),
                    ("src host 10.0.0.5, net 10.0.0.0/8", "tcpdump's words"),
                    ("dst port (80, 443), flags S/SA", "also `flags has syn, ack`"),
                ])),
            ),
            Part::new(
                "sides",
                &format!("{}; `addr` and `port` are either side.", SIDES.join(" ")),
                rows(&[
                    ("src dst", "of the record"),
                    ("pkt.src pkt.dst", "of the packet"),
                    ("local remote", "the interface, and the other end"),
                    ("client server", "by who asked whom: TCP flags, else ports"),
                ]),
            ),
            Part::new(
                "belonging",
                "",
                [(sets, "sets of addresses, after a side: `remote public`".to_string())].into_iter().chain(rows(&[
                    ("src sg (web, db)", "a side, and a kind of resource with ids, names or globs"),
                    ("remote network office", "networks of the config file"),
                    ("dst prefix-list corp", "prefix lists"),
                    ("remote.name like \"web-*\"", "names, as they are shown"),
                ])),
            ),
            Part::new("logic", "`not` before `and` before `or`, also ! && ||, and parentheses.", []),
            Part::new("stages", "", stages),
            Part::new("functions", "Aggregates, in `count() by KEYS`.", functions()),
            Part::new(
                "groups",
                "What groups are made by.",
                rows(&[
                    ("dst.port, action", "fields"),
                    ("bin(5m)", "time"),
                    ("src.addr/24", "the network of an address"),
                ]),
            ),
            Part::new(
                "names",
                "",
                rows(&[
                    ("$port", "a value, by `--param port=22`"),
                    ("@ssh", "a filter or a whole sentence of the config file"),
                    ("in @bad, in file \"bad.txt\"", "a list of the config file, or of the current folder"),
                    ("`my column`", "a column of a file that is no field of flow logs"),
                    ("# why", "a comment"),
                ]),
            ),
        ],
    }
}

fn functions() -> impl Iterator<Item = (String, String)> {
    FUNCTIONS.iter().map(|info| {
        let takes = if info.takes == "nothing" { String::new() } else { format!(" It takes {}.", info.takes) };
        (format!("{}()", info.name), format!("{}{takes}", info.help))
    })
}
