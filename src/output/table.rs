//! The table for people: the Go tool's look, as wide as the terminal.
//!
//! Rows are printed in pages, so that a long answer streams; the first page settles the widths.
//! Columns that do not fit are left out whole, never cut inside, and named in the remark; or each row is printed with a
//! line per column.

use std::io::{self, Write};

use owo_colors::OwoColorize;

use super::chart::{bar, number};
use super::printer::Output;
use super::style::Style;
use super::text::shown;
use super::width::{Align, aligned, aligned_as, width};
use crate::value::{Column, Need, Row, RowSink, Value};

/// Rows that are held back to settle widths; more than anyone reads at once.
const PAGE_ROWS: usize = 1_000;

/// Blanks between columns, as the Go tool has them.
const GAP: usize = 2;

/// The ruler between rows that are printed with a line per column.
const RULER: usize = 40;

pub(super) struct Table<'w> {
    to: &'w mut (dyn Write + Send),
    style: Style,
    columns: Vec<Column>,
    page: Vec<Row>,
    /// The places of the columns that are shown, and their widths, once the first page settled them.
    layout: Option<Layout>,
}

struct Layout {
    places: Vec<usize>,
    widths: Vec<usize>,
    left_out: Vec<String>,
    /// Whether each column has its own line.
    vertical: bool,
    /// Bars after the last column, if they are requested and fit.
    bars: Option<Bars>,
}

/// Bars for the numbers of one column.
struct Bars {
    place: usize,
    largest: f64,
    room: usize,
}

impl<'w> Table<'w> {
    pub(super) fn new(to: &'w mut (dyn Write + Send), style: Style) -> Self {
        Self { to, style, columns: Vec::new(), page: Vec::new(), layout: None }
    }

    fn print_page(&mut self) -> io::Result<()> {
        let page = std::mem::take(&mut self.page);
        let texts = |row: &Row| {
            row.iter().zip(&self.columns).map(|(value, column)| self.style.text(column.column_type, value)).collect()
        };
        let cells: Vec<Vec<String>> = page.iter().map(texts).collect();
        let is_first = self.layout.is_none();
        let layout = self.layout.get_or_insert_with(|| settle(&self.columns, &page, &cells, &self.style));
        if layout.vertical {
            return print_vertical(self.to, &self.columns, layout, &cells, is_first);
        }
        layout.widen(&cells);
        if is_first {
            print_headings(self.to, &self.columns, layout, &self.style)?;
        }
        for (row, cells) in page.iter().zip(&cells) {
            print_row(self.to, &self.columns, layout, row, cells, &self.style)?;
        }
        Ok(())
    }
}

impl Layout {
    /// Makes room for the cells of a later page.
    fn widen(&mut self, cells: &[Vec<String>]) {
        for (place, widest) in self.places.iter().zip(&mut self.widths) {
            *widest = cells.iter().map(|row| width(&row[*place])).fold(*widest, usize::max);
        }
    }
}

fn print_headings(to: &mut dyn Write, columns: &[Column], layout: &Layout, style: &Style) -> io::Result<()> {
    let cells = layout.places.iter().zip(&layout.widths).map(|(place, cells)| {
        let column = &columns[*place];
        let painted = if style.colour { column.heading.bold().to_string() } else { column.heading.clone() };
        aligned_as(&painted, &column.heading, *cells, Align::of(column))
    });
    print_line(to, &cells.collect::<Vec<_>>().join(&" ".repeat(GAP)))
}

fn print_row(
    to: &mut dyn Write,
    columns: &[Column],
    layout: &Layout,
    row: &Row,
    cells: &[String],
    style: &Style,
) -> io::Result<()> {
    let mut line = String::new();
    for (place, cells_wide) in layout.places.iter().zip(&layout.widths) {
        let text = &cells[*place];
        line.push_str(&aligned_as(&style.painted(&row[*place], text), text, *cells_wide, Align::of(&columns[*place])));
        line.push_str(&" ".repeat(GAP));
    }
    if let Some(bars) = &layout.bars {
        line.push_str(&bars.of(row));
    }
    print_line(to, &line)
}

fn print_line(to: &mut dyn Write, line: &str) -> io::Result<()> {
    writeln!(to, "{}", line.trim_end())
}

impl Bars {
    const WIDEST: usize = 24;
    const NARROWEST: usize = 4;

