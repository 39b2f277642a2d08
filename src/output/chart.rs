//! Drawings for people, of the answer's first measure: lines where an axis of time is among the columns, else
//! bars, one a row.

mod bars;
mod canvas;
mod lines;

use std::io::{self, Write};

pub(super) use bars::bar;

use super::{Output, Style, shown};
use crate::value::{Column, ColumnType, Row, RowSink, Value};
use bars::Bars;
use lines::Lines;

/// The width of a drawing where there is no terminal to fit.
const DEFAULT_WIDTH: usize = 80;

pub(super) struct Chart<'w> {
    to: &'w mut (dyn Write + Send),
    style: Style,
    drawing: Drawing,
}

enum Drawing {
    /// There is no measure to draw.
    Nothing,
    Bars(Bars),
    Lines(Lines),
}

/// The measure that is drawn, and what tells its values apart.
struct Parts {
    heading: String,
    column_type: ColumnType,
    /// The place of the measure.
    measure: usize,
    /// The places of the columns that are no measure.
    keys: Vec<usize>,
}

impl Parts {
    fn of(columns: &[Column]) -> Option<Self> {
        let is_measure = |place: &usize| columns[*place].column_type.is_measure();
        let measure = (0..columns.len()).find(is_measure)?;
        let keys = (0..columns.len()).filter(|place| !is_measure(place)).collect();
        let Column { heading, column_type, .. } = shown(&columns[measure]);
        Some(Self { heading, column_type, measure, keys })
    }

    /// Returns the keys of a row as people read them.
    fn label(&self, row: &Row, style: &Style) -> String {
        let text = |place: &usize| style.text(ColumnType::Text, &row[*place]);
        self.keys.iter().map(text).collect::<Vec<_>>().join("  ")
    }
}

impl Drawing {
    fn of(columns: &[Column]) -> Self {
        match Parts::of(columns) {
            None => Self::Nothing,
            Some(parts) => match axis(columns, &parts.keys) {
                Some(axis) => Self::Lines(Lines::new(parts, axis, columns[axis].column_type)),
                None => Self::Bars(Bars::new(parts)),
            },
        }
    }
}

/// Returns the place of the axis of time, if there is one: the bins, or a time that alone tells rows apart.
fn axis(columns: &[Column], keys: &[usize]) -> Option<usize> {
    let is_bin = |place: &usize| matches!(columns[*place].column_type, ColumnType::Bin { .. });
    match keys {
        [only] if columns[*only].column_type.is_time() => Some(*only),
        keys => keys.iter().copied().find(is_bin),
    }
}

impl<'w> Chart<'w> {
    pub(super) fn new(to: &'w mut (dyn Write + Send), style: Style) -> Self {
        Self { to, style, drawing: Drawing::Nothing }
    }
}

impl RowSink for Chart<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.drawing = Drawing::of(columns);
        Ok(())
    }

    fn rows(&mut self, rows: Vec<Row>) -> io::Result<()> {
        match &mut self.drawing {
            Drawing::Nothing => {}
            Drawing::Bars(bars) => bars.add(rows),
            Drawing::Lines(lines) => lines.add(&rows, &self.style),
        }
        Ok(())
    }
}

impl Output for Chart<'_> {
    fn finish(&mut self) -> io::Result<()> {
        match &self.drawing {
            Drawing::Nothing => writeln!(self.to, "nothing to draw: the answer has no number")?,
            Drawing::Bars(bars) => bars.draw(self.to, &self.style)?,
            Drawing::Lines(lines) => lines.draw(self.to, &self.style)?,
        }
        self.to.flush()
    }

    fn remark(&self) -> Option<String> {
        match &self.drawing {
            Drawing::Nothing => None,
            Drawing::Bars(bars) => bars.remark(),
            Drawing::Lines(lines) => lines.remark(),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "a drawing needs no more than three digits")]
pub(super) const fn number(value: &Value) -> f64 {
    match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        _ => 0.0,
    }
}
