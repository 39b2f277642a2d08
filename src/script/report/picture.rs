//! Pictures of rows, as SVG inside of the page.

use std::f64::consts::TAU;

use rhai::EvalAltResult;

use super::html::{escaped, push, shown};
use crate::script::error::thrown;
use crate::value::{Column, Row, Rows, Value, time_utc};

type Thrown = Box<EvalAltResult>;

const WIDTH: f64 = 900.0;

/// The place of the first column whose values are such.
fn column(rows: &Rows, is_such: impl Fn(&Value) -> bool) -> Option<usize> {
    (0..rows.columns.len()).find(|place| rows.rows.iter().all(|row| is_such(&row[*place])))
}

fn needed(column: Option<usize>, what: &str) -> Result<usize, Thrown> {
    column.ok_or_else(|| thrown("option", &format!("the chart needs a column of {what}"), None))
}

const fn is_time(value: &Value) -> bool {
    matches!(value, Value::Time(_))
}

/// The place of the first column that is a measure.
fn measure(rows: &Rows) -> Result<usize, Thrown> {
    needed(rows.columns.iter().position(|column| column.column_type.is_measure()), "numbers")
}

#[allow(clippy::cast_precision_loss, reason = "a picture has no 53 bits")]
fn number(value: &Value) -> f64 {
    match value {
        Value::Int(number) | Value::Time(number) => *number as f64,
        Value::Float(number) => *number,
        _ => 0.0,
    }
}

fn largest(rows: &Rows, place: usize) -> f64 {
    rows.rows.iter().map(|row| number(&row[place])).fold(0.0, f64::max).max(f64::MIN_POSITIVE)
}

/// A share of the whole, 0 to 1.
fn share(value: f64, first: f64, last: f64) -> f64 {
    if last > first { (value - first) / (last - first) } else { 0.5 }
}

/// Returns the label of a row: its columns that are not measures.
fn label(columns: &[Column], row: &Row) -> String {
    let parts = columns.iter().zip(row).filter(|(column, _)| !column.column_type.is_measure());
    parts.map(|(_, value)| shown(value)).collect::<Vec<_>>().join(" ")
}

/// A number over time.
pub(super) fn line(rows: &Rows) -> Result<String, Thrown> {
    const HEIGHT: f64 = 240.0;
    const LEFT: f64 = 90.0;
    const BOTTOM: f64 = 210.0;
    let time = needed(column(rows, is_time), "times")?;
    let value = measure(rows)?;
    let mut points: Vec<(f64, f64)> = rows.rows.iter().map(|row| (number(&row[time]), number(&row[value]))).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let top = largest(rows, value);
    let at = |(x, y): &(f64, f64)| {
        format!(
            "{:.1},{:.1}",
            LEFT + share(*x, first, last) * (WIDTH - LEFT - 10.0),
            BOTTOM - y / top * (BOTTOM - 20.0)
        )
    };
    let path: Vec<String> = points.iter().map(at).collect();
    let times: Vec<&Value> = {
        let mut times: Vec<&Value> = rows.rows.iter().map(|row| &row[time]).collect();
        times.sort_by(|a, b| a.compare(b));
        times
    };
    let name = escaped(&rows.columns[value].name.replace('_', " "));
    Ok(format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name} over time\">\
         <line class=\"axis\" x1=\"{LEFT}\" y1=\"{BOTTOM}\" x2=\"{WIDTH}\" y2=\"{BOTTOM}\"/>\
         <text class=\"faint\" x=\"{label_x}\" y=\"24\" text-anchor=\"end\">{largest}</text>\
         <text class=\"faint\" x=\"{label_x}\" y=\"{BOTTOM}\" text-anchor=\"end\">0</text>\
         <text x=\"{LEFT}\" y=\"12\">{name}</text>\
         <text class=\"faint\" x=\"{LEFT}\" y=\"230\">{from}</text>\
         <text class=\"faint\" x=\"{WIDTH}\" y=\"230\" text-anchor=\"end\">{until}</text>\
         <polyline class=\"line\" points=\"{points}\"/></svg>\n",
        label_x = LEFT - 8.0,
        largest = compact(top),
        from = clock(times.first()),
        until = clock(times.last()),
        points = path.join(" "),
    ))
}

