//! Completions of a word, from its position in the grammar, the tables, and the account.

use std::collections::HashSet;

use super::dot::{DOT_COMMANDS, SETTINGS, Takes};
use super::known::Known;
use super::line::{self, COMMANDS, Line};
use crate::field::{FIELDS, Field, FieldType, Origin, port_names, protocol_words};
use crate::function::FUNCTIONS;
use crate::kind::TargetKind;
use crate::query::address_set::AddressSet;
use crate::query::moment::Day;
use crate::query::parse::{Next, next_of};
use crate::query::word::{SIDES, TEST_WORDS};
use crate::value::TCP_FLAGS;

/// The start of the word before the cursor, and its completions.
pub(super) struct Completion {
    pub(super) start: usize,
    pub(super) words: Vec<String>,
    /// Whether the word is a file name, which the editor completes.
    pub(super) is_file: bool,
}

/// Returns the completions at the end of `before`, the text up to the cursor.
pub(super) fn complete(before: &str, known: &Known) -> Completion {
    let is_part = |c: char| c.is_alphanumeric() || "_-.*@$:/".contains(c);
    let start =
        before.rfind(|c: char| !is_part(c)).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let (prefix, partial) = before.split_at(start);
    let dot_line = before.trim_start().starts_with('.');
    let (mut words, is_file) = if dot_line {
        dot_words(before, prefix)
    } else if prefix.trim().is_empty() {
        (first_words(known), false)
    } else {
        let words = match line::classify(before) {
            Line::Sentence => sentence(prefix, known),
            Line::Command => command(prefix, known),
            _ => known.script_words(),
        };
        (words, false)
    };
    let fits = |word: &String| {
        word.len() > partial.len() && word.get(..partial.len()).is_some_and(|head| head.eq_ignore_ascii_case(partial))
    };
    // An account may have thousands of names, so duplicates are found by a set.
    let mut offered = HashSet::new();
    words.retain(|word| fits(word) && offered.insert(word.clone()));
    Completion { start, words, is_file }
}

fn first_words(known: &Known) -> Vec<String> {
    let mut words = nexts(&next_of(""), "", known);
    words.extend(COMMANDS.map(String::from));
    words.extend(known.script_words());
    words.extend(DOT_COMMANDS.iter().map(|command| format!(".{}", command.name)));
    words
}

fn dot_words(before: &str, prefix: &str) -> (Vec<String>, bool) {
    let Some((name, _)) = before.trim_start()[1..].split_once(char::is_whitespace) else {
        return (DOT_COMMANDS.iter().map(|command| format!(".{}", command.name)).collect(), false);
    };
    match DOT_COMMANDS.iter().find(|command| command.name == name).map(|command| command.takes) {
        Some(Takes::OneOf(words)) => (words.iter().map(ToString::to_string).collect(), false),
        Some(Takes::Setting) => (setting_words(prefix), false),
        Some(Takes::File) => (Vec::new(), true),
        Some(Takes::Topic) => (super::manual::topics().into_iter().map(String::from).collect(), false),
        Some(Takes::Sentence) => {
            let sentence = prefix.trim_start().splitn(3, char::is_whitespace).nth(2).unwrap_or_default();
            (nexts(&next_of(sentence), sentence, &Known::default()), false)
        }
        _ => (Vec::new(), false),
    }
}

/// The names of settings, or the values of the setting in `prefix`.
fn setting_words(prefix: &str) -> Vec<String> {
    let said = prefix.split_whitespace().nth(1);
    match said.map(|name| SETTINGS.iter().find(|setting| setting.name == name)) {
        None => SETTINGS.iter().map(|setting| setting.name.to_string()).collect(),
        Some(Some(setting)) if setting.name == "zone" => zones(setting.values),
        Some(Some(setting)) => setting.values.iter().map(ToString::to_string).collect(),
        Some(None) => Vec::new(),
    }
}

