//! Bars, one per row.

use std::io::{self, Write};

use owo_colors::OwoColorize;

use super::super::style::Style;
use super::super::width::{Align, aligned, width};
use super::parts::{DEFAULT_WIDTH, Parts, number};
use crate::value::Row;

/// The most bars that are drawn; more would be no picture any longer.
const MOST_BARS: usize = 200;

/// The narrowest room for bars, however wide the labels are.
const NARROWEST: usize = 10;

/// Blanks between labels, numbers and bars.
const GAP: usize = 2;

/// Parts of a cell, in eighths.
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

pub(super) struct Bars {
    parts: Parts,
    rows: Vec<Row>,
    /// The number of rows without a bar.
    left_out: usize,
}

impl Bars {
    pub(super) const fn new(parts: Parts) -> Self {
        Self { parts, rows: Vec::new(), left_out: 0 }
    }

    pub(super) fn add(&mut self, mut rows: Vec<Row>) {
        let room = MOST_BARS - self.rows.len();
        self.left_out += rows.len().saturating_sub(room);
        rows.truncate(room);
        self.rows.append(&mut rows);
    }

    pub(super) fn draw(&self, to: &mut dyn Write, style: &Style) -> io::Result<()> {
        let Parts { heading, column_type, measure, .. } = &self.parts;
        let labels: Vec<String> = self.rows.iter().map(|row| self.parts.label(row, style)).collect();
        let texts: Vec<String> = self.rows.iter().map(|row| style.text(*column_type, &row[*measure])).collect();
        let numbers: Vec<f64> = self.rows.iter().map(|row| number(&row[*measure])).collect();
        let (label_width, text_width) = (widest(&labels), widest(&texts));
        let largest = numbers.iter().copied().fold(0.0, f64::max);
        let taken = label_width + text_width + 2 * GAP;
        let room = style.width.unwrap_or(DEFAULT_WIDTH).saturating_sub(taken).max(NARROWEST);
        writeln!(to, "{:label_width$}{:GAP$}{heading}", "", "")?;
        for ((label, text), number) in labels.iter().zip(&texts).zip(numbers) {
            let bar = bar(number, largest, room);
            let bar = if style.colour { bar.cyan().to_string() } else { bar };
            let label = aligned(label, label_width, Align::Left);
            let text = aligned(text, text_width, Align::Right);
            writeln!(to, "{label}{:GAP$}{text}{:GAP$}{bar}", "", "")?;
        }
        Ok(())
    }

    pub(super) fn remark(&self) -> Option<String> {
        let left_out = self.left_out;
        let rows = if left_out == 1 { "row is" } else { "rows are" };
        (left_out > 0).then(|| format!("{left_out} more {rows} not drawn: a chart has {MOST_BARS} bars at most"))
    }
}

fn widest(texts: &[String]) -> usize {
    texts.iter().map(|text| width(text)).max().unwrap_or(0)
}

/// Returns the bar of a number, given that the bar of `largest` takes `room` cells.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "eighths of the cells of a terminal, never negative"
)]
pub(in crate::output) fn bar(number: f64, largest: f64, room: usize) -> String {
    let is_something = largest > 0.0 && number > 0.0;
    if !is_something {
        return String::new();
    }
    let share = (number / largest).min(1.0);
    let eighths = (share * room as f64 * 8.0).round().max(1.0) as usize;
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(EIGHTHS[eighths % 8]);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn a_bar_never_leaves_its_room() {
        let huge = number(&Value::Int(i64::MAX));
        assert_eq!(bar(huge, 1.0, 4), "████");
        assert_eq!(bar(f64::INFINITY, 1.0, 4), "████");
        assert_eq!(bar(3.0, 4.0, 4), "███");
        // A value above 0 is visible.
        assert_eq!(bar(1.0, huge, 4), "▏");
        for nothing in [0.0, -1.0, f64::NAN] {
            assert_eq!(bar(nothing, 4.0, 4), "");
        }
    }
}
