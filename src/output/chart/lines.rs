//! Lines over time: one, or one for each of the largest values of the further keys, with a legend.

use std::collections::BTreeMap;
use std::io::{self, Write};

use owo_colors::{AnsiColors, OwoColorize};

use super::super::style::Style;
use super::super::width::{Align, aligned, shortened, width};
use super::canvas::{Canvas, Point, ROWS};
use super::parts::{DEFAULT_WIDTH, Parts, number};
use crate::value::{ColumnType, EpochSeconds, Row, Value, time_in};

/// The most lines of a chart, including the one for the rest: as many as there are distinct colours.
const MOST_LINES: usize = 6;

/// The colours and the marks of lines, the largest first.
const COLOURS: [AnsiColors; MOST_LINES] =
    [AnsiColors::Cyan, AnsiColors::Yellow, AnsiColors::Magenta, AnsiColors::Green, AnsiColors::Blue, AnsiColors::Red];
const MARKS: [char; MOST_LINES] = ['a', 'b', 'c', 'd', 'e', 'f'];

/// The narrowest room for lines, however wide the scale is.
const NARROWEST: usize = 10;

/// Blanks between the scale and the lines, and between the entries of the legend.
const GAP: usize = 2;

pub(super) struct Lines {
    parts: Parts,
    axis: usize,
    /// The length of the bins, if the axis has bins.
    bin_s: Option<i64>,
    /// The points of each series, by the text of its further keys.
    points: BTreeMap<String, Vec<Point>>,
    /// The number of rows without a time.
    timeless: usize,
}

/// The points of one line, in order.
struct Series {
    label: String,
    points: Vec<Point>,
}

impl Lines {
    pub(super) fn new(mut parts: Parts, axis: usize, axis_type: ColumnType) -> Self {
        parts.keys.retain(|key| *key != axis);
        let bin_s = if let ColumnType::Bin { width_s } = axis_type { Some(width_s) } else { None };
        Self { parts, axis, bin_s, points: BTreeMap::new(), timeless: 0 }
    }

    /// Adds rows. A row without a time is not drawn; one without a value is a gap.
    pub(super) fn add(&mut self, rows: &[Row], style: &Style) {
        for row in rows {
            let value = &row[self.parts.measure];
            match row[self.axis] {
                Value::Time(_) if *value == Value::Absent => {}
                Value::Time(time) => {
                    let label = self.parts.label(row, style);
                    self.points.entry(label).or_default().push((time, number(value)));
                }
                _ => self.timeless += 1,
            }
        }
    }

    /// Returns whether the values of several series may be added, so that a missing row means 0.
    const fn adds_up(&self) -> bool {
        matches!(self.parts.column_type, ColumnType::Measure { adds_up: true, .. })
    }

    /// Returns the series that are drawn, the largest first, and how many are not.
    fn series(&self) -> (Vec<Series>, usize) {
        let mut series: Vec<Series> = self.points.iter().map(|(label, points)| Series::new(label, points)).collect();
        let size = |series: &Series| if self.adds_up() { series.total() } else { series.peak() };
        series.sort_by(|a, b| size(b).total_cmp(&size(a)));
        if series.len() <= MOST_LINES {
            return (series, 0);
        }
        if !self.adds_up() {
            let left_out = series.len() - MOST_LINES;
            series.truncate(MOST_LINES);
            return (series, left_out);
        }
        let rest = series.split_off(MOST_LINES - 1);
        series.push(Series::other(&rest));
        (series, 0)
    }