/// All time zones, the most common ones first.
fn zones(first: &[&str]) -> Vec<String> {
    let known = jiff::tz::db().available().map(|zone| zone.to_string());
    first.iter().map(ToString::to_string).chain(known).collect()
}

/// The words in commands: `create sg `, `delete `, `explain vpc where `.
fn command(prefix: &str, known: &Known) -> Vec<String> {
    let mut words = prefix.split_whitespace();
    let name = words.next().unwrap_or_default().to_ascii_lowercase();
    if name == "explain" {
        let at = prefix.find(char::is_whitespace).unwrap_or(prefix.len());
        return sentence(prefix[at..].trim_start(), known);
    }
    if name == "fields" {
        return field_names(|_| true);
    }
    match words.next() {
        None => {
            let mut kinds: Vec<String> = crate::account::KINDS.map(|kind| kind.name().to_string()).to_vec();
            if name == "delete" {
                kinds.push(TargetKind::All.name().into());
            }
            kinds
        }
        Some(kind) => TargetKind::named(kind).map(|kind| names(kind, known)).unwrap_or_default(),
    }
}

fn sentence(prefix: &str, known: &Known) -> Vec<String> {
    nexts(&next_of(prefix), prefix, known)
}

/// The words for the tokens that the grammar expects; values come before keywords.
fn nexts(nexts: &[Next], before: &str, known: &Known) -> Vec<String> {
    let mut first = Vec::new();
    let mut keywords = Vec::new();
    let has_field = last_field(before).is_some();
    for next in nexts {
        match next {
            Next::Word(word) => keywords.push((*word).to_string()),
            Next::Kind => first.extend(TargetKind::ALL.map(|kind| kind.name().to_string())),
            Next::ResourceKind => first.extend(side_kinds()),
            Next::Saved => first.extend(known.named().sentences.keys().map(|name| format!("@{name}"))),
            Next::ListName => first.extend(known.named().lists.keys().map(|name| format!("@{name}"))),
            Next::Selector => first.extend(selectors(before, known)),
            Next::Test => first.extend(tests(known)),
            // Only after a field: the grammar alone would allow any word before an operator.
            Next::Operator if has_field => first.extend(operators(before)),
            Next::Value => first.extend(values(before, known)),
            Next::Reference => first.extend(field_names(|field| !matches!(field.info().origin, Origin::EitherSide(_)))),
            Next::Function => first.extend(functions()),
            Next::AddressSet => first.extend(AddressSet::ALL.map(|set| set.name().to_string())),
            Next::Flags => first.extend(["S/SA", "SA", "R", "F", "has"].map(String::from)),
            Next::Length => first.extend(lengths(before)),
            Next::Moment => {
                let said = ["2h ago", "1d ago", "now", "noon", "midnight"];
                first.extend(said.into_iter().chain(Day::words()).map(String::from));
            }
            Next::Operator | Next::Number => {}
        }
    }
    first.extend(keywords);
    first
}

/// Durations where a window begins, numbers of rows where a limit does.
fn lengths(before: &str) -> Vec<String> {
    let words: &[&str] = match words_before(before).next().map(str::to_ascii_lowercase).as_deref() {
        Some("last") => &["5m", "15m", "30m", "1h", "6h", "1d", "week"],
        Some("limit") => &["10", "1000", "none"],
        _ => &[],
    };
    words.iter().map(ToString::to_string).collect()
}

/// The words of a text, the last one first.
pub(super) fn words_before(before: &str) -> impl Iterator<Item = &str> {
    before.rsplit(|c: char| c.is_whitespace() || "(),|[]{}!=<>~".contains(c)).filter(|word| !word.is_empty())
}

/// The kinds that the address of a side can belong to.
fn side_kinds() -> impl Iterator<Item = String> {
    let has_addresses = |kind: &TargetKind| !matches!(kind, TargetKind::Group | TargetKind::Bucket | TargetKind::All);
    let kinds = TargetKind::ALL.into_iter().filter(has_addresses).map(TargetKind::name);
    kinds.chain(["prefix-list", "network"]).map(String::from)
}

