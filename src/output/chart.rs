//! Bars for people: one a row, as long as the row's first number is large.

use std::io::{self, Write};

use owo_colors::OwoColorize;

use super::{Output, Style, display};
use crate::value::{Column, ColumnType, Row, RowSink, Value};

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
        self.columns = columns.to_vec();
        Ok(())
    }

    fn rows(&mut self, mut rows: Vec<Row>) -> io::Result<()> {
        self.rows.append(&mut rows);
        Ok(())
    }
}

impl Output for Chart<'_> {
    fn finish(&mut self) -> io::Result<()> {
        let is_key = |column: &Column| column.column_type == ColumnType::Text || column.name.ends_with("_port");
        let Some(value) = self.columns.iter().position(|column| !is_key(column)) else {
            writeln!(self.to, "nothing to draw: the answer has no number")?;
            return self.to.flush();
        };
        let labels: Vec<String> = self
            .rows
            .iter()
            .map(|row| {
                let parts = (0..row.len()).filter(|place| is_key(&self.columns[*place]));
                parts.map(|place| display(&row[place], &self.style.zone)).collect::<Vec<_>>().join("  ")
            })
            .collect();
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
        self.to.flush()
    }
}

#[allow(clippy::cast_precision_loss, reason = "a bar's length needs no more than three digits")]
const fn number(value: &Value) -> f64 {
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
fn bar(number: f64, largest: f64, room: usize) -> String {
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
