//! The table for people: the Go tool's look, in the width there is.
//!
//! Rows are printed in pages, so that a long answer streams; the first page settles the widths.
//! Columns that do not fit are left out whole, never cut inside, and named in the remark; or every row
//! has a line a column.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Width, presets};
use owo_colors::OwoColorize;

use super::chart::{bar, number};
use super::{Output, Style, display, shown};
use crate::value::{Column, ColumnType, Row, RowSink, Value};

/// Rows that are held back to settle widths; more than anyone reads at once.
const PAGE_ROWS: usize = 1_000;

/// Blanks between columns, as the Go tool has them.
const GAP: usize = 2;

/// The ruler between rows that have a line a column.
const RULER: usize = 40;

/// Columns that are left out first where the terminal is narrow: they repeat what others say, or
/// matter in special cases. Behind them the last columns go first.
const EXPENDABLE: [&str; 7] = ["pkt_src_addr", "pkt_dst_addr", "flags", "packets", "src_port", "bytes", "dir"];

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
    /// Every column has a line of its own.
    vertical: bool,
    /// Bars behind the last column, if they are wanted and fit.
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
        let cells: Vec<Vec<String>> =
            page.iter().map(|row| row.iter().map(|value| display(value, &self.style.zone)).collect()).collect();
        let is_first = self.layout.is_none();
        let layout = self.layout.get_or_insert_with(|| settle(&self.columns, &page, &cells, &self.style));
        if layout.vertical {
            return print_vertical(self.to, &self.columns, layout, &cells, is_first);
        }
        let mut table = comfy_table::Table::new();
        table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if is_first {
            let headings = layout.places.iter().map(|place| {
                let heading = self.columns[*place].heading.clone();
                if self.style.colour { Cell::new(heading.bold()) } else { Cell::new(heading) }
            });
            table.set_header(headings.collect::<Vec<_>>());
        }
        for (row, cells) in page.iter().zip(&cells) {
            table.add_row(
                layout.places.iter().map(|place| self.style.cell(&row[*place], &cells[*place])).collect::<Vec<_>>(),
            );
        }
        for (column, (place, width)) in table.column_iter_mut().zip(layout.places.iter().zip(&layout.widths)) {
            let is_number = self.columns[*place].column_type == ColumnType::Number;
            column.set_cell_alignment(if is_number { CellAlignment::Right } else { CellAlignment::Left });
            column.set_padding((0, u16::try_from(GAP).unwrap_or(2)));
            let width = u16::try_from(width + GAP).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
        }
        let mut rows = page.iter();
        for (number, line) in table.lines().enumerate() {
            let bar = match &layout.bars {
                Some(bars) if number > 0 || !is_first => rows.next().map(|row| bars.of(row)),
                _ => None,
            };
            writeln!(self.to, "{}", format!("{line}{}", bar.unwrap_or_default()).trim_end())?;
        }
        Ok(())
    }
}

impl Bars {
    const WIDEST: usize = 24;
    const NARROWEST: usize = 4;

    /// Those of the last column, in what the width leaves behind `used` cells.
    fn settle(places: &[usize], page: &[Row], used: usize, style: &Style) -> Option<Self> {
        let place = *places.last()?;
        let room = style.width.map_or(Self::WIDEST, |width| width.saturating_sub(used)).min(Self::WIDEST);
        let largest = page.iter().map(|row| number(&row[place])).fold(0.0, f64::max);
        (style.bars && room >= Self::NARROWEST).then_some(Self { place, largest, room })
    }

    fn of(&self, row: &Row) -> String {
        bar(number(&row[self.place]), self.largest, self.room)
    }
}

impl Style {
    fn cell(&self, value: &Value, text: &str) -> Cell {
        match value {
            Value::Text(word) if self.colour && word == "REJECT" => Cell::new(text.red()),
            Value::Text(word) if self.colour && word == "ACCEPT" => Cell::new(text.green()),
            _ => Cell::new(text),
        }
    }
}

/// A line for each column, and a ruler between rows.
fn print_vertical(
    to: &mut dyn Write,
    columns: &[Column],
    layout: &Layout,
    cells: &[Vec<String>],
    is_first: bool,
) -> io::Result<()> {
    let names = || layout.places.iter().map(|place| &columns[*place].heading);
    let widest = names().map(|name| name.chars().count()).max().unwrap_or(0);
    for (number, row) in cells.iter().enumerate() {
        if number > 0 || !is_first {
            writeln!(to, "{}", "─".repeat(RULER))?;
        }
        for (name, place) in names().zip(&layout.places) {
            writeln!(to, "{name:widest$}{:GAP$}{}", "", row[*place])?;
        }
    }
    Ok(())
}

/// Which columns fit, and how wide each is.
fn settle(columns: &[Column], page: &[Row], cells: &[Vec<String>], style: &Style) -> Layout {
    let width_of = |place: usize| {
        let widest = cells.iter().map(|row| row[place].chars().count()).max().unwrap_or(0);
        widest.max(columns[place].heading.chars().count())
    };
    let mut places: Vec<usize> = (0..columns.len()).filter(|p| !style.hidden.contains(&columns[*p].name)).collect();
    let mut left_out = Vec::new();
    let total = |places: &[usize]| places.iter().map(|place| width_of(*place) + GAP).sum::<usize>().saturating_sub(GAP);
    let vertical = style.vertical && style.width.is_some_and(|terminal| total(&places) > terminal);
    if let Some(terminal) = style.width.filter(|_| !vertical) {
        while places.len() > 1 && total(&places) > terminal {
            let expendable =
                EXPENDABLE.iter().find_map(|name| places.iter().position(|place| columns[*place].name == *name));
            left_out.push(places.remove(expendable.unwrap_or(places.len() - 1)));
        }
    }
    left_out.sort_unstable();
    let widths: Vec<usize> = places.iter().map(|place| width_of(*place)).collect();
    let bars = Bars::settle(&places, page, widths.iter().map(|width| width + GAP).sum(), style);
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
        for row in rows {
            self.page.push(row);
            if self.page.len() >= PAGE_ROWS {
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
