//! Parse errors in a user's words, with the fix for sentences that other tools would take.

use std::collections::BTreeSet;

use pest::error::{Error, ErrorVariant, InputLocation};

use super::error::ParseError;
use super::grammar::{Rule, is_keyword};
use crate::diagnostic::{Span, nearest};
use crate::field::{Field, protocol_words};
use crate::kind::TargetKind;
use crate::query::word::TEST_WORDS;

/// Explains where and why `text` is no sentence.
pub(super) fn explain(error: &Error<Rule>, text: &str) -> ParseError {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let at = skip_blanks(text, at);
    let span = Span::new(at, at + word_at(text, at).len());
    let Some(positives) = positives(error) else {
        // The parser gave up by its own limits.
        return ParseError::TooDeep { span };
    };
    let found = &text[span.start..span.end];
    let message = if found.is_empty() {
        "the sentence ends too early".to_string()
    } else {
        format!("`{found}` does not fit here")
    };
    let help = unclosed(text, found)
        .or_else(|| test_without_where(found, &positives))
        .or_else(|| import_fix(text, at))
        .or_else(|| missing_operator(text, at))
        .or_else(|| near_word(found, &positives))
        .or_else(|| mistyped_before(text, at));
    ParseError::Unexpected { message, expected: expectation(&positives), help, span }
}

pub(super) fn positives(error: &Error<Rule>) -> Option<Vec<Rule>> {
    match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => Some(positives.clone()),
        ErrorVariant::CustomError { .. } => None,
    }
}

fn skip_blanks(text: &str, at: usize) -> usize {
    at + (text[at..].len() - text[at..].trim_start().len())
}

/// The word at `at`, or else the character there.
fn word_at(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    let is_word = |c: char| c.is_alphanumeric() || "_-.@$:".contains(c);
    let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
    if end > 0 { &rest[..end] } else { &rest[..rest.chars().next().map_or(0, char::len_utf8)] }
}

/// The last word of a text.
fn last_word(text: &str) -> &str {
    text.trim_end().rsplit(char::is_whitespace).next().unwrap_or_default()
}