    /// Returns the bars of the last column, if it is a measure, in the width that is left after `used` cells.
    fn settle(columns: &[Column], places: &[usize], page: &[Row], used: usize, style: &Style) -> Option<Self> {
        let place = *places.last()?;
        let room = style.width.map_or(Self::WIDEST, |width| width.saturating_sub(used)).min(Self::WIDEST);
        let largest = page.iter().map(|row| number(&row[place])).fold(0.0, f64::max);
        let has_bars = style.bars && columns[place].column_type.is_measure() && room >= Self::NARROWEST;
        has_bars.then_some(Self { place, largest, room })
    }

    fn of(&self, row: &Row) -> String {
        bar(number(&row[self.place]), self.largest, self.room)
    }
}

impl Style {
    /// Returns a value's text with its colour.
    fn painted(&self, value: &Value, text: &str) -> String {
        match value {
            Value::Text(word) if self.colour && word == "REJECT" => text.red().to_string(),
            Value::Text(word) if self.colour && word == "ACCEPT" => text.green().to_string(),
            _ => text.to_string(),
        }
    }
}

/// Prints a line for each column, and a ruler between rows.
fn print_vertical(
    to: &mut dyn Write,
    columns: &[Column],
    layout: &Layout,
    cells: &[Vec<String>],
    is_first: bool,
) -> io::Result<()> {
    let names = || layout.places.iter().map(|place| &columns[*place].heading);
    let widest = names().map(|name| width(name)).max().unwrap_or(0);
    for (number, row) in cells.iter().enumerate() {
        if number > 0 || !is_first {
            writeln!(to, "{}", "─".repeat(RULER))?;
        }
        for (name, place) in names().zip(&layout.places) {
            writeln!(to, "{}{:GAP$}{}", aligned(name, widest, Align::Left), "", row[*place])?;
        }
    }
    Ok(())
}

/// Returns the place of the column to leave out first, if any: the last of the least needed ones.
fn least_needed(columns: &[Column], places: &[usize]) -> Option<usize> {
    let need = |at: &usize| columns[places[*at]].need;
    (0..places.len()).filter(|at| need(at) < Need::Essential).rev().min_by_key(need)
}

/// Returns the columns that fit, and their widths.
fn settle(columns: &[Column], page: &[Row], cells: &[Vec<String>], style: &Style) -> Layout {
    let width_of = |place: usize| {
        let widest = cells.iter().map(|row| width(&row[place])).max().unwrap_or(0);
        widest.max(width(&columns[place].heading))
    };
    let mut places: Vec<usize> = (0..columns.len()).filter(|place| columns[*place].need != Need::Hidden).collect();
    let mut left_out = Vec::new();
    let total = |places: &[usize]| places.iter().map(|place| width_of(*place) + GAP).sum::<usize>().saturating_sub(GAP);
    let vertical = style.vertical && style.width.is_some_and(|terminal| total(&places) > terminal);
    if let Some(terminal) = style.width.filter(|_| !vertical) {
        while places.len() > 1 && total(&places) > terminal {
            let Some(least) = least_needed(columns, &places) else { break };
            left_out.push(places.remove(least));
        }
    }
    left_out.sort_unstable();
    let widths: Vec<usize> = places.iter().map(|place| width_of(*place)).collect();
    let bars = Bars::settle(columns, &places, page, widths.iter().map(|width| width + GAP).sum(), style);
    Layout {
        bars,
        places,
        widths,
        vertical,
        left_out: left_out.iter().map(|place| columns[*place].heading.clone()).collect(),
    }
}

impl RowSink for Table<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.columns = columns.iter().map(shown).collect();
        Ok(())
    }

    fn rows(&mut self, rows: Vec<Row>) -> io::Result<()> {
        // Bars are scaled by the largest number of all rows, so they wait for the last row.
        let page_rows = if self.style.bars { usize::MAX } else { PAGE_ROWS };
        for row in rows {
            self.page.push(row);
            if self.page.len() >= page_rows {
                self.print_page()?;
            }
        }
        Ok(())
    }
}

