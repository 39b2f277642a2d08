//! The kind of a line, determined by its first word, never by trial; and whether the line is complete.

use crate::diagnostic::nearest;
use crate::function::Function;
use crate::kind::TargetKind;
use crate::query::word::TEST_WORDS;

/// The kind of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A blank line, or a comment.
    Nothing,
    /// `.mode json`
    Dot,
    /// `vpc where reject`
    Sentence,
    /// `create vpc prod`
    Command,
    /// Any other line: Rhai.
    Script,
}

/// The commands of the command line that work in the shell too.
pub(super) const COMMANDS: [&str; 8] = ["create", "list", "delete", "doctor", "why", "inventory", "explain", "fields"];

/// Words that begin a sentence without a target.
const BEGINNINGS: [&str; 14] = [
    "where",
    "last",
    "since",
    "from",
    "around",
    "today",
    "yesterday",
    "show",
    "top",
    "conversations",
    "sort",
    "limit",
    "chart",
    "follow",
];

/// The words that make a line a sentence, except for aggregate functions.
pub(super) fn sentence_words() -> impl Iterator<Item = &'static str> {
    TargetKind::ALL.into_iter().flat_map(|kind| kind.words().iter().copied()).chain(BEGINNINGS)
}

/// Returns whether a line that is not valid Rhai was probably meant as a sentence: its first word is similar to one
/// that begins a sentence, or is used in one.
pub(super) fn is_like_sentence(text: &str) -> bool {
    let word = first_word(text);
    let is_call = text.trim_start()[word.len()..].starts_with(['(', '.', '[']);
    let known = sentence_words().chain(COMMANDS).chain(TEST_WORDS);
    !word.is_empty() && !is_call && nearest(word, known).is_some()
}

/// The first word; empty if the text begins with something else.
pub(super) fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(text.len());
    &text[..end]
}

/// Returns the kind of a line.
pub(super) fn classify(text: &str) -> Line {
    let text = text.trim_start();
    if text.is_empty() || text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Line::Nothing;
    }
    if text.starts_with('.') {
        return Line::Dot;
    }
    // A saved sentence; Rhai has no `@` outside of quotes.
    if text.starts_with('@') {
        return Line::Sentence;
    }
    // A stage of the previous sentence; `||` is a Rhai function without parameters.
    if text.starts_with('|') && !text.starts_with("||") {
        return Line::Sentence;
    }
    let word = first_word(text);
    let is_call = text[word.len()..].starts_with('(');
    let is = |known: &str| known.eq_ignore_ascii_case(word);
    let is_aggregate = Function::named(word).is_some();
    let is_order = is("order") && first_word(&text[word.len()..]).eq_ignore_ascii_case("by");
    if is_aggregate && (is_call || is("count")) || is_order || !is_call && sentence_words().any(is) {
        return Line::Sentence;
    }
    if !is_call && COMMANDS.into_iter().any(is) { Line::Command } else { Line::Script }
}

/// Returns whether a statement is complete, rather than continued on the next line.
pub(super) fn is_complete(text: &str) -> bool {
    match classify(text) {
        Line::Nothing | Line::Dot => true,
        Line::Sentence | Line::Command => {
            unquoted(text, "#").is_some_and(|bare| is_closed(&bare) && !expects_more(&bare))
        }
        Line::Script => unquoted(text, "//").is_some_and(|bare| is_closed(&bare)),
    }
}

/// The text without quoted parts and comments; `None` if a quote is open.
fn unquoted(text: &str, comment: &str) -> Option<String> {
    let mut bare = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = if matches!(letter, '"' | '\'' | '`') {
            quoted(rest, letter)?
        } else if rest.starts_with(comment) {
            rest.find('\n').unwrap_or(rest.len())
        } else {
            bare.push(letter);
            letter.len_utf8()
        };
        rest = &rest[length..];
    }
    Some(bare)
}

/// The length of a quoted part with its quotation marks; `None` if it is open.
pub(super) fn quoted(text: &str, mark: char) -> Option<usize> {
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == mark {
            return Some(at + letter.len_utf8());
        }
    }
    None
}

/// Returns whether every opening bracket is closed.
fn is_closed(bare: &str) -> bool {
    let count = |marks: &str| bare.chars().filter(|letter| marks.contains(*letter)).count();
    count("([{") <= count(")]}")
}

/// Returns whether the end of the text requires more.
fn expects_more(bare: &str) -> bool {
    const OPEN_WORDS: [&str; 10] = ["and", "or", "not", "where", "by", "in", "|", "&&", "||", "!"];
    let bare = bare.trim_end();
    let last = bare.rsplit(|c: char| c.is_whitespace() || "()".contains(c)).next().unwrap_or_default();
    bare.ends_with([',', '|', '=', '<', '>']) || OPEN_WORDS.iter().any(|word| word.eq_ignore_ascii_case(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use clap::Subcommand;

    #[test]
    fn the_first_word_tells_what_a_line_is() {
        for (text, line) in [
            ("", Line::Nothing),
            ("  # a comment", Line::Nothing),
            (".mode json", Line::Dot),
            ("vpc where reject", Line::Sentence),
            ("VPC", Line::Sentence),
            ("security-groups web", Line::Sentence),
            ("where reject", Line::Sentence),
            ("conversations 5 by bytes", Line::Sentence),
            ("count() by action", Line::Sentence),
            ("count by action", Line::Sentence),
            ("p95(bytes)", Line::Sentence),
            ("top 10 src.addr", Line::Sentence),
            ("| count() by eni", Line::Sentence),
            ("|top 10 src.addr", Line::Sentence),
            ("order by bytes", Line::Sentence),
            ("order.len()", Line::Script),
            ("|| 1", Line::Script),
            ("create vpc prod", Line::Command),
            ("list", Line::Command),
            ("list()", Line::Script),
            ("create(\"vpc\", \"prod\")", Line::Script),
            ("let x = 1", Line::Script),
            ("vpcs()", Line::Script),
            ("ans.len()", Line::Script),
            ("vcp where reject", Line::Script),
            ("1 + 1", Line::Script),
        ] {
            assert_eq!(classify(text), line, "{text}");
        }
    }

    #[test]
    fn what_is_open_goes_on() {
        for (text, whole) in [
            ("vpc where reject", true),
            ("vpc where reject and", false),
            ("vpc where dst.port in (22,", false),
            ("vpc where dst.port in (22, 80)", true),
            ("vpc where reject |", false),
            ("| count()", true),
            ("|", false),
            ("vpc \"a b", false),
            ("vpc \"a ( b\"", true),
            ("vpc where not", false),
            ("show band", true),
            ("vpc # (", true),
            ("count() by", false),
            ("let x = 1;", true),
            ("for i in 0..3 {", false),
            ("for i in 0..3 { print(i) }", true),
            ("let s = \"open", false),
            ("list", true),
        ] {
            assert_eq!(is_complete(text), whole, "{text}");
        }
    }

    #[test]
    fn every_command_is_a_line() {
        let command = Command::augment_subcommands(clap::Command::new("x"));
        let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(names, COMMANDS);
    }
}