fn is_network(word: &str) -> bool {
    ["network", "networks"].iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn is_prefix_list(word: &str) -> bool {
    ["prefix-list", "prefix-lists"].iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Returns whether a word after a side says what its address belongs to.
pub(super) fn is_side_kind(word: &str) -> bool {
    is_network(word) || is_prefix_list(word) || TargetKind::named(word).is_some()
}

/// The names of the kind that was mentioned last before the cursor.
fn selectors(before: &str, known: &Known) -> Vec<String> {
    match words_before(before).find(|word| is_side_kind(word)) {
        Some(word) if is_network(word) => known.named().networks.into_keys().collect(),
        Some(word) => TargetKind::named(word).map(|kind| names(kind, known)).unwrap_or_default(),
        None => Vec::new(),
    }
}

/// The field right before the cursor, if the last word is one.
fn last_field(before: &str) -> Option<Field> {
    Field::named(before.split_whitespace().next_back()?.trim_start_matches(['(', '!']))
}

fn names(kind: TargetKind, known: &Known) -> Vec<String> {
    // Names that are not bare words of the language are quoted.
    let is_bare = |name: &String| name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    let quoted = |name: String| if is_bare(&name) { name } else { format!("\"{name}\"") };
    known.names(kind).into_iter().map(quoted).collect()
}

fn field_names(is_fit: impl Fn(Field) -> bool) -> Vec<String> {
    FIELDS.iter().filter(|info| is_fit(info.field)).map(|info| info.name.to_string()).collect()
}

fn functions() -> Vec<String> {
    FUNCTIONS.iter().map(|info| if info.name == "pNN" { "p95(".into() } else { format!("{}(", info.name) }).collect()
}

/// Returns the words that a test may begin with.
fn tests(known: &Known) -> Vec<String> {
    let mut words: Vec<String> = TEST_WORDS.iter().copied().map(String::from).collect();
    words.extend(field_names(|_| true));
    words.extend(SIDES.iter().chain(&["host", "net", "port", "flags"]).map(ToString::to_string));
    words.extend(known.named().filters.keys().map(|name| format!("@{name}")));
    words
}

/// The operators for the field before the cursor.
fn operators(before: &str) -> Vec<String> {
    let Some(field) = last_field(before) else { return Vec::new() };
    let field_type = field.field_type();
    let mut operators = vec!["=", "!=", "in", "not in", "exists"];
    if field_type.is_ordered() {
        operators.extend(["<", "<=", ">", ">=", "between"]);
    }
    match field_type {
        FieldType::Text => operators.extend(["~", "!~", "like"]),
        FieldType::OpenWord(_) => operators.push("like"),
        _ => {}
    }
    operators.into_iter().map(String::from).collect()
}

/// Values for the field that is tested, those from recent answers first.
fn values(before: &str, known: &Known) -> Vec<String> {
    let words: Vec<&str> = words_before(before).collect();
    let is_side = |word: &&str| SIDES.iter().any(|side| side.eq_ignore_ascii_case(word));
    for (place, word) in words.iter().enumerate() {
        if words.get(place + 1).is_some_and(is_side) && is_side_kind(word) {
            return selectors(before, known);
        }
        match word.to_ascii_lowercase().as_str() {
            "port" => return seen_then(known, &["dst_port", "src_port"], ports()),
            "host" | "net" => return seen_then(known, &["src_addr", "dst_addr", "remote_addr"], Vec::new()),
            _ => {}
        }
        if let Some(field) = Field::named(word) {
            let words: Vec<String> = match field.field_type() {
                FieldType::Port => ports(),
                FieldType::Protocol => protocol_words().map(String::from).collect(),
                FieldType::Word(words) | FieldType::OpenWord(words) => words.iter().map(ToString::to_string).collect(),
                FieldType::Code(words) => words.iter().map(|named| named.word.to_string()).collect(),
                FieldType::Flags => TCP_FLAGS.map(String::from).to_vec(),
                _ if matches!(field.info().origin, Origin::Inventory(_)) && field != Field::LocalType => {
                    let named = [TargetKind::Instance, TargetKind::NatGateway, TargetKind::Endpoint];
                    named.into_iter().flat_map(|kind| names(kind, known)).collect()
                }
                _ => Vec::new(),
            };
            return seen_then(known, &[&field.result_name()], words);
        }
    }
    Vec::new()
}

fn ports() -> Vec<String> {
    port_names().map(|(name, _)| name.to_string()).collect()
}

fn seen_then(known: &Known, columns: &[&str], words: Vec<String>) -> Vec<String> {
    columns.iter().flat_map(|column| known.seen(column)).chain(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Named;
    use crate::value::{Column, ColumnType, Rows, Value};

    fn offered(before: &str) -> Vec<String> {
        complete(before, &Known::default()).words
    }

    #[test]
    fn each_place_of_the_grammar_has_its_words() {
        let cases: &[(&str, &[&str])] = &[
            ("v", &["vpc"]),
            ("", &["vpc", "sg", "where", "list", "create", ".help"]),
            ("vpc w", &["where"]),
            ("vpc where rej", &["reject", "reject.reason"]),
            ("vpc where dst.p", &["dst.port"]),
            ("vpc where dst.port ", &["=", "in", "<", ">=", "exists", "between"]),
            ("vpc since yes", &["yesterday"]),
            ("vpc where eni ", &["~", "like", "="]),
            ("vpc where dst.port = ss", &["ssh"]),
            ("vpc where dst.port in (22, htt", &["http", "https"]),
            ("vpc where dst port htt", &["https"]),
            ("vpc where proto = tc", &["TCP"]),
            ("vpc where action = ", &["ACCEPT", "REJECT"]),
            ("vpc where path = internet", &["internet-gateway"]),
            ("vpc where pkt.dst.service = S", &["S3"]),
            ("vpc where remote pub", &["public"]),
            ("vpc where req", &["request"]),
            ("vpc where cl", &["client", "client.addr", "client.port"]),
            ("vpc where client pri", &["private"]),
            ("vpc where server po", &["port"]),
            ("vpc where role = ", &["request", "response"]),
            ("vpc where reject | con", &["conversations"]),
            ("vpc | conversations 5 b", &["by"]),
            ("vpc | conversations by by", &["bytes"]),
            ("vpc where not ac", &["accept", "action"]),
            ("vpc where (rej", &["reject"]),
            ("vpc where reject a", &["and"]),
            ("vpc where reject o", &["or"]),
            ("vpc where reject la", &["last"]),
            ("vpc where reject | t", &["top"]),
            ("vpc where reject t", &["top", "today"]),
            ("vpc where reject | su", &["sum("]),
            ("vpc where reject | li", &["limit"]),
            ("top 10 src", &["src.addr", "src.port"]),
            ("top 10 src.addr b", &["by"]),
            ("top 10 src.addr by by", &["bytes"]),
            ("count() by act", &["action"]),
            ("count() by bi", &["bin("]),
            ("sum(byt", &["bytes"]),
            ("show local.n", &["local.name"]),
            ("vpc | sort byt", &["bytes"]),
            ("vpc | sort bytes d", &["desc"]),
            ("vpc where flags ", &["S/SA", "has"]),
            ("last 3", &["30m"]),
            ("since 2", &["2h ago"]),
            ("vpc from 09:00 t", &["to"]),
            ("create s", &["sg", "subnet"]),
            ("delete a", &["all"]),
            ("explain vpc where rej", &["reject"]),
            ("fields dst", &["dst.addr", "dst.port"]),
            (".mo", &[".mode"]),
            (".mode j", &["json"]),
            (".pager o", &["on", "off"]),
            (".help win", &["window"]),
            (".watch 30s vpc where rej", &["reject"]),
            (".set ", &["window", "zone", "limit", "columns"]),
            (".set col", &["columns"]),
            (".set columns in", &["interface"]),
            (".set editor v", &["vi"]),
            (".set zone Asia/Tok", &["Asia/Tokyo"]),
            (".set zone u", &["utc"]),
            (".set limit n", &["none"]),
        ];
        assert!(cases.len() >= 40);
        for (before, expected) in cases {
            let words = offered(before);
            for word in *expected {
                assert!(words.iter().any(|known| known == word), "`{before}` offers {words:?}, not `{word}`");
            }
        }
    }

    #[test]
    fn names_of_the_account_stand_behind_a_side_and_its_kind() {
        let known = Known::default();
        known.learn(TargetKind::SecurityGroup, vec!["web".into(), "web front".into(), "db".into()]);
        known.learn(TargetKind::Instance, vec!["api".into()]);
        let mut named = Named::default();
        named.networks.insert("office".into(), Vec::new());
        named.lists.insert("bad".into(), "bad.txt".into());
        named.sentences.insert("talk".into(), "show bytes".into());
        known.set_named(&named);
        for (before, expected) in [
            ("vpc where src ", &["sg", "prefix-list", "network", "private"][..]),
            ("vpc where src sg w", &["web"]),
            ("vpc where src sg ", &["db", "\"web front\""]),
            ("vpc where not dst sg (web, d", &["db"]),
            ("vpc where remote network o", &["office"]),
            ("vpc where remote.name = a", &["api"]),
            ("vpc where src.addr in @", &["@bad"]),
            ("@t", &["@talk"]),
        ] {
            let words = complete(before, &known).words;
            for word in expected {
                assert!(words.iter().any(|known| known == word), "`{before}` offers {words:?}, not `{word}`");
            }
        }
        assert!(!complete("vpc where src ", &known).words.iter().any(|word| word == "bucket" || word == "all"));
    }

    #[test]
    fn ten_thousand_names_do_not_hold_up_a_key() {
        const KEYS: u32 = 20;
        let known = Known::default();
        let name = |number: u32| format!("web-{number}");
        known.learn(TargetKind::SecurityGroup, (0..10_000).map(name).collect());
        let started = std::time::Instant::now();
        for _ in 0..KEYS {
            assert_eq!(complete("vpc prod where reject and src sg web-99", &known).words.len(), 110);
        }
        let key = started.elapsed() / KEYS;
        // A screen is redrawn 60 times per second.
        assert!(key < std::time::Duration::from_millis(16), "{key:?}");
    }

    #[test]
    fn words_that_do_not_fit_are_not_offered() {
        assert_eq!(offered("vpc where src.addr ~"), Vec::<String>::new());
        assert!(!offered("vpc where src.addr ").iter().any(|word| word == "<" || word == "like"));
        assert!(!offered("vpc where reject ").iter().any(|word| word == "="));
        assert_eq!(offered("vpc where and rej"), Vec::<String>::new());
        assert_eq!(offered("vpc where reject"), ["reject.reason"]);
    }

    #[test]
    fn values_of_recent_answers_come_first() {
        let known = Known::default();
        let column = Column::new("dst_port", ColumnType::Number);
        known.saw(&Rows { columns: vec![column], rows: vec![vec![Value::Int(8443)], vec![Value::Int(22)]] });
        let words = complete("vpc where dst.port = ", &known).words;
        assert_eq!(words[..2], ["8443", "22"]);
        assert!(words.contains(&"ssh".to_string()));
    }

    #[test]
    fn every_field_is_offered_where_a_test_stands() {
        let words = offered("vpc where ");
        for info in FIELDS.iter().filter(|info| !matches!(info.origin, Origin::Inventory(_))) {
            assert!(words.iter().any(|word| word == info.name), "{}", info.name);
        }
    }
}
