//! Drawings of the answer's first measure, for people: lines if a column is an axis of time, else one bar per row.

mod bars;
mod canvas;
mod lines;
mod parts;

use std::io::{self, Write};

pub(super) use bars::bar;
pub(super) use parts::number;

use super::printer::Output;
use super::style::Style;
use crate::value::{Column, ColumnType, Row, RowSink};
use bars::Bars;
use lines::Lines;
use parts::Parts;

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
