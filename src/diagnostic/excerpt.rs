//! The part of a text that is drawn under an error: lines as wide as a screen, with their place in the
//! whole text.

use std::ops::Range;

use codespan_reporting::files::{Error, Files, SimpleFile};
use unicode_width::UnicodeWidthChar;

use super::span::Span;

/// The most columns of a line that are drawn.
const WIDEST: usize = 200;
/// The most columns before the error that are drawn of a wider line.
const BEFORE: usize = 80;
/// The mark of a cut line.
const MORE: char = '…';

/// A text whose wide lines are cut; column numbers are those of the whole line.
pub(super) struct Excerpt<'n> {
    file: SimpleFile<&'n str, String>,
    /// The line with the error, from 0, and the characters that are missing at its start.
    cut: (usize, usize),
    /// The place of the error.
    pub(super) span: Span,
}

impl<'n> Excerpt<'n> {
    /// Cuts the wide lines of `text` to their start, the line in which `span` starts to the part around it.
    pub(super) fn new(name: &'n str, text: &str, span: Span) -> Self {
        let mut excerpt = String::new();
        let mut cut = (0, 0);
        let ends = [span.start, span.end].map(|end| text.floor_char_boundary(end));
        let mut moved = ends;
        let mut line_start = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let content = line.trim_end_matches(['\n', '\r']);
            let line_end = line_start + line.len();
            let is_last = line_end == text.len() && content.len() == line.len();
            let is_first = line_start <= ends[0] && (ends[0] < line_end || is_last);
            let kept = kept(content, if is_first { ends[0] - line_start } else { 0 });
            if is_first {
                cut = (number, content[..kept.start].chars().count());
            }
            let more_before = if kept.start > 0 { MORE.len_utf8() } else { 0 };
            for (place, moved) in ends.into_iter().zip(&mut moved) {
                if place >= line_end && !is_last {
                    // It is in a later line, or after the last one.
                    *moved = usize::MAX;
                } else if place >= line_start {
                    let in_line = (place - line_start).clamp(kept.start, kept.end) - kept.start;
                    *moved = excerpt.len() + more_before + in_line;
                }
            }
            excerpt.extend((kept.start > 0).then_some(MORE));
            excerpt.push_str(&content[kept.clone()]);
            excerpt.extend((kept.end < content.len()).then_some(MORE));
            excerpt.push_str(&line[content.len()..]);
            line_start = line_end;
        }
        let moved = moved.map(|place| place.min(excerpt.len()));
        Self { file: SimpleFile::new(name, excerpt), cut, span: Span::new(moved[0], moved[1]) }
    }
}

/// The byte range of a line that is drawn.
fn kept(line: &str, around: usize) -> Range<usize> {
    let width = |text: &str| text.chars().map(|c| c.width().unwrap_or(1)).sum::<usize>();
    if width(line) <= WIDEST {
        return 0..line.len();
    }
    let around = line.floor_char_boundary(around);
    let columns_before = |c: &(usize, char)| c.1.width().unwrap_or(1);
    let mut room = BEFORE;
    let start = line[..around].char_indices().rev().take_while(|c| take(&mut room, columns_before(c))).last();
    let start = if width(&line[..around]) <= BEFORE { 0 } else { start.map_or(around, |(at, _)| at) };
    let mut room = WIDEST;
    let end = line[start..].char_indices().take_while(|c| take(&mut room, columns_before(c))).last();
    start..end.map_or(start, |(at, c)| start + at + c.len_utf8())
}

/// Takes `columns` from the room that is left; returns false if there is too little.
fn take(room: &mut usize, columns: usize) -> bool {
    let left = room.checked_sub(columns);
    *room = left.unwrap_or_default();
    left.is_some()
}

impl<'a> Files<'a> for Excerpt<'_> {
    type FileId = ();
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, (): ()) -> Result<&'a str, Error> {
        Ok(self.file.name())
    }

    fn source(&'a self, (): ()) -> Result<&'a str, Error> {
        Ok(self.file.source())
    }

    fn line_index(&'a self, (): (), byte_index: usize) -> Result<usize, Error> {
        self.file.line_index((), byte_index)
    }

    fn line_range(&'a self, (): (), line_index: usize) -> Result<Range<usize>, Error> {
        self.file.line_range((), line_index)
    }

    fn column_number(&'a self, (): (), line_index: usize, byte_index: usize) -> Result<usize, Error> {
        let shown = self.file.column_number((), line_index, byte_index)?;
        let (line, missing) = self.cut;
        // One character stands for the missing ones.
        Ok(if line == line_index && missing > 0 { shown + missing - 1 } else { shown })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_as_wide_as_the_screen_stays_as_it_is() {
        let text = format!("first\n{}\nlast", "x".repeat(WIDEST));
        let excerpt = Excerpt::new("query", &text, Span::new(10, 12));
        assert_eq!(excerpt.file.source(), &text);
        assert_eq!(excerpt.span, Span::new(10, 12));
    }

    #[test]
    fn a_wider_line_is_cut_around_the_error_and_its_column_is_that_in_the_text() {
        let text = format!("a\n{}ERROR{}", "日".repeat(500), "y".repeat(500));
        let at = text.find("ERROR").unwrap();
        let excerpt = Excerpt::new("query", &text, Span::new(at, at + 5));
        let source = excerpt.file.source();
        let expected = format!("a\n…{}ERROR{}…", "日".repeat(40), "y".repeat(115));
        assert_eq!(source, &expected);
        assert_eq!(&source[excerpt.span.start..excerpt.span.end], "ERROR");
        assert_eq!(excerpt.column_number((), 1, excerpt.span.start).unwrap(), 501);
    }

    #[test]
    fn a_place_that_is_cut_off_is_at_the_end_of_what_is_drawn() {
        let text = "x".repeat(1000);
        let excerpt = Excerpt::new("query", &text, Span::new(0, 900));
        assert_eq!(excerpt.span, Span::new(0, WIDEST));
        let excerpt = Excerpt::new("query", &text, Span::new(1000, 1000));
        assert_eq!(excerpt.file.source(), &format!("…{}", "x".repeat(BEFORE)));
        assert_eq!(excerpt.span.start, excerpt.file.source().len());
    }
}
