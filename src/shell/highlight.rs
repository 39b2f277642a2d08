//! Colours a line while it is typed.

use owo_colors::{OwoColorize, Style};

use super::complete::is_side_kind;
use super::line::{self, COMMANDS, Line};
use crate::field::Field;
use crate::query::word::{SIDES, TEST_WORDS};
use crate::query::{self, Context, parse};

/// The kind of a piece of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Plain,
    Keyword,
    Field,
    Value,
    Text,
    Comment,
}

impl Piece {
    const fn style(self) -> Style {
        let style = Style::new();
        match self {
            Self::Plain => style,
            Self::Keyword => style.blue().bold(),
            Self::Field => style.cyan(),
            Self::Value => style.yellow(),
            Self::Text => style.green(),
            Self::Comment => style.dimmed(),
        }
    }
}

/// Colours a line; underlines an error that no more text can fix, and the bracket that matches the cursor's.
pub(super) fn highlight(text: &str, cursor: usize, context: &Context) -> String {
    let is_language = matches!(line::classify(text), Line::Sentence | Line::Command);
    let wrong = is_language.then(|| wrong(text, context)).flatten();
    let bracket = matching(text, cursor);
    let mut coloured = String::with_capacity(text.len() * 2);
    for (start, end, piece) in pieces(text, is_language) {
        let mut style = piece.style();
        if wrong.is_some_and(|(from, until)| from < end && start < until) {
            style = style.red().underline();
        }
        if bracket == Some(start) {
            style = style.bold().underline();
        }
        coloured.push_str(&(&text[start..end]).style(style).to_string());
    }
    coloured
}

/// The range of the error in a sentence; `None` if there is none, or if the parser only expects more at the end.
fn wrong(text: &str, context: &Context) -> Option<(usize, usize)> {
    let (offset, sentence) = match line::classify(text) {
        Line::Sentence => (0, text),
        _ => {
            let at = text.len() - text.trim_start().len() + line::first_word(text).len();
            let is_explain = line::first_word(text).eq_ignore_ascii_case("explain");
            is_explain.then(|| (at, &text[at..]))?
        }
    };
    let error = query::compile(sentence, context).err()?;
    let span = error.span()?;
    let is_at_end = span.end >= sentence.trim_end().len();
    let is_unfinished = matches!(&error, query::Error::Parse(parse::ParseError::Unexpected { .. })) && is_at_end;
    (!is_unfinished && span.start < span.end).then_some((offset + span.start, offset + span.end))
}

/// The pieces of a text, which together are the whole text.
fn pieces(text: &str, is_language: bool) -> Vec<(usize, usize, Piece)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut before = "";
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        let is_word = |c: char| c.is_alphanumeric() || "_-.:/@$*".contains(c);
        let (length, piece) = match letter {
            '"' | '\'' | '`' => (line::quoted(rest, letter).unwrap_or(rest.len()), Piece::Text),
            '#' if is_language => (rest.find('\n').unwrap_or(rest.len()), Piece::Comment),
            '/' if !is_language && rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), Piece::Comment),
            letter if is_word(letter) => {
                let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                let (this, last) = (&rest[..length], std::mem::replace(&mut before, &rest[..length]));
                (length, if is_language { word(this, last) } else { script_word(this) })
            }
            letter => (letter.len_utf8(), Piece::Plain),
        };
        pieces.push((at, at + length, piece));
        at += length;
    }
    pieces
}

/// The kind of a word after another one.
fn word(word: &str, before: &str) -> Piece {
    let is = |known: &str| known.eq_ignore_ascii_case(word);
    let is_of_side = SIDES.iter().any(|side| side.eq_ignore_ascii_case(before)) && is_side_kind(word);
    if is_of_side || parse::is_keyword(word) || TEST_WORDS.into_iter().any(is) || COMMANDS.into_iter().any(is) {
        Piece::Keyword
    } else if Field::named(word).is_some() {
        Piece::Field
    } else if word.starts_with(|c: char| c.is_ascii_digit() || c == '$' || c == '@') {
        Piece::Value
    } else {
        Piece::Plain
    }
}

