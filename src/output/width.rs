//! The cells that text takes in a terminal: wide letters take two, combining marks none.

use unicode_width::UnicodeWidthStr;

use crate::value::Column;

/// Returns the cells that a text without control characters takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The alignment of a text within its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

impl Align {
    /// Returns the alignment of a column's values: numbers to the right.
    pub(super) const fn of(column: &Column) -> Self {
        if column.column_type.is_number() { Self::Right } else { Self::Left }
    }
}

/// Returns a text, padded to `cells`.
pub(super) fn aligned(text: &str, cells: usize, align: Align) -> String {
    aligned_as(text, text, cells, align)
}

/// Returns `painted`, which is `text` with colours, padded to `cells`.
pub(super) fn aligned_as(painted: &str, text: &str, cells: usize, align: Align) -> String {
    let blanks = cells.saturating_sub(width(text));
    match align {
        Align::Left => format!("{painted}{:blanks$}", ""),
        Align::Right => format!("{:blanks$}{painted}", ""),
    }
}

/// Returns a text of at most `cells`; `…` marks the cut.
pub(super) fn shortened(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_string();
    }
    let mut short = String::new();
    for letter in text.chars() {
        short.push(letter);
        if width(&short) >= cells {
            short.pop();
            break;
        }
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_wide_as_it_is_displayed() {
        // An `e` with a combining accent, two wide letters, an emoji.
        for (text, cells) in [("abc", 3), ("e\u{301}a", 2), ("東京", 4), ("🚀", 2), ("", 0), ("█▏", 2), ("⣿", 1)]
        {
            assert_eq!(width(text), cells, "{text}");
        }
    }

    #[test]
    fn blanks_make_up_what_a_text_does_not_take() {
        assert_eq!(aligned("東京", 6, Align::Left), "東京  ");
        assert_eq!(aligned("12", 4, Align::Right), "  12");
        assert_eq!(aligned("longer", 2, Align::Left), "longer");
        assert_eq!(aligned_as("<red>no</red>", "no", 4, Align::Left), "<red>no</red>  ");
    }

    #[test]
    fn a_shortened_text_takes_no_more_cells_than_there_are() {
        for (text, cells, short) in
            [("abcd", 4, "abcd"), ("abcde", 4, "abc…"), ("東京都", 4, "東…"), ("東京都", 5, "東京…")]
        {
            assert_eq!(shortened(text, cells), short);
        }
    }
}
