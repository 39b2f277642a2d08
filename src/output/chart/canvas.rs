//! Lines over time, in braille dots: two across and four down in each cell.

use crate::value::EpochSeconds;

/// The rows of a drawing.
pub(super) const ROWS: usize = 10;

/// The dots of a cell, by column and row, as offsets from U+2800.
///
/// Source: <https://www.unicode.org/charts/PDF/U2800.pdf>.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// The number of cells from one mark to the next, which belongs to another line.
const MARK_GAP: usize = 4;

/// A time and its value.
pub(super) type Point = (EpochSeconds, f64);

/// A drawing of lines in dots, cell by cell.
pub(super) struct Canvas {
    cells: Vec<Vec<Cell>>,
    first: EpochSeconds,
    last: EpochSeconds,
    largest: f64,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    dots: u32,
    /// The lines that have dots here, a bit each.
    lines: u8,
    /// The line that was drawn last here, which gives the cell its colour.
    line: usize,
    /// The line whose mark is here.
    mark: Option<usize>,
}

impl Canvas {
    /// Returns a canvas from one time to another; its lowest row is 0, its highest `largest`.
    pub(super) fn new(columns: usize, first: EpochSeconds, last: EpochSeconds, largest: f64) -> Self {
        let cells = vec![vec![Cell::default(); columns]; ROWS];
        Self { cells, first, last, largest: largest.max(f64::MIN_POSITIVE) }
    }

    /// Draws the points of a line. Two points are joined if they are at most `step` seconds apart; a longer gap stays
    /// empty.
    pub(super) fn draw(&mut self, line: usize, points: &[Point], step: i64) {
        for (place, point) in points.iter().enumerate() {
            let (x, y) = self.at(*point);
            let next = points.get(place + 1).filter(|next| next.0 - point.0 <= step);
            let (next_x, next_y) = next.map_or((x, y), |next| self.at(*next));
            let length = (next_x - x).abs().max((next_y - y).abs()).max(1.0);
            let mut walked = 0.0;
            while walked <= length {
                let along = walked / length;
                self.set(line, x + (next_x - x) * along, y + (next_y - y) * along);
                walked += 1.0;
            }
        }
    }

    /// Puts marks on the first `count` lines, so that they can be told apart without colours: each line has its marks
    /// in other columns, so that this works for crossing lines, too.
    pub(super) fn mark(&mut self, count: usize) {
        let columns = self.cells.first().map_or(0, Vec::len);
        for column in (0..columns).skip(MARK_GAP / 2).step_by(MARK_GAP) {
            self.mark_at(column, column / MARK_GAP % count.max(1));
        }
        for line in 0..count {
            let is_marked = self.cells.iter().flatten().any(|cell| cell.mark == Some(line));
            if !is_marked {
                // A line of few points.
                let _ = (0..columns).any(|column| self.mark_at(column, line));
            }
        }
    }

    /// Marks a line in a column, if it has a cell there that has no mark; returns whether it has.
    fn mark_at(&mut self, column: usize, line: usize) -> bool {
        let of_column = self.cells.iter_mut().map(|row| &mut row[column]);
        let cell = of_column.into_iter().find(|cell| cell.lines >> line & 1 == 1 && cell.mark.is_none());
        cell.map(|cell| cell.mark = Some(line)).is_some()
    }

    /// Returns the rows from the top: runs of text, each of one line's colour.
    pub(super) fn rows(&self, marks: &[char]) -> impl Iterator<Item = Vec<(usize, String)>> {
        self.cells.iter().map(|row| {
            let mut runs: Vec<(usize, String)> = Vec::new();
            for cell in row {
                let (line, letter) = match cell.mark {
                    Some(line) => (line, marks.get(line).copied()),
                    None => (cell.line, char::from_u32(0x2800 + cell.dots)),
                };
                let letter = letter.unwrap_or(' ');
                match runs.last_mut() {
                    Some((of, text)) if *of == line => text.push(letter),
                    _ => runs.push((line, letter.into())),
                }
            }
            runs
        })
    }

    /// Returns the position of a point in dots, from the left and from the top.
    fn at(&self, (time, value): Point) -> (f64, f64) {
        let (width, height) = (self.cells.first().map_or(0, Vec::len) * 2 - 1, ROWS * 4 - 1);
        let across = share(time - self.first, self.last - self.first) * dots(width);
        (across.round(), ((1.0 - value / self.largest) * dots(height)).round())
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place on a terminal, never negative and always small"
    )]
    fn set(&mut self, line: usize, x: f64, y: f64) {
        let (x, y) = (x.round() as usize, y.round() as usize);
        if let Some(cell) = self.cells.get_mut(y / 4).and_then(|row| row.get_mut(x / 2)) {
            cell.dots |= DOTS[x % 2][y % 4];
            cell.lines |= 1 << line;
            cell.line = line;
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "dots on a terminal")]
const fn dots(count: usize) -> f64 {
    count as f64
}

#[allow(clippy::cast_precision_loss, reason = "a share of a span of time, for a drawing")]
const fn share(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(canvas: &Canvas, marks: &[char]) -> Vec<String> {
        canvas.rows(marks).map(|runs| runs.into_iter().map(|(_, text)| text).collect()).collect()
    }

    fn line(points: &[Point], step: i64, columns: usize) -> Vec<String> {
        let (first, last) = (points[0].0, points[points.len() - 1].0);
        let mut canvas = Canvas::new(columns, first, last, points.iter().map(|point| point.1).fold(0.0, f64::max));
        canvas.draw(0, points, step);
        drawn(&canvas, &[])
    }

    #[test]
    fn the_largest_value_is_at_the_top_and_zero_at_the_bottom() {
        let drawn = line(&[(0, 0.0), (60, 10.0)], 60, 4);
        assert_eq!(drawn.len(), ROWS);
        assert!(!drawn[0].ends_with('⠀') && drawn[0].starts_with('⠀'), "{drawn:?}");
        assert!(!drawn[ROWS - 1].starts_with('⠀') && drawn[ROWS - 1].ends_with('⠀'), "{drawn:?}");
    }

    #[test]
    fn a_gap_is_not_bridged() {
        assert!(line(&[(0, 5.0), (60, 5.0), (600, 5.0)], 60, 20)[0].contains('⠀'));
        assert!(!line(&[(0, 5.0), (300, 5.0), (600, 5.0)], 300, 20)[0].contains('⠀'));
    }

    #[test]
    fn few_points_are_drawn_too() {
        assert!(!line(&[(0, 1.0)], 1, 10)[0].starts_with('⠀'));
        assert!(!line(&[(0, 0.0), (60, 0.0)], 60, 10)[ROWS - 1].contains('⠀'));
    }

    #[test]
    fn every_line_has_a_mark_of_its_own() {
        // The first two lie on each other; the third is a point.
        let mut canvas = Canvas::new(24, 0, 60, 10.0);
        canvas.draw(0, &[(0, 10.0), (60, 10.0)], 60);
        canvas.draw(1, &[(0, 10.0), (60, 10.0)], 60);
        canvas.draw(2, &[(60, 0.0)], 60);
        canvas.mark(3);
        let drawn = drawn(&canvas, &['a', 'b', 'c']);
        let marks: String = drawn[0].chars().filter(char::is_ascii).collect();
        assert_eq!(marks, "abab");
        assert!(drawn[ROWS - 1].ends_with('c'), "{drawn:?}");
    }
}
