//! Text for people, wrapped at words to the width of a terminal.

use std::fmt::Write;

use textwrap::core::display_width;
use textwrap::{Options, WordSeparator, WordSplitter, wrap};

/// The further indent of what continues a line that has no columns.
const INDENT: usize = 4;

/// Wraps the lines that are wider than `width` columns. What continues a line stands below its last column, if that
/// begins in the left half, and is indented otherwise.
///
/// Ids and addresses are never cut, and colours have no width.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> String {
    let mut all = String::new();
    for line in text.lines() {
        if display_width(line) <= width {
            let _ = writeln!(all, "{line}");
            continue;
        }
        let indent = " ".repeat(indent(line, width));
        let options = Options::new(width)
            .subsequent_indent(&indent)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .break_words(false);
        for part in wrap(line, options) {
            let _ = writeln!(all, "{part}");
        }
    }
    all
}

/// The place of the last column of a line, which two blanks or more stand before; else a little more than its own indent.
fn indent(line: &str, width: usize) -> usize {
    let own = line.len() - line.trim_start().len();
    let column = line.rfind("  ").map(|at| display_width(&line[..at + 2]));
    column.filter(|column| *column > own && *column <= width / 2).unwrap_or(own + INDENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_continues_a_line_stands_below_its_last_column() {
        assert_eq!(wrapped("  ab  one two three\n", 14), "  ab  one two\n      three\n");
        assert_eq!(wrapped("\u{1b}[32m+\u{1b}[39m a  one two", 10), "\u{1b}[32m+\u{1b}[39m a  one\n     two\n");
    }

    #[test]
    fn a_line_without_columns_is_continued_with_an_indent() {
        assert_eq!(wrapped("one two three\n\n  four\n", 9), "one two\n    three\n\n  four\n");
        assert_eq!(wrapped("a         column beyond the half", 16), "a         column\n    beyond the\n    half\n");
    }

    #[test]
    fn ids_are_not_cut() {
        assert_eq!(wrapped("to eni-0123456789abcdef0", 10), "to\n    eni-0123456789abcdef0\n");
    }
}
