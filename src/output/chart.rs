//! Drawings for people, of the answer's first number: a line where time alone tells rows apart, else
//! bars, one a row.

mod line;

use std::io::{self, Write};

use owo_colors::OwoColorize;

use super::{Output, Style, display, shown};
use crate::value::{Column, ColumnType, Row, RowSink, Value, time_in};

/// The width of bars and labels where there is no terminal to fit.
const DEFAULT_WIDTH: usize = 80;

/// Parts of a cell, in eighths.
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

pub(super) struct Chart<'w> {
    to: &'w mut (dyn Write + Send),
    style: Style,
    columns: Vec<Column>,
    rows: Vec<Row>,
}

impl<'w> Chart<'w> {
    pub(super) fn new(to: &'w mut (dyn Write + Send), style: Style) -> Self {
        Self { to, style, columns: Vec::new(), rows: Vec::new() }
    }
}

impl RowSink for Chart<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.iter().map(shown).collect();
        Ok(())
    }

    fn rows(&mut self, mut rows: Vec<Row>) -> io::Result<()> {
        self.rows.append(&mut rows);
        Ok(())
    }
}

impl Output for Chart<'_> {
    fn finish(&mut self) -> io::Result<()> {
        let keys: Vec<usize> = (0..self.columns.len()).filter(|place| is_key(&self.columns[*place])).collect();
        match (0..self.columns.len()).find(|place| !keys.contains(place)) {
            None => writeln!(self.to, "nothing to draw: the answer has no number")?,
            Some(value) => match self.times(&keys) {
                Some(times) => self.draw_line(&times, value)?,
                None => self.draw_bars(&keys, value)?,
            },
        }
        self.to.flush()
    }
}

/// Ports are numbers, but nothing to measure by.
fn is_key(column: &Column) -> bool {
    column.column_type == ColumnType::Text || column.name.ends_with("_port")
}

impl Chart<'_> {
    /// The time of each row, where time is all that tells the rows apart.
    fn times(&self, keys: &[usize]) -> Option<Vec<i64>> {
        let [only] = keys else { return None };
        let time = |row: &Row| if let Value::Time(time) = row[*only] { Some(time) } else { None };
        self.rows.iter().map(time).collect::<Option<Vec<_>>>().filter(|times| !times.is_empty())
    }

    fn draw_line(&mut self, times: &[i64], value: usize) -> io::Result<()> {
        let mut points: Vec<(i64, f64)> =
            times.iter().copied().zip(self.rows.iter().map(|row| number(&row[value]))).collect();
        points.sort_by_key(|(time, _)| *time);
        let largest = self.rows.iter().max_by(|a, b| number(&a[value]).total_cmp(&number(&b[value])));
        let top = largest.map(|row| display(&row[value], &self.style.zone)).unwrap_or_default();
        let margin = top.chars().count();
        let room = self.style.width.unwrap_or(DEFAULT_WIDTH).saturating_sub(margin + 2).max(10);
        writeln!(self.to, "{:margin$}  {}", "", self.columns[value].heading)?;
        let drawn = line::line(&points, room);
        let last = drawn.len().saturating_sub(1);
        for (row, line) in drawn.iter().enumerate() {
            let label = if row == 0 {
                top.as_str()
            } else if row == last {
                "0"
            } else {
                ""
            };
            let line = if self.style.colour { line.cyan().to_string() } else { line.clone() };
            writeln!(self.to, "{label:>margin$}  {line}")?;
        }
        let end =
            |point: Option<&(i64, f64)>| point.map(|(time, _)| time_in(*time, &self.style.zone)).unwrap_or_default();
        let (from, to) = (end(points.first()), end(points.last()));
        let gap = room.saturating_sub(from.chars().count() + to.chars().count()).max(2);
        writeln!(self.to, "{:margin$}  {from}{:gap$}{to}", "", "")
    }

    fn draw_bars(&mut self, keys: &[usize], value: usize) -> io::Result<()> {
        let label =
            |row: &Row| keys.iter().map(|place| display(&row[*place], &self.style.zone)).collect::<Vec<_>>().join("  ");
        let labels: Vec<String> = self.rows.iter().map(label).collect();
        let label_width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
        let numbers: Vec<f64> = self.rows.iter().map(|row| number(&row[value])).collect();
        let texts: Vec<String> = self.rows.iter().map(|row| display(&row[value], &self.style.zone)).collect();
        let text_width = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
        let largest = numbers.iter().copied().fold(0.0, f64::max);
        let width = self.style.width.unwrap_or(DEFAULT_WIDTH);
        let room = width.saturating_sub(label_width + text_width + 4).max(10);
        writeln!(self.to, "{:label_width$}  {}", "", self.columns[value].heading)?;
        for ((label, text), number) in labels.iter().zip(&texts).zip(numbers) {
            let bar = bar(number, largest, room);
            let bar = if self.style.colour { bar.cyan().to_string() } else { bar };
            writeln!(self.to, "{label:label_width$}  {text:>text_width$}  {bar}")?;
        }
        Ok(())
    }
}

#[allow(clippy::cast_precision_loss, reason = "a bar's length needs no more than three digits")]
pub(super) const fn number(value: &Value) -> f64 {
    match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        _ => 0.0,
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "eighths of the cells of a terminal, never negative"
)]
pub(super) fn bar(number: f64, largest: f64, room: usize) -> String {
    if largest <= 0.0 || number <= 0.0 {
        return String::new();
    }
    let eighths = (number / largest * room as f64 * 8.0).round().max(1.0) as usize;
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(EIGHTHS[eighths % 8]);
    }
    bar
}
