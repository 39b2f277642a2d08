//! Drawn errors: where in a text something is wrong, what was expected, and what to type instead.
//!
//! This module knows no other room. An error that points into a text implements [`Report`] beside
//! its own definition; [`render`] draws it with `codespan-reporting`.

mod excerpt;

use codespan_reporting::diagnostic::{Diagnostic, Label};
use codespan_reporting::term::{self, Config, termcolor::Ansi};

use excerpt::Excerpt;

/// A range of bytes in the text that was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` up to, not including, `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }
}

/// An error that points into a text.
pub trait Report: std::error::Error {
    /// Where in the text; `None` when the whole text is meant.
    fn span(&self) -> Option<Span>;

    /// What was expected there, in a user's words.
    fn label(&self) -> Option<String> {
        None
    }

    /// What to type instead.
    fn help(&self) -> Option<String> {
        None
    }
}

/// Draws `report` under the line of `text` that it points into; of a wide line what is around the place.
///
/// `name` is what the text is called: a file name, or `query`. With `colour`, the result carries
/// ANSI sequences.
#[must_use]
pub fn render(report: &dyn Report, name: &str, text: &str, colour: bool) -> String {
    let file = Excerpt::new(name, text, report.span().unwrap_or_default());
    let mut diagnostic = Diagnostic::error().with_message(shortened(report.to_string()));
    if report.span().is_some() {
        let label = Label::primary((), file.span.start..file.span.end);
        diagnostic = diagnostic.with_label(match report.label() {
            Some(message) => label.with_message(shortened(message)),
            None => label,
        });
    }
    if let Some(help) = report.help() {
        diagnostic = diagnostic.with_note(format!("help: {}", shortened(help)));
    }
    let config = Config::default();
    let drawn = if colour {
        let mut buffer = Ansi::new(Vec::new());
        term::emit_to_write_style(&mut buffer, &config, &file, &diagnostic)
            .map(|()| String::from_utf8_lossy(&buffer.into_inner()).into_owned())
    } else {
        term::emit_into_string(&config, &file, &diagnostic)
    };
    // Only a span outside the text can fail to draw; the message itself is never lost.
    drawn.unwrap_or_else(|_| format!("error: {report}\n"))
}

/// The letters of a message, a label or a help that are drawn; what is longer repeats what was typed.
const LONGEST_MESSAGE: usize = 400;

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST_MESSAGE) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The name in `names` that a person most likely meant by `word`, if any is near enough.
///
/// Near is at most a third of the word's letters wrong, at most three, a swap of two neighbours
/// counting once; words of fewer than two letters suggest nothing. Ties go to the first name.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    if length < 2 {
        return None;
    }
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
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest("vcp", ["vpc", "sg"]), Some("vpc"));
        assert_eq!(nearest("were", ["where", "since"]), Some("where"));
        assert_eq!(nearest("banana", ["where", "since"]), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
