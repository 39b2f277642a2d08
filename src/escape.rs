//! Escapes characters that a terminal must not get: those that move the cursor, change the terminal, turn the direction
//! of text, or cannot be seen.
//!
//! Records, file names, names of resources and error texts come from outside. On a terminal such a character is shown
//! as Rust spells it (`\u{1b}`, `\u{202e}`, `\n`), so that it is visible and has no effect. This module uses no other.
//! Colours are added after escaping, never before.

use std::borrow::Cow;
use std::fmt::Write;

/// Characters that are no control characters but can deceive: zero-width, bidirectional and other invisible ones.
///
/// Source: the general categories Cf, Zl and Zp, and the letters that are blank, of
/// <https://www.unicode.org/Public/UCD/latest/ucd/UnicodeData.txt>.
const INVISIBLE: [(char, char); 21] = [
    // Soft hyphen.
    ('\u{ad}', '\u{ad}'),
    // Combining grapheme joiner.
    ('\u{34f}', '\u{34f}'),
    // Signs in front of Arabic numbers, the Arabic letter mark among them.
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    // Hangul fillers.
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180e}'),
    // Zero-width characters, and marks of direction.
    ('\u{200b}', '\u{200f}'),
    // Separators of lines and paragraphs; embeddings and overrides of direction.
    ('\u{2028}', '\u{202e}'),
    // Word joiner, invisible operators, isolates of direction, deprecated format characters.
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    // Interlinear annotations.
    ('\u{fff9}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    // Tags, and the variation selectors after them.
    ('\u{e0000}', '\u{e0fff}'),
];

/// Returns whether a terminal must not get this character from outside.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    // Most text is ASCII.
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control() || INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// Returns whether the character at the start of the text is hidden, and is neither a line end nor a tab.
fn is_hidden_in_lines(text: &str) -> bool {
    text.starts_with(is_hidden) && !text.starts_with(['\n', '\t']) && !text.starts_with("\r\n")
}

/// Escapes text for one line.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    replace(text, |rest| rest.starts_with(is_hidden), push_escape)
}

/// Escapes text of several lines, which keeps its line ends and tabs.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    replace(text, is_hidden_in_lines, push_escape)
}

/// Escapes a JSON document without changing its meaning: outside of strings, its only hidden characters are layout.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    replace(text, is_hidden_in_lines, |to, c| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            push(to, format_args!("\\u{unit:04x}"));
        }
    })
}

/// Escapes lines that a library coloured, and keeps plain colours.
///
/// Text from outside may contain such a colour, too, but nothing worse.
#[must_use]
pub fn coloured(text: &str) -> Cow<'_, str> {
    let is_hidden = |rest: &str| is_hidden_in_lines(rest) && colour_length(rest) == 0;
    replace(text, is_hidden, push_escape)
}

/// Returns the length of the sequence at the start of the text if it sets a readable colour or weight, else 0.
fn colour_length(text: &str) -> usize {
    let Some(parameters) = text.strip_prefix("\u{1b}[") else { return 0 };
    let Some(end) = parameters.find('m') else { return 0 };
    let parameters = &parameters[..end];
    let is_plain = |code: &str| matches!(code.parse(), Ok(0..=4 | 22..=24 | 31..=37 | 39 | 91..=96));
    // One of the terminal's 256 colours, as drawn errors have them.
    let is_of_256 = || parameters.strip_prefix("38;5;").is_some_and(|colour| colour.parse::<u8>().is_ok());
    if parameters.is_empty() || parameters.split(';').all(is_plain) || is_of_256() {
        "\u{1b}[".len() + end + 1
    } else {
        0
    }
}

/// Replaces the characters for which `is_hidden_at` is true; it gets the text from the character on.
fn replace(text: &str, is_hidden_at: impl Fn(&str) -> bool, write: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut replaced = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        if is_hidden_at(&text[at..]) { write(&mut replaced, c) } else { replaced.push(c) }
    }
    Cow::Owned(replaced)
}

/// Writes a character as Rust spells it.
fn push_escape(to: &mut String, c: char) {
    push(to, format_args!("{}", c.escape_default()));
}

fn push(to: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a `String` does not fail.
    let _ = to.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_invisible_characters_are_hidden() {
        for c in "\0\u{7}\u{8}\t\n\r\u{1b}\u{7f}\u{80}\u{85}\u{90}\u{9b}\u{9f}".chars() {
            assert!(is_hidden(c), "{c:?}");
        }
        let invisible = "\u{ad}\u{61c}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\
                         \u{2066}\u{2069}\u{3164}\u{feff}\u{fff9}\u{fffb}\u{e0001}\u{e007f}";
        for c in invisible.chars() {
            assert!(is_hidden(c), "{c:?}");
        }
        for c in " ~aé\u{a0}日\u{3000}\u{fffd}…😀█\u{301}".chars() {
            assert!(!is_hidden(c), "{c:?}");
        }
    }

    #[test]
    fn what_is_hidden_is_spelled_out_and_all_else_stays() {
        assert!(matches!(text("plain \\ \"日本\""), Cow::Borrowed(_)));
        assert_eq!(text("a\u{1b}]0;x\u{7}b"), "a\\u{1b}]0;x\\u{7}b");
        assert_eq!(text("a\nb\tc\r"), "a\\nb\\tc\\r");
        assert_eq!(text("\u{202e}\u{9b}\u{e0041}"), "\\u{202e}\\u{9b}\\u{e0041}");
        assert_eq!(lines("a\nb\tc\rd\r\n\u{1b}"), "a\nb\tc\\rd\r\n\\u{1b}");
    }

    #[test]
    fn json_stays_the_same_document() {
        let document = "[\n{\"a\u{202e}\":\"\u{7f}\u{9b}\u{e0041}日\"}\n]\n";
        let escaped = json(document);
        assert_eq!(escaped, "[\n{\"a\\u202e\":\"\\u007f\\u009b\\udb40\\udc41日\"}\n]\n");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&escaped), read(document));
    }

    #[test]
    fn colours_of_libraries_stay_and_other_sequences_do_not() {
        let colour = "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m \u{1b}[mx\u{1b}[38;5;9m\n";
        assert_eq!(coloured(colour), colour);
        for (sequence, escaped) in [
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{1b}]0;m\u{7}", "\\u{1b}]0;m\\u{7}"),
            ("\u{1b}[8mhidden", "\\u{1b}[8mhidden"),
            ("\u{1b}[31;8mhidden", "\\u{1b}[31;8mhidden"),
            ("\u{1b}[38;5;9;5mblinks", "\\u{1b}[38;5;9;5mblinks"),
            ("\u{1b}\u{1b}[0m", "\\u{1b}\u{1b}[0m"),
            ("end\u{1b}", "end\\u{1b}"),
        ] {
            assert_eq!(coloured(sequence), escaped);
        }
    }
}