fn script_word(word: &str) -> Piece {
    const KEYWORDS: [&str; 18] = [
        "let", "const", "fn", "if", "else", "for", "in", "while", "loop", "return", "break", "continue", "true",
        "false", "try", "catch", "throw", "import",
    ];
    if KEYWORDS.contains(&word) {
        Piece::Keyword
    } else if word.starts_with(|c: char| c.is_ascii_digit()) {
        Piece::Value
    } else {
        Piece::Plain
    }
}

/// The position of the bracket that matches the one at the cursor or just before it.
fn matching(text: &str, cursor: usize) -> Option<usize> {
    let at = [cursor, cursor.wrapping_sub(1)]
        .into_iter()
        .find(|at| text.as_bytes().get(*at).is_some_and(|byte| b"()[]{}".contains(byte)))?;
    let bracket = text.as_bytes()[at];
    let (other, is_forward) = match bracket {
        b'(' => (b')', true),
        b'[' => (b']', true),
        b'{' => (b'}', true),
        b')' => (b'(', false),
        b']' => (b'[', false),
        _ => (b'{', false),
    };
    let mut depth = 0_i32;
    let bytes = text.as_bytes();
    let mut step = |place: usize| {
        depth += i32::from(bytes[place] == bracket) - i32::from(bytes[place] == other);
        (depth == 0).then_some(place)
    };
    if is_forward { (at..bytes.len()).find_map(&mut step) } else { (0..=at).rev().find_map(&mut step) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::clock::Clock;

    fn context() -> Context {
        Context::new(Clock { now: 1_795_435_200, zone: jiff::tz::TimeZone::UTC })
    }

    fn piece_of(text: &str, part: &str) -> Piece {
        let at = text.find(part).unwrap();
        pieces(text, true).into_iter().find(|(start, _, _)| *start == at).unwrap().2
    }

    #[test]
    fn each_piece_has_its_colour_and_nothing_is_lost() {
        let text = "vpc \"a b\" where dst.port = 22 and reject # why";
        for (part, piece) in [
            ("vpc", Piece::Keyword),
            ("\"a b\"", Piece::Text),
            ("where", Piece::Keyword),
            ("dst.port", Piece::Field),
            ("22", Piece::Value),
            ("reject", Piece::Keyword),
            ("# why", Piece::Comment),
        ] {
            assert_eq!(piece_of(text, part), piece, "{part}");
        }
        for text in [text, "", "ü \"", "vpc where a = 'x", "let s = \"ü\" + 1; // x"] {
            let whole: String = pieces(text, true).into_iter().map(|(start, end, _)| &text[start..end]).collect();
            assert_eq!(whole, text);
        }
    }

    #[test]
    fn kinds_behind_a_side_are_keywords() {
        let text = "vpc where src sg web and remote prefix-list corp and dst network office and vpc = network";
        for (part, piece) in [
            ("sg", Piece::Keyword),
            ("web", Piece::Plain),
            ("prefix-list", Piece::Keyword),
            ("corp", Piece::Plain),
            ("network office", Piece::Keyword),
            ("office", Piece::Plain),
        ] {
            assert_eq!(piece_of(text, part), piece, "{part}");
        }
        assert_eq!(pieces(text, true).last().unwrap().2, Piece::Plain);
    }

    #[test]
    fn what_is_wrong_is_found_once_more_text_cannot_mend_it() {
        assert_eq!(wrong("vpc where bites > 5", &context()), Some((10, 15)));
        assert_eq!(wrong("vpc where dst.port =", &context()), None);
        assert_eq!(wrong("vpc where dst.port = 22", &context()), None);
        assert_eq!(wrong("explain vpc where bites > 5", &context()), Some((18, 23)));
    }

    #[test]
    fn brackets_find_each_other() {
        assert_eq!(matching("a (b (c)) d", 2), Some(8));
        assert_eq!(matching("a (b (c)) d", 9), Some(2));
        assert_eq!(matching("a (b", 2), None);
        assert_eq!(matching("", 0), None);
    }
}