fn clock(time: Option<&&Value>) -> String {
    match time {
        Some(Value::Time(seconds)) => time_utc(*seconds),
        _ => String::new(),
    }
}

/// A number in few letters.
fn compact(number: f64) -> String {
    let scaled = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")].into_iter().find(|(size, _)| number >= *size);
    match scaled {
        Some((size, unit)) => format!("{:.1}{unit}", number / size),
        None => format!("{number:.0}"),
    }
}

/// A bar for each row.
pub(super) fn bars(rows: &Rows) -> Result<String, Thrown> {
    const LINE: f64 = 24.0;
    const RIGHT: f64 = 90.0;
    let value = measure(rows)?;
    let top = largest(rows, value);
    let labels: Vec<String> = rows.rows.iter().map(|row| label(&rows.columns, row)).collect();
    let left = room_of(&labels);
    let height = rows.rows.iter().map(|_| LINE).sum::<f64>() + 4.0;
    let name = escaped(&rows.columns[value].name.replace('_', " "));
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{name}\">");
    let mut y = 0.0;
    for (row, label) in rows.rows.iter().zip(&labels) {
        let width = number(&row[value]) / top * (WIDTH - left - RIGHT);
        push(
            &mut svg,
            format_args!(
                "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
                 <rect class=\"bar\" x=\"{left}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"16\" rx=\"2\"/>\
                 <text class=\"faint\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                left - 8.0,
                y + 16.0,
                escaped(label),
                y + 4.0,
                left + width + 6.0,
                y + 16.0,
                compact(number(&row[value])),
            ),
        );
        y += LINE;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// The room that labels take at the left, where letters are about as wide as they are.
fn room_of(labels: &[String]) -> f64 {
    const LETTER: f64 = 7.0;
    const WIDEST: f64 = 400.0;
    labels.iter().map(|label| label.chars().map(|_| LETTER).sum::<f64>() + 16.0).fold(0.0, f64::max).min(WIDEST)
}

/// Draws who talks to whom: names on a circle, and a line for each pair, as thick as its traffic.
pub(super) fn pairs(rows: &Rows) -> Result<String, Thrown> {
    const SIZE: f64 = 450.0;
    const RADIUS: f64 = 190.0;
    const THICKEST: f64 = 12.0;
    let value = measure(rows)?;
    let ends: Vec<usize> = (0..rows.columns.len()).filter(|place| *place != value).take(2).collect();
    let [from, to] = ends[..] else {
        return Err(thrown("option", "the chart needs two columns of names", None));
    };
    let mut names: Vec<String> = rows.rows.iter().flat_map(|row| [shown(&row[from]), shown(&row[to])]).collect();
    names.sort();
    names.dedup();
    #[allow(clippy::cast_precision_loss, reason = "a page has few names")]
    let angle = |place: usize| place as f64 / names.len() as f64 * TAU - TAU / 4.0;
    let centre = (WIDTH / 2.0, SIZE / 2.0);
    let at = |name: &str, radius: f64| {
        let place = names.iter().position(|known| known == name).unwrap_or_default();
        (centre.0 + radius * angle(place).cos(), centre.1 + radius * angle(place).sin())
    };
    let top = largest(rows, value);
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {SIZE}\" role=\"img\" aria-label=\"who talks to whom\">");
    for row in &rows.rows {
        let (a, b) = (at(&shown(&row[from]), RADIUS), at(&shown(&row[to]), RADIUS));
        let width = (number(&row[value]) / top * THICKEST).max(0.6);
        push(
            &mut svg,
            format_args!(
                "<path class=\"edge\" stroke-width=\"{width:.1}\" d=\"M{:.1},{:.1} Q{:.1},{:.1} {:.1},{:.1}\"><title>{} to {}: {}</title></path>",
                a.0,
                a.1,
                centre.0,
                centre.1,
                b.0,
                b.1,
                escaped(&shown(&row[from])),
                escaped(&shown(&row[to])),
                compact(number(&row[value])),
            ),
        );
    }
    for name in &names {
        let (node, text) = (at(name, RADIUS), at(name, RADIUS + 14.0));
        let anchor = if text.0 < centre.0 - 1.0 { "end" } else { "start" };
        push(
            &mut svg,
            format_args!(
                "<circle class=\"node\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
                node.0,
                node.1,
                text.0,
                text.1 + 4.0,
                escaped(name),
            ),
        );
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}
