//! Tables of text that need no account.

use jiff::tz::TimeZone;

use super::error::Error;
use super::out::Out;
use crate::output::{self, Format, Style};
use crate::value::{Column, ColumnType, Row};

/// Prints rows under these column names.
pub(super) fn print_table(names: &[&str], rows: Vec<Row>, format: Format, out: &mut Out) -> Result<(), Error> {
    let columns: Vec<Column> = names.iter().map(|name| Column::new(name, ColumnType::Text)).collect();
    let style = Style { terminal: out.is_terminal(), ..Style::plain(out.width(), TimeZone::UTC) };
    let mut output = output::output(format, style, out);
    output.columns(&columns)?;
    output.rows(rows)?;
    output.finish()?;
    Ok(())
}
