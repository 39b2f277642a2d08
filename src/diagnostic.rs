//! Drawn errors: where in a text something is wrong, what was expected, and what to type instead.
//!
//! This module knows [`escape`] only. An error that points into a text implements [`Report`] beside
//! its own definition; [`render`] draws it with `codespan-reporting`.

mod excerpt;
mod span;

use std::borrow::Cow;

use codespan_reporting::diagnostic::{Diagnostic, Label};
use codespan_reporting::term::{self, Config, termcolor::Ansi};

use crate::escape;
use excerpt::Excerpt;

pub use span::Span;

/// An error that points into a text.
pub trait Report: std::error::Error {
    /// The place in the text; `None` if the whole text is meant.
    fn span(&self) -> Option<Span>;

    /// Returns what was expected there, in a user's words.
    fn label(&self) -> Option<String> {
        None
    }

    /// Returns a fix.
    fn help(&self) -> Option<String> {
        None
    }
}

/// Draws `report` under the line of `text` that it points into. A wide line is cut to the part around the error.
///
/// `name` is the name of the text: a file name, or `query`. With `colour`, the result has ANSI sequences. Text from
/// outside is escaped, so that the result can go to a terminal.
#[must_use]
pub fn render(report: &dyn Report, name: &str, text: &str, colour: bool) -> String {
    let (text, span) = escape_source(text, report.span().unwrap_or_default());
    let name = escape::text(name);
    let file = Excerpt::new(&name, &text, span);
    let message = shortened(&report.to_string());
    let mut diagnostic = Diagnostic::error().with_message(&message);
    if report.span().is_some() {
        let label = Label::primary((), file.span.start..file.span.end);
        diagnostic = diagnostic.with_label(match report.label() {
            Some(message) => label.with_message(shortened(&message)),
            None => label,
        });
    }
    if let Some(help) = report.help() {
        diagnostic = diagnostic.with_note(format!("help: {}", shortened(&help)));
    }
    let config = Config::default();
    let drawn = if colour {
        let mut buffer = Ansi::new(Vec::new());
        term::emit_to_write_style(&mut buffer, &config, &file, &diagnostic)
            .map(|()| String::from_utf8_lossy(&buffer.into_inner()).into_owned())
    } else {
        term::emit_into_string(&config, &file, &diagnostic)
    };
    // Drawing fails only for a span outside the text; the message itself is never lost.
    drawn.unwrap_or_else(|_| format!("error: {message}\n"))
}

/// The longest message, label or help in characters; longer ones only repeat what was typed.
const LONGEST_MESSAGE: usize = 400;

/// Escapes a message, and cuts it to [`LONGEST_MESSAGE`].
fn shortened(text: &str) -> String {
    let mut text = escape::lines(text).into_owned();
    if let Some((end, _)) = text.char_indices().nth(LONGEST_MESSAGE) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Escapes a text that is quoted under an error, and moves the span to the same characters in the result.
///
/// Line ends stay, so that lines keep their numbers. A bound inside a character moves to the character's start, one
/// past the end of the text to that end.
fn escape_source(text: &str, span: Span) -> (Cow<'_, str>, Span) {
    let escaped = escape::lines(text);
    // Escapes do not depend on the text before them, so the length of the escaped rest gives the place.
    let place = |at: usize| escaped.len() - escape::lines(&text[text.floor_char_boundary(at)..]).len();
    let span = Span::new(place(span.start), place(span.end));
    (escaped, span)
}

/// The longest word, in characters, that is compared with names: no name is longer, and a comparison takes time by both
/// lengths.
const LONGEST_WORD: usize = 64;

/// The name in `names` that a person most likely meant by `word`, if any is near enough.
///
/// A name is near if at most a third of the word's letters, and at most three, are wrong; a swap of two neighbours
/// counts as one. Words of fewer than two letters, or of more than 64, suggest nothing. Ties go to the first name.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().take(LONGEST_WORD + 1).count();
    if !(2..=LONGEST_WORD).contains(&length) {
        return None;
    }
    let word = word.to_lowercase();
    let cut_off = (length.div_ceil(3)).clamp(1, 3);
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&word, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= cut_off)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("something is wrong")]
    struct Wrong(Span);

    impl Report for Wrong {
        fn span(&self) -> Option<Span> {
            Some(self.0)
        }
        fn label(&self) -> Option<String> {
            Some("here".into())
        }
    }

    #[test]
    fn a_span_past_the_end_or_inside_a_character_still_draws_the_message() {
        for span in [Span::new(0, 99), Span::new(1, 2), Span::new(7, 7)] {
            assert!(render(&Wrong(span), "query", "日本", false).contains("something is wrong"));
        }
    }

    #[test]
    fn the_caret_counts_characters_not_bytes() {
        let drawn = render(&Wrong(Span::new(7, 8)), "query", "日本 x", false);
        assert!(drawn.contains("query:1:4"), "{drawn}");
    }

    #[test]
    fn hidden_characters_are_drawn_as_escapes_and_the_caret_stands_under_the_right_one() {
        // `x` begins at byte 6, after an escape character and an override of direction.
        let text = "a\u{1b}b\u{202e} x y\r\nnext";
        let at = text.find('x').unwrap();
        let drawn = render(&Wrong(Span::new(at, at + 1)), "a\u{7}\nb.rhai", text, false);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines[1], "  ┌─ a\\u{7}\\nb.rhai:1:18");
        assert_eq!(lines[3], "1 │ a\\u{1b}b\\u{202e} x y");
        assert_eq!(lines[4], "  │                  ^ here");
        // The whole character is underlined.
        let drawn = render(&Wrong(Span::new(1, 2)), "query", text, false);
        assert!(drawn.contains("1 │ a\\u{1b}b\\u{202e} x y\n  │  ^^^^^^ here"), "{drawn}");
    }

    #[test]
    fn a_hidden_character_in_a_message_a_label_or_a_help_is_escaped() {
        #[derive(Debug, thiserror::Error)]
        #[error("bad \u{1b}]0;title\u{7}")]
        struct Hostile;
        impl Report for Hostile {
            fn span(&self) -> Option<Span> {
                Some(Span::new(0, 1))
            }
            fn label(&self) -> Option<String> {
                Some("label \u{9b}2J".into())
            }
            fn help(&self) -> Option<String> {
                Some("help \u{202e}\nand more".into())
            }
        }
        for colour in [false, true] {
            let drawn = render(&Hostile, "query", "x", colour);
            for part in ["bad \\u{1b}]0;title\\u{7}", "label \\u{9b}2J", "help \\u{202e}", "and more"] {
                assert!(drawn.contains(part), "{part}: {drawn}");
            }
            assert_eq!(colour, drawn.contains('\u{1b}'), "{drawn}");
        }
    }

    #[test]
    fn a_word_that_is_longer_than_any_name_costs_no_time() {
        let word = "w".repeat(4 << 20);
        let names: Vec<String> = (0..2_000).map(|number| format!("where{number}")).collect();
        let start = std::time::Instant::now();
        assert_eq!(nearest(&word, names.iter().map(String::as_str)), None);
        assert_eq!(nearest(&"w".repeat(64), [&*"w".repeat(65)]), Some(&*"w".repeat(65)));
        assert_eq!(nearest(&"w".repeat(65), [&*"w".repeat(65)]), None);
        assert!(start.elapsed().as_millis() < 500, "{:?}", start.elapsed());
    }

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest("vcp", ["vpc", "sg"]), Some("vpc"));
        assert_eq!(nearest("were", ["where", "since"]), Some("where"));
        assert_eq!(nearest("banana", ["where", "since"]), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
