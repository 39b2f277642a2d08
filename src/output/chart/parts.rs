//! The part of an answer that is drawn.

use super::super::style::Style;
use super::super::text::shown;
use crate::value::{Column, ColumnType, Row, Value};

/// The width of a drawing without a terminal.
pub(super) const DEFAULT_WIDTH: usize = 80;

/// The measure that is drawn, and the columns that tell its values apart.
pub(super) struct Parts {
    pub(super) heading: String,
    pub(super) column_type: ColumnType,
    /// The place of the measure.
    pub(super) measure: usize,
    /// The places of the columns that are not measures.
    pub(super) keys: Vec<usize>,
}

impl Parts {
    pub(super) fn of(columns: &[Column]) -> Option<Self> {
        let is_measure = |place: &usize| columns[*place].column_type.is_measure();
        let measure = (0..columns.len()).find(is_measure)?;
        let keys = (0..columns.len()).filter(|place| !is_measure(place)).collect();
        let Column { heading, column_type, .. } = shown(&columns[measure]);
        Some(Self { heading, column_type, measure, keys })
    }

    /// Returns the keys of a row as people read them.
    pub(super) fn label(&self, row: &Row, style: &Style) -> String {
        let text = |place: &usize| style.text(ColumnType::Text, &row[*place]);
        self.keys.iter().map(text).collect::<Vec<_>>().join("  ")
    }
}

#[allow(clippy::cast_precision_loss, reason = "a drawing needs no more than three digits")]
pub(in crate::output) const fn number(value: &Value) -> f64 {
    match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        _ => 0.0,
    }
}