impl Output for Table<'_> {
    fn finish(&mut self) -> io::Result<()> {
        if self.layout.is_none() || !self.page.is_empty() {
            self.print_page()?;
        }
        self.to.flush()
    }

    fn remark(&self) -> Option<String> {
        let layout = self.layout.as_ref().filter(|layout| !layout.left_out.is_empty())?;
        let width = self.style.width.unwrap_or_default();
        Some(format!(
            "left out to fit {width} columns: {} (`show` chooses columns, `--output json` has all)",
            layout.left_out.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::value::ColumnType;

    /// Returns the text of a table, and its remark.
    fn printed(columns: &[Column], rows: Vec<Row>, style: Style) -> (String, Option<String>) {
        let mut to = Vec::new();
        let mut table = Table::new(&mut to, style);
        table.columns(columns).unwrap();
        table.rows(rows).unwrap();
        table.finish().unwrap();
        let remark = table.remark();
        drop(table);
        (String::from_utf8(to).unwrap(), remark)
    }

    fn style(width: usize) -> Style {
        Style::plain(Some(width), TimeZone::UTC)
    }

    fn column(name: &str, column_type: ColumnType, need: Need) -> Column {
        Column { need, ..Column::new(name, column_type) }
    }

    fn counts(numbers: impl IntoIterator<Item = i64>) -> Vec<Row> {
        numbers.into_iter().map(|number| vec![Value::Int(number)]).collect()
    }

    #[test]
    fn bars_are_drawn_to_the_largest_number_of_all_rows() {
        let columns = [column("bytes", ColumnType::BYTES, Need::Essential)];
        let bars = Style { bars: true, ..style(80) };
        // The largest comes after the first page.
        let (text, _) = printed(&columns, counts((1..=1_500).chain([i64::MAX])), bars);
        let widest = text.lines().map(width).max();
        // 19 digits, 2 blanks, 24 cells of bar.
        assert_eq!(widest, Some(45));
        let full = text.lines().filter(|line| line.contains(&"█".repeat(24))).count();
        assert_eq!((text.lines().count(), full), (1_502, 1));
    }

    #[test]
    fn a_long_answer_is_printed_in_pages() {
        let columns = [column("bytes", ColumnType::BYTES, Need::Essential)];
        let mut to = Vec::new();
        let mut table = Table::new(&mut to, style(80));
        table.columns(&columns).unwrap();
        table.rows(counts(0..2_500)).unwrap();
        assert_eq!(table.page.len(), 500);
        drop(table);
        assert_eq!(String::from_utf8(to).unwrap().lines().count(), 2_001);
    }

    #[test]
    fn columns_are_as_wide_as_they_are_displayed() {
        let columns =
            [column("name", ColumnType::Text, Need::Usual), column("flows", ColumnType::COUNT, Need::Essential)];
        let names = ["東京", "e\u{301}e\u{301}", "web 🚀", "a"];
        let rows: Vec<Row> = names.iter().map(|name| vec![Value::Text((*name).into()), Value::Int(7)]).collect();
        // The widest name takes 6 cells.
        let expected = "NAME    FLOWS\n東京        7\ne\u{301}e\u{301}          7\nweb 🚀      7\na           7\n";
        assert_eq!(printed(&columns, rows.clone(), style(80)).0, expected);
        // 13 cells fit; a narrower table has a line per column.
        assert_eq!(printed(&columns, rows.clone(), style(13)), (expected.to_string(), None));
        let vertical = Style { vertical: true, ..style(9) };
        let (text, _) =
            printed(&[columns[0].clone(), Column { heading: "流".into(), ..columns[1].clone() }], rows, vertical);
        assert_eq!(
            text.lines().take(3).collect::<Vec<_>>(),
            ["NAME  東京", "流    7", "────────────────────────────────────────"]
        );
    }

    #[test]
    fn headings_do_not_move_the_cursor() {
        let columns = [column("a\u{1b}[2Jb", ColumnType::Text, Need::Usual)];
        assert_eq!(printed(&columns, Vec::new(), style(80)).0, "A\\u{1b}[2JB\n");
    }

    #[test]
    fn the_least_needed_columns_are_left_out_first_and_the_essential_one_never() {
        let columns = [
            column("one", ColumnType::Text, Need::Expendable(2)),
            column("two", ColumnType::Text, Need::Expendable(0)),
            column("three", ColumnType::Text, Need::Expendable(0)),
            column("flows", ColumnType::COUNT, Need::Essential),
            column("bytes", ColumnType::BYTES, Need::Expendable(1)),
            column("eni", ColumnType::Text, Need::Hidden),
        ];
        let headings = |width| {
            let row =
                vec![Value::word("a"), Value::word("b"), Value::word("c"), Value::Int(1), Value::Int(2), Value::Absent];
            let (text, _) = printed(&columns, vec![row], style(width));
            text.lines().next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        // The widths of the headings, with 2 blanks between them: 3+2+3+2+5+2+5+2+5 = 29.
        assert_eq!(headings(29), "ONE TWO THREE FLOWS BYTES");
        assert_eq!(headings(28), "ONE TWO FLOWS BYTES");
        assert_eq!(headings(21), "ONE FLOWS BYTES");
        assert_eq!(headings(16), "ONE FLOWS");
        assert_eq!(headings(9), "FLOWS");
        assert_eq!(headings(1), "FLOWS");
    }
}