    pub(super) fn draw(&self, to: &mut dyn Write, style: &Style) -> io::Result<()> {
        let (series, _) = self.series();
        let times = || series.iter().flat_map(|series| series.points.iter().map(|(time, _)| *time));
        let Some((first, last)) = times().min().zip(times().max()) else {
            return writeln!(to, "{}", self.parts.heading);
        };
        let largest = series.iter().map(Series::peak).fold(0.0, f64::max);
        let top = style.text(self.parts.column_type, &Value::Float(largest));
        let margin = width(&top);
        let room = style.width.unwrap_or(DEFAULT_WIDTH).saturating_sub(margin + GAP).max(NARROWEST);
        let indent = " ".repeat(margin + GAP);
        writeln!(to, "{indent}{}", self.parts.heading)?;
        let mut canvas = Canvas::new(room, first, last, largest);
        let step = self.bin_s.unwrap_or_else(|| shortest_step(&series));
        let has_zeros = self.bin_s.is_some() && self.adds_up();
        for (line, series) in series.iter().enumerate() {
            if has_zeros {
                canvas.draw(line, &with_zeros(&series.points, step, first, last), i64::MAX);
            } else {
                canvas.draw(line, &series.points, step);
            }
        }
        if !self.parts.keys.is_empty() {
            canvas.mark(series.len());
        }
        print_canvas(to, &canvas, &top, style)?;
        print_axis(to, &indent, room, [first, last], style)?;
        if self.parts.keys.is_empty() { Ok(()) } else { print_legend(to, &indent, room, &series, style) }
    }

    pub(super) fn remark(&self) -> Option<String> {
        let (_, left_out) = self.series();
        let more = if left_out == 1 { "line is" } else { "lines are" };
        let lines =
            (left_out > 0).then(|| format!("{left_out} more {more} not drawn: their values cannot be added into one"));
        let row = if self.timeless == 1 { "row without a time is" } else { "rows without a time are" };
        let rows = (self.timeless > 0).then(|| format!("{} {row} not drawn", self.timeless));
        let remarks: Vec<String> = lines.into_iter().chain(rows).collect();
        (!remarks.is_empty()).then(|| remarks.join("; "))
    }
}

impl Series {
    fn new(label: &str, points: &[Point]) -> Self {
        let mut points = points.to_vec();
        points.sort_by_key(|(time, _)| *time);
        Self { label: label.into(), points }
    }

    /// Returns the sum of several series.
    fn other(rest: &[Self]) -> Self {
        let mut sums: BTreeMap<EpochSeconds, f64> = BTreeMap::new();
        for (time, value) in rest.iter().flat_map(|series| &series.points) {
            *sums.entry(*time).or_default() += value;
        }
        Self { label: format!("other ({} more)", rest.len()), points: sums.into_iter().collect() }
    }

    fn total(&self) -> f64 {
        self.points.iter().map(|(_, value)| value).sum()
    }

    fn peak(&self) -> f64 {
        self.points.iter().map(|(_, value)| *value).fold(0.0, f64::max)
    }
}

/// Returns the shortest time between two points of one series.
fn shortest_step(series: &[Series]) -> i64 {
    let steps = series.iter().flat_map(|series| series.points.windows(2).map(|pair| pair[1].0 - pair[0].0));
    steps.filter(|step| *step > 0).min().unwrap_or(1)
}

/// Returns the points, with zeros for the missing bins between `first` and `last`. A gap gets zeros only at its ends,
/// so that few points stay few.
fn with_zeros(points: &[Point], step: i64, first: EpochSeconds, last: EpochSeconds) -> Vec<Point> {
    let mut filled: Vec<Point> = Vec::with_capacity(points.len());
    let mut next = first;
    for point in points {
        push_zeros(&mut filled, next, point.0 - step);
        filled.push(*point);
        next = point.0 + step;
    }
    push_zeros(&mut filled, next, last);
    filled
}

/// Appends zeros for the bins from one to another, both included, if there are any.
fn push_zeros(points: &mut Vec<Point>, from: EpochSeconds, to: EpochSeconds) {
    if from <= to {
        points.push((from, 0.0));
    }
    if from < to {
        points.push((to, 0.0));
    }
}

fn painted(text: &str, line: usize, style: &Style) -> String {
    match COLOURS.get(line) {
        Some(colour) if style.colour => text.color(*colour).to_string(),
        _ => text.to_string(),
    }
}

/// Prints the lines, with the scale in front: the largest value at the top, 0 at the bottom.
fn print_canvas(to: &mut dyn Write, canvas: &Canvas, top: &str, style: &Style) -> io::Result<()> {
    let margin = width(top);
    for (row, runs) in canvas.rows(&MARKS).enumerate() {
        let label = match row {
            0 => top,
            row if row + 1 == ROWS => "0",
            _ => "",
        };
        let line: String = runs.iter().map(|(line, text)| painted(text, *line, style)).collect();
        writeln!(to, "{}{:GAP$}{line}", aligned(label, margin, Align::Right), "")?;
    }
    Ok(())
}

