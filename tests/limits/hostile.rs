//! Sentences of the greatest length, each made to cost as much as possible.

/// A sentence, and the saved filters that it may refer to.
pub(crate) struct Hostile {
    /// A short name of the construct that the sentence repeats.
    pub(crate) name: &'static str,
    /// The sentence.
    pub(crate) text: String,
    /// Saved filters by name.
    pub(crate) saved: Vec<(String, String)>,
}

/// The longest sentence.
const LENGTH: usize = 64 * 1024;

/// Repeats parts until the sentence has its greatest length.
fn filled(head: &str, joint: &str, part: impl Fn(usize) -> String) -> String {
    let mut text = head.to_string();
    for number in 0.. {
        let next = format!("{}{}", if number == 0 { "" } else { joint }, part(number));
        if text.len() + next.len() + 1 > LENGTH {
            return text;
        }
        text.push_str(&next);
    }
    text
}

/// A list of the greatest length.
fn list(head: &str, part: impl Fn(usize) -> String) -> String {
    filled(&format!("{head} ("), ",", part) + ")"
}

/// Two lists of half the length each.
fn two_lists(first: &str, second: &str, part: impl Fn(usize) -> String) -> String {
    let half = |head: &str| {
        let whole = filled(&format!("{head} ("), ",", &part);
        let end = whole[..LENGTH / 2 - 8].rfind(',').unwrap_or_default();
        format!("{})", &whole[..end])
    };
    format!("where {} and {}", half(first), half(second))
}

/// The whole parts at the start of a text that was cut anywhere.
fn parts_of<'t>(text: &'t str, joint: &str) -> &'t str {
    text.rsplit_once(joint).map_or(text, |(parts, _)| parts)
}

/// The networks 0.0.0.0/0 to 0.0.0.0/32, beginning with one of them.
fn nested_networks(number: usize) -> String {
    let networks: Vec<String> = (0..33).map(|length| format!("0.0.0.0/{}", (length + number) % 33)).collect();
    format!("src net ({})", networks.join(","))
}

fn saved(filters: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    filters.into_iter().collect()
}