/// The expectations as one phrase, each named once.
fn expectation(positives: &[Rule]) -> String {
    let mut phrases: Vec<&str> = Vec::new();
    // If a test may continue, only its continuations are worth a word.
    for phrase in positives.iter().filter_map(|rule| phrase(*rule)) {
        if !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    if phrases.contains(&A_TEST) {
        phrases.retain(|phrase| ![A_FIELD, A_VALUE, A_SIDE].contains(phrase));
    }
    if phrases.contains(&A_STAGE) {
        phrases.retain(|phrase| ![A_NAME, A_PIPE].contains(phrase));
    }
    match phrases.as_slice() {
        [] => String::new(),
        [one] => (*one).to_string(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

const A_TEST: &str = "a test such as `dst.port = 22`";
const A_FIELD: &str = "a field";
const A_VALUE: &str = "a value";
const A_SIDE: &str = "a side such as `src`";
const A_NAME: &str = "a name";
const A_STAGE: &str = "a stage such as `top` or `limit`";
const A_PIPE: &str = "`|`";
const A_WINDOW: &str = "a window such as `last 30m`";
const AN_OPERATOR: &str = "an operator such as `=` or `in`";

/// Returns a user's name for a rule; `None` for a rule that is never worth naming.
///
/// Exhaustive, so that a new rule cannot be forgotten.
const fn phrase(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::targets | Rule::target | Rule::kind | Rule::saved_sentence => "a target such as `vpc`",
        Rule::selector | Rule::resource | Rule::unreserved => "an id or a name",
        Rule::window
        | Rule::last_window
        | Rule::since_window
        | Rule::from_window
        | Rule::around_window
        | Rule::today_window
        | Rule::yesterday_window
        | Rule::kw_last
        | Rule::kw_since
        | Rule::kw_from
        | Rule::kw_around
        | Rule::kw_today
        | Rule::kw_yesterday => A_WINDOW,
        Rule::moment => "a time such as `2026-11-23T08:00` or `2h ago`",
        Rule::plus_minus => "`±`",
        Rule::length => "a length of time such as `30m`",
        Rule::kw_until => "`until`",
        Rule::kw_to => "`to`",
        Rule::expression
        | Rule::primary
        | Rule::group
        | Rule::comparison
        | Rule::packet_test
        | Rule::set_test
        | Rule::resource_test
        | Rule::flags_test
        | Rule::stray
        | Rule::kw_flags
        | Rule::lone_word
        | Rule::condition => A_TEST,
        Rule::and_op | Rule::kw_and => "`and`",
        Rule::or_op | Rule::kw_or => "`or`",
        Rule::exists
        | Rule::membership
        | Rule::between
        | Rule::kw_between
        | Rule::matching
        | Rule::likeness
        | Rule::relation
        | Rule::match_op
        | Rule::relation_op
        | Rule::kw_eq
        | Rule::kw_ne
        | Rule::kw_lt
        | Rule::kw_le
        | Rule::kw_gt
        | Rule::kw_ge
        | Rule::kw_exists
        | Rule::kw_like => AN_OPERATOR,
        Rule::kw_in => "`in`",
        Rule::kw_has => "`has`",
        Rule::packet_part => "`host`, `net` or `port`",
        Rule::side => A_SIDE,
        Rule::address_set => "a set such as `public`",
        Rule::resource_kind => "a kind of resource such as `sg`",
        Rule::flag_name | Rule::flag_letters => "TCP flags such as `S/SA`",
        Rule::field | Rule::at_name | Rule::backquote => A_FIELD,
        Rule::regex => "a regular expression such as `/web-[0-9]+/`",
        Rule::list => "a list such as `(80, 443)`",
        Rule::resource_list => "a list such as `(web, db)`",
        Rule::list_file | Rule::kw_file => "`file \"list.txt\"`",
        Rule::items
        | Rule::value
        | Rule::operand
        | Rule::range
        | Rule::bare
        | Rule::word
        | Rule::parameter
        | Rule::quoted => A_VALUE,
        Rule::stage
        | Rule::where_stage
        | Rule::show_stage
        | Rule::top_stage
        | Rule::sort_stage
        | Rule::limit_stage
        | Rule::chart_stage
        | Rule::follow_stage
        | Rule::conversations_stage
        | Rule::compare_stage
        | Rule::kw_compare
        | Rule::aggregate_stage
        | Rule::aggregate
        | Rule::call
        | Rule::function
        | Rule::count_word
        | Rule::clause
        | Rule::kw_where
        | Rule::kw_show
        | Rule::kw_top
        | Rule::kw_sort
        | Rule::kw_order
        | Rule::kw_limit
        | Rule::kw_chart
        | Rule::kw_follow
        | Rule::kw_conversations => A_STAGE,
        Rule::pipe => A_PIPE,
        Rule::kw_by => "`by`",
        Rule::kw_as => "`as`",
        Rule::kw_asc | Rule::kw_desc | Rule::ascending | Rule::descending => "`asc` or `desc`",
        Rule::keys | Rule::key | Rule::bin | Rule::kw_bin => "a field or `bin(5m)`",
        Rule::number => "a number",
        Rule::new_groups | Rule::gone_groups => "`new` or `gone`",
        Rule::reference | Rule::path | Rule::shown | Rule::sort_key | Rule::alias => A_NAME,
        Rule::sentence => "a target such as `vpc`, `where`, a window or a stage",
        Rule::not_op
        | Rule::negation
        | Rule::kw_not
        | Rule::star
        | Rule::EOI
        | Rule::ago
        | Rule::kw_ago
        | Rule::time_of_day
        | Rule::number_alone
        | Rule::unit
        | Rule::unit_word
        | Rule::day_word
        | Rule::end_word
        | Rule::WHITESPACE
        | Rule::COMMENT
        | Rule::kind_word
        | Rule::resource_items
        | Rule::bare_start
        | Rule::bare_char
        | Rule::name_body
        | Rule::name_char
        | Rule::reserved
        | Rule::keyword
        | Rule::aggregate_word
        | Rule::call_word => return None,
    })
}

/// The nearest word that fits at this place.
fn near_word(found: &str, positives: &[Rule]) -> Option<String> {
    let mut words: BTreeSet<&str> = BTreeSet::new();
    for rule in positives {
        match rule {
            Rule::targets | Rule::target | Rule::kind => words.extend(kinds()),
            Rule::sentence => words.extend(kinds().chain(["where", "last", "since", "top", "show", "count"])),
            Rule::and_op | Rule::or_op => words.extend(["and", "or"]),
            Rule::window | Rule::last_window => {
                words.extend(["last", "since", "from", "around", "today", "yesterday"]);
            }
            Rule::stage | Rule::where_stage => {
                words.extend([
                    "where",
                    "show",
                    "top",
                    "conversations",
                    "compare",
                    "sort",
                    "limit",
                    "chart",
                    "follow",
                    "count",
                ]);
            }
            Rule::relation | Rule::membership | Rule::exists => words.extend(["in", "not", "like", "exists"]),
            Rule::kw_by => words.extend(["by"]),
            _ => {}
        }
    }
    nearest(found, words).map(|word| format!("did you mean `{word}`?"))
}

fn kinds() -> impl Iterator<Item = &'static str> {
    TargetKind::ALL.into_iter().flat_map(|kind| kind.words().iter().copied())
}

/// A keyword that was mistyped before this place, and so read as a name: `vpc wher reject`.
fn mistyped_before(text: &str, at: usize) -> Option<String> {
    let word = last_word(&text[..at]);
    let keyword = nearest(word, ["where", "since", "last", "around", "limit", "sort"])?;
    (!keyword.eq_ignore_ascii_case(word)).then(|| format!("did you mean `{keyword}` in place of `{word}`?"))
}

/// Returns this language's form of something that another tool would take here.
fn import_fix(text: &str, at: usize) -> Option<String> {
    let before = text[..at].trim_end().to_ascii_lowercase();
    let rest = text[at..].to_ascii_lowercase();
    let starts = |words: &[&str]| words.iter().any(|word| rest.starts_with(word));
    if before.ends_with("tcp") && rest.starts_with('[') {
        return Some("TCP flags are tested as `flags S` (some set) or `flags S/SA` (of these, exactly those)".into());
    }
    if let Some(help) = value_help(&text[..at], &text[at..]) {
        return Some(help);
    }
    if starts(&["portrange"]) || before.ends_with("portrange") {
        return Some("a range of ports is `dst port 8000..8080`".into());
    }
    if starts(&["=~"]) {
        return Some("a regular expression is matched with `~`: `eni ~ /eni-0a/`".into());
    }
    if starts(&["fields ", "display ", "select "]) {
        return Some("columns are chosen with `show`".into());
    }
    if starts(&["filter "]) {
        return Some("conditions follow `where`".into());
    }
    if starts(&["stats "]) {
        return Some("leave `stats` out: `sum(bytes) by src.addr`".into());
    }
    if starts(&["group by"]) {
        return Some("leave `group` out: `count() by eni`".into());
    }
    if before.ends_with("sort") && starts(&["by"]) {
        return Some("leave `by` out: `sort bytes desc`".into());
    }
    if starts(&["by "]) {
        return Some(
            "groups follow an aggregate: `count() by eni`; `sort bytes` and `order by bytes` order rows".into(),
        );
    }
    if starts(&["between"]) {
        return Some("`between` follows a field: `bytes between 10 and 20`; a window is `from T to T`".into());
    }
    if before.ends_with("top") && Field::named(word_at(text, at)).is_some() {
        return Some(format!("the number of groups comes first: `top 10 {}`", word_at(text, at)));
    }
    if starts(&["contains"]) {
        return Some("a part of a text is found with `like \"*part*\"`".into());
    }
    None
}

/// Help with values: a list without its brackets, an address by itself, a keyword that was read as a value.
fn value_help(before: &str, rest: &str) -> Option<String> {
    let value = last_word(before);
    let ahead = before.trim_end().strip_suffix(value)?;
    if rest.starts_with(',') && last_word(ahead).eq_ignore_ascii_case("in") {
        let list = rest.split(['|', '\n']).next().unwrap_or_default();
        let is_value = |word: &&str| !word.contains(char::is_whitespace) && !word.is_empty();
        let values: Vec<&str> = list.split(',').map(str::trim).skip(1).take_while(is_value).take(3).collect();
        return Some(format!("a list is written in parentheses: `in ({value}, {})`", values.join(", ")));
    }
    if is_keyword(value) && ahead.trim_end().ends_with(['=', '<', '>', '~']) {
        return Some(format!("`{value}` was read as the value after the operator: put a value before it"));
    }
    let word = word_at(rest, 0);
    let is_address = word.parse::<std::net::IpAddr>().is_ok();
    (is_address && before.trim().is_empty()).then(|| format!("did you mean `where host {word}`?"))
}

/// A test where a sentence, a stage or a selector should be: `reject last 1h`.
fn test_without_where(found: &str, positives: &[Rule]) -> Option<String> {
    let is_start = positives.iter().any(|rule| matches!(rule, Rule::sentence | Rule::stage | Rule::where_stage));
    let is_test = TEST_WORDS.contains(&found.to_ascii_lowercase().as_str()) || Field::named(found).is_some();
    let is_after_test = positives.iter().any(|rule| matches!(rule, Rule::and_op | Rule::or_op));
    (is_start && is_test && !is_after_test).then(|| format!("did you mean `where {found} ...`? tests follow `where`"))
}

/// A quote or a parenthesis that stays open.
fn unclosed(text: &str, found: &str) -> Option<String> {
    if found.starts_with(['"', '\'', '`']) {
        return Some(format!("the quote `{found}` is never closed"));
    }
    let count = |mark: char| text.matches(mark).count();
    let open = [('(', ')'), ('[', ']'), ('{', '}')].into_iter().find(|(open, close)| count(*open) > count(*close));
    open.filter(|_| found.is_empty()).map(|(open, close)| format!("a `{open}` is never closed: add `{close}`"))
}

/// A field and a value without an operator between them: `proto tcp`.
fn missing_operator(text: &str, at: usize) -> Option<String> {
    let value = word_at(text, at);
    let field = Field::named(last_word(&text[..at]).trim_start_matches(['(', '!', '|']))?;
    let is_value = value.starts_with(|c: char| c.is_alphanumeric() || c == '"')
        && !["and", "or", "last", "since", "from"].contains(&value);
    let example = if protocol_words().any(|word| word.eq_ignore_ascii_case(value)) || is_value { value } else { "" };
    (!example.is_empty()).then(|| format!("an operator is missing: `{} = {example}`", field.name()))
}