/// Prints the first and the last time under the ends of the lines.
fn print_axis(to: &mut dyn Write, indent: &str, room: usize, ends: [EpochSeconds; 2], style: &Style) -> io::Result<()> {
    let [first, last] = ends.map(|time| time_in(time, &style.zone));
    let between = room.saturating_sub(width(&first) + width(&last)).max(GAP);
    writeln!(to, "{indent}{first}{:between$}{last}", "")
}

/// Prints the legend, in as many lines of text as it takes.
fn print_legend(to: &mut dyn Write, indent: &str, room: usize, series: &[Series], style: &Style) -> io::Result<()> {
    let mut taken = 0;
    for (line, series) in series.iter().enumerate() {
        let entry = shortened(&format!("{} {}", MARKS[line], series.label), room);
        let cells = width(&entry);
        if taken == 0 {
            write!(to, "{indent}")?;
        } else if taken + GAP + cells > room {
            write!(to, "\n{indent}")?;
            taken = 0;
        } else {
            write!(to, "{:GAP$}", "")?;
            taken += GAP;
        }
        write!(to, "{}", painted(&entry, line, style))?;
        taken += cells;
    }
    writeln!(to)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::super::super::{Format, output};
    use super::*;
    use crate::value::{Column, Unit};

    const BIN: ColumnType = ColumnType::Bin { width_s: 60 };
    const LARGEST: ColumnType = ColumnType::Measure { unit: Unit::Bytes, adds_up: false };

    /// Returns the text of a chart, and its remark.
    fn printed(columns: &[Column], rows: Vec<Row>, style: Style) -> (String, Option<String>) {
        let mut to = Vec::new();
        let mut chart = output(Format::Chart, style, &mut to);
        chart.columns(columns).unwrap();
        chart.rows(rows).unwrap();
        chart.finish().unwrap();
        let remark = chart.remark();
        drop(chart);
        (String::from_utf8(to).unwrap(), remark)
    }

    fn style() -> Style {
        Style::plain(Some(80), TimeZone::UTC)
    }

    fn columns(measure: ColumnType) -> [Column; 3] {
        [Column::new("bin", BIN), Column::new("name", ColumnType::Text), Column::new("measure", measure)]
    }

    fn row(minute: i64, name: &str, value: i64) -> Row {
        vec![Value::Time(minute * 60), Value::Text(name.into()), Value::Int(value)]
    }

    /// The rows of ten names over this many minutes; the values of each name are ten times those of the next.
    fn ten_names(minutes: i64) -> Vec<Row> {
        let names = ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"];
        let row_of = |minute, place: usize| row(minute, names[place], 10_i64.pow(9 - u32::try_from(place).unwrap()));
        (0..minutes).flat_map(|minute| (0..names.len()).map(move |place| row_of(minute, place))).collect()
    }

    #[test]
    fn further_keys_have_a_line_each_and_the_rest_is_other() {
        let (text, remark) = printed(&columns(ColumnType::COUNT), ten_names(30), style());
        let lines: Vec<&str> = text.lines().collect();
        // The heading, the lines, the times and the legend.
        assert_eq!(lines.len(), 1 + super::ROWS + 1 + 1, "{text}");
        assert_eq!(lines[12].trim(), "a n0  b n1  c n2  d n3  e n4  f other (5 more)");
        assert!(lines[1].starts_with("1000000000  "), "{text}");
        assert!(lines[11].contains("1970-01-01 00:00:00") && lines[11].ends_with("1970-01-01 00:29:00"), "{text}");
        assert!(lines.iter().all(|line| width(line) <= 80), "{text}");
        // All but the largest lie at the bottom, and can be told apart there.
        for mark in ["b", "c", "d", "e", "f"] {
            assert!(lines[9].contains(mark) || lines[10].contains(mark), "{mark}: {text}");
        }
        assert_eq!(remark, None);
    }

    #[test]
    fn the_rest_is_added_up_where_that_means_something() {
        let rows: Vec<Row> = ["a", "b", "c", "d", "e"].iter().map(|name| row(0, name, 10)).collect();
        let small: Vec<Row> = (0..30).map(|number| row(0, &format!("small {number}"), 1)).collect();
        let rows = [rows, small].concat();
        let (text, remark) = printed(&columns(ColumnType::BYTES), rows.clone(), style());
        // Thirty times one is more than ten.
        assert!(text.lines().nth(1).unwrap().starts_with("30  f"), "{text}");
        assert!(text.contains("other (30 more)"), "{text}");
        assert_eq!(remark, None);
        let (text, remark) = printed(&columns(LARGEST), rows, style());
        assert!(text.lines().nth(1).unwrap().starts_with("10  "), "{text}");
        assert!(!text.contains("other"), "{text}");
        assert_eq!(remark.unwrap(), "29 more lines are not drawn: their values cannot be added into one");
    }

    #[test]
    fn a_missing_bin_is_zero_for_what_adds_up_and_else_a_gap() {
        let rows = || vec![row(0, "x", 8), row(4, "x", 8), row(0, "y", 8), row(1, "y", 8), row(4, "y", 8)];
        let points = [(0, 8.0), (240, 8.0)];
        assert_eq!(with_zeros(&points, 60, 0, 240), [(0, 8.0), (60, 0.0), (180, 0.0), (240, 8.0)]);
        assert_eq!(with_zeros(&[(120, 8.0)], 60, 0, 180), [(0, 0.0), (60, 0.0), (120, 8.0), (180, 0.0)]);
        assert_eq!(with_zeros(&[(0, 1.0), (60, 1.0)], 60, 0, 60), [(0, 1.0), (60, 1.0)]);
        let bottom = |measure| {
            let (text, _) = printed(&columns(measure), rows(), style());
            text.lines().nth(super::ROWS).unwrap().to_string()
        };
        assert!(bottom(ColumnType::COUNT).trim_start_matches('0').contains(|c| c > '\u{2800}'));
        assert!(!bottom(LARGEST).contains(|c| c > '\u{2800}'));
    }

    #[test]
    fn lines_have_colours_and_marks() {
        let rows = vec![row(0, "x", 8), row(1, "x", 8), row(0, "y", 0), row(1, "y", 0)];
        let (text, _) = printed(&columns(ColumnType::COUNT), rows, Style { colour: true, ..style() });
        assert!(text.contains("\u{1b}[36ma x\u{1b}[39m") && text.contains("\u{1b}[33mb y\u{1b}[39m"), "{text:?}");
    }

    #[test]
    fn times_without_bins_are_one_line_and_rows_without_a_time_are_counted() {
        let columns = [Column::new("time", ColumnType::Time), Column::new("bytes", ColumnType::BYTES)];
        let point = |time, bytes| vec![time, Value::Int(bytes)];
        let rows = vec![point(Value::Time(60), 1), point(Value::Time(0), 3), point(Value::Absent, 9)];
        let (text, remark) = printed(&columns, rows, style());
        assert_eq!(text.lines().count(), 1 + super::ROWS + 1, "{text}");
        assert!(text.lines().nth(1).unwrap().starts_with("3  "), "{text}");
        assert_eq!(remark.unwrap(), "1 row without a time is not drawn");
        assert_eq!(printed(&columns, Vec::new(), style()), ("BYTES\n".to_string(), None));
    }

    #[test]
    fn a_long_legend_goes_on_in_the_next_line() {
        let long = "a-name-that-takes-half-of-a-line-and-more";
        let rows: Vec<Row> = ["1", "2", "3"].iter().map(|end| row(0, &format!("{long}{end}"), 1)).collect();
        let (text, _) = printed(&columns(ColumnType::COUNT), rows, style());
        assert!(text.ends_with(&format!("   a {long}1\n   b {long}2\n   c {long}3\n")), "{text}");
        let rows = vec![row(0, &"東".repeat(60), 1)];
        let (text, _) = printed(&columns(ColumnType::COUNT), rows, style());
        assert!(text.lines().all(|line| width(line) <= 80) && text.contains('…'), "{text}");
    }
}