/// Hostile sentences of every kind.
pub(crate) fn sentences() -> Vec<Hostile> {
    let plain = |name, text: String| Hostile { name, text, saved: Vec::new() };
    let address = |number: usize| format!("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255);
    let wide = |number: usize| format!("{}\u{a0}\u{3000}\u{2028}{number}", "日".repeat(number % 7));
    let deep = |text: &str, depth: usize| format!("{}{text}{}", "not (".repeat(depth), ")".repeat(depth));
    vec![
        plain("nested network lists", filled("where ", " and ", nested_networks)),
        plain("a list of networks", list("where src net", |n| format!("{}/{}", address(n), 8 + n % 25))),
        plain("a list of addresses", list("where addr in", address)),
        plain("two lists of addresses", two_lists("src.addr in", "src.addr not in", address)),
        plain("two lists of numbers", two_lists("bytes in", "bytes not in", |n| (n * 2).to_string())),
        plain("two lists of ranges", two_lists("bytes in", "bytes in", |n| format!("{}..{}", n * 3, n * 3 + 1))),
        plain("two lists of words", two_lists("eni in", "eni not in", |n| format!("e{n}"))),
        plain("overlapping ranges", list("where bytes in", |n| format!("{n}..99999"))),
        plain("wrong values", list("where dst.port in", |n| format!("portt{n}"))),
        plain("wrong words", list("where action in", |n| format!("accep{n}"))),
        plain("unknown words", filled("where ", " or ", |n| format!("w{n}"))),
        plain("one letter words", filled("where ", " or ", |_| "a".into())),
        plain("unknown fields", filled("where ", " and ", |n| format!("f{n}=1"))),
        plain("values without a test", filled("where dst port 80", " or ", |n| format!("{n}"))),
        plain("long words", filled("where ", " or ", |_| "x".repeat(9_000))),
        plain("one long word", format!("where {}", "x".repeat(LENGTH - 6))),
        plain("one long name", format!("where eni = \"{}\"", "é".repeat(LENGTH / 2 - 10))),
        plain("a chain of words", filled("where ", " or ", |_| "tcp".into())),
        plain("a mixed chain", filled("where ", " or ", |n| format!("tcp and bytes>{n}"))),
        plain("either side", filled("where ", " or ", |n| format!("not port<{n}"))),
        plain("by direction", filled("where ", " and ", |n| format!("not local.port!={n}"))),
        plain("relations", filled("where ", " or ", |_| "local.port<dst.port".into())),
        plain("columns of a file", filled("where ", " and ", |n| format!("`c{n}`=x"))),
        plain("shown columns", filled("show ", ",", |n| format!("eni as c{n}"))),
        plain("aggregates", filled("", ",", |n| format!("count() as c{n}"))),
        plain("keys", filled("count() by ", ",", |n| format!("`k{n}`"))),
        plain("sorted results", {
            let half = &filled("", ",", |n| format!("count() as c{n}"))[..LENGTH / 2];
            let aggregates = parts_of(half, ",");
            let sort = filled("", ",", |n| format!("c{}", n % 1000));
            format!("{aggregates} | sort {}", parts_of(&sort[..LENGTH / 2 - 20], ","))
        }),
        plain("unknown results", filled("count() by eni | sort ", ",", |n| format!("c{n}"))),
        plain("regular expressions", filled("where ", " or ", |_| r"eni~/\w\w\w\w/".into())),
        plain("a long regular expression", format!("where eni ~ /{}/", r"\w".repeat(LENGTH / 2 - 10))),
        plain("a regular expression that repeats", "where eni ~ /((((a{999}){999}){999}){999})/".into()),
        plain("windows", filled("", " ", |_| "last 5m".into())),
        plain("targets", filled("", ",", |n| format!("vpc w{n}*"))),
        plain("parentheses", "(".repeat(LENGTH)),
        plain("parentheses in a test", format!("where {}tcp", "(".repeat(LENGTH - 9))),
        plain("brackets", format!("where eni in {}", "[".repeat(LENGTH - 20))),
        plain("nots", format!("where {}tcp", "!".repeat(LENGTH - 9))),
        plain("nots in parentheses", format!("where {}tcp", format!("{}(", "!".repeat(150)).repeat(400))),
        plain("deep", format!("where {}", deep("tcp", 100))),
        plain("wide blanks in quotes", filled("vpc ", ",", |n| format!("\"{}\"", wide(n))) + " foo"),
        plain("wide blanks", filled("vpc where ", " ", wide)),
        plain("backquotes", "`".repeat(LENGTH)),
        plain("backquotes with blanks", filled("show ", ",", |n| format!("`{}`", wide(n)))),
        plain("quotes", "\"".repeat(LENGTH)),
        plain("pipes", "|".repeat(LENGTH)),
        plain("commas", format!("vpc a{}", ",".repeat(LENGTH - 6))),
        plain("comments", filled("", "\n", |n| format!("# {n} \" ' ( ["))),
        plain("digits", format!("last {}", "9".repeat(LENGTH - 5))),
        plain("units", filled("last ", "", |_| "1s".into())),
        Hostile {
            name: "saved filters that double",
            text: "where @a0".into(),
            saved: saved(
                (0..40)
                    .map(|n| (format!("a{n}"), format!("@a{0} or @a{0}", n + 1)))
                    .chain([("a40".into(), "tcp".into())]),
            ),
        },
        Hostile {
            name: "saved filters that nest",
            text: "where @a0".into(),
            saved: saved(
                (0..200)
                    .map(|n| (format!("a{n}"), deep(&format!("@a{}", n + 1), 90)))
                    .chain([("a200".into(), "tcp".into())]),
            ),
        },
        Hostile {
            name: "a long saved filter, often",
            text: filled("where ", " or ", |_| "@a".into()),
            saved: saved([(
                "a".to_string(),
                parts_of(&filled("", " or ", |n| format!("bytes > {n}"))[..30_000], " or ").to_string(),
            )]),
        },
        Hostile {
            name: "saved filters with mistakes",
            text: filled("where ", " or ", |n| format!("@a{n}")),
            saved: saved((0..5_000).map(|n| (format!("a{n}"), "nosuch or nosuch or nosuch".to_string()))),
        },
    ]
}
