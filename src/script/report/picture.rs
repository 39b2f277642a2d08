//! Charts of rows, as SVG in the page.

use std::f64::consts::TAU;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rhai::EvalAltResult;

use super::html::{escaped, push, shown};
use crate::script::error::thrown;
use crate::value::{Column, Row, Rows, Value};

type Thrown = Box<EvalAltResult>;

const WIDTH: f64 = 900.0;

/// The index of the first column whose values all fulfil a condition.
fn column(rows: &Rows, is_such: impl Fn(&Value) -> bool) -> Option<usize> {
    (0..rows.columns.len()).find(|place| rows.rows.iter().all(|row| is_such(&row[*place])))
}

fn needed(column: Option<usize>, what: &str) -> Result<usize, Thrown> {
    column.ok_or_else(|| thrown("option", &format!("the chart needs a column of {what}"), None))
}

const fn is_time(value: &Value) -> bool {
    matches!(value, Value::Time(_))
}

/// The index of the first column that is a measure.
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

/// The position of a value between two others, 0 to 1.
fn share(value: f64, first: f64, last: f64) -> f64 {
    if last > first { (value - first) / (last - first) } else { 0.5 }
}

/// Returns the label of a row: its columns that are not measures.
fn label(columns: &[Column], row: &Row) -> String {
    let parts = columns.iter().zip(row).filter(|(column, _)| !column.column_type.is_measure());
    parts.map(|(_, value)| shown(value)).collect::<Vec<_>>().join(" ")
}

/// A line chart of a number over time, with axes and ticks; times are in `zone`.
pub(super) fn line(rows: &Rows, zone: &TimeZone) -> Result<String, Thrown> {
    const HEIGHT: f64 = 240.0;
    const LEFT: f64 = 90.0;
    const RIGHT: f64 = WIDTH - 20.0;
    const BOTTOM: f64 = 210.0;
    const TOP: f64 = 22.0;
    let time = needed(column(rows, is_time), "times")?;
    let value = measure(rows)?;
    let mut points: Vec<(f64, f64)> = rows.rows.iter().map(|row| (number(&row[time]), number(&row[value]))).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let ticks = value_ticks(largest(rows, value));
    let top = ticks[ticks.len() - 1];
    let x = |time: f64| LEFT + share(time, first, last) * (RIGHT - LEFT);
    let y = |value: f64| BOTTOM - value / top * (BOTTOM - TOP);
    let name = escaped(&rows.columns[value].name.replace('_', " "));
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name} over time\">");
    push(&mut svg, format_args!("<text x=\"{LEFT}\" y=\"12\">{name}</text>"));
    for tick in ticks {
        let (label, at) = (compact(tick), y(tick));
        push(
            &mut svg,
            format_args!(
                "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{RIGHT}\" y2=\"{at:.1}\"/>\
                 <text class=\"faint\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 8.0,
                at + 4.0
            ),
        );
    }
    for (tick, label) in time_ticks(first, last, zone) {
        push(
            &mut svg,
            format_args!("<text class=\"faint\" x=\"{:.1}\" y=\"230\" text-anchor=\"middle\">{label}</text>", x(tick)),
        );
    }
    let path: Vec<String> = points.iter().map(|(time, value)| format!("{:.1},{:.1}", x(*time), y(*value))).collect();
    push(&mut svg, format_args!("<polyline class=\"line\" points=\"{}\"/></svg>\n", path.join(" ")));
    Ok(svg)
}

/// Round numbers from 0 to at least the largest value, in steps of 1, 2 or 5 times a power of ten: at most four steps.
fn value_ticks(largest: f64) -> Vec<f64> {
    let power = 10_f64.powf((largest / 4.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| step * 4.0 >= largest);
    let step = step.unwrap_or(largest);
    let mut ticks = vec![0.0];
    while ticks[ticks.len() - 1] < largest {
        ticks.push(ticks[ticks.len() - 1] + step);
    }
    ticks
}

/// The steps between ticks of time, in seconds.
const TIME_STEPS_S: [i64; 13] =
    [60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

/// Times of day, or dates if the range is days, each with its label: at most nine.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "seconds since 1970 have no 53 bits")]
fn time_ticks(first: f64, last: f64, zone: &TimeZone) -> Vec<(f64, String)> {
    let (first, last) = (first as i64, last as i64);
    let longest = TIME_STEPS_S[TIME_STEPS_S.len() - 1];
    let step = TIME_STEPS_S.into_iter().find(|step| (last - first) / step <= 8);
    let step = step.unwrap_or_else(|| ((last - first) / 8).div_euclid(longest) * longest + longest);
    let Ok(start) = Timestamp::from_second(first) else { return Vec::new() };
    // Ticks are at full hours and midnights of the zone.
    let offset = i64::from(zone.to_offset(start).seconds());
    let aligned = (first + offset + step - 1).div_euclid(step) * step - offset;
    let tick = |second: i64| {
        let time = zone.to_datetime(Timestamp::from_second(second).ok()?);
        let is_day = step >= 86_400 || (time.hour(), time.minute()) == (0, 0);
        Some((second as f64, time.strftime(if is_day { "%b %-d" } else { "%H:%M" }).to_string()))
    };
    (aligned..=last).step_by(usize::try_from(step).unwrap_or(1)).filter_map(tick).collect()
}

/// A number in few characters.
fn compact(number: f64) -> String {
    let scaled = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")].into_iter().find(|(size, _)| number >= *size);
    match scaled {
        Some((size, unit)) => format!("{:.1}{unit}", number / size),
        None => format!("{number:.0}"),
    }
}

/// A bar chart, a bar for each row.
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

/// The width of the labels at the left, estimated from the number of characters.
fn room_of(labels: &[String]) -> f64 {
    const LETTER: f64 = 7.0;
    const WIDEST: f64 = 400.0;
    labels.iter().map(|label| label.chars().map(|_| LETTER).sum::<f64>() + 16.0).fold(0.0, f64::max).min(WIDEST)
}

/// A chart of pairs: names on a circle, and a line for each pair, as thick as its traffic.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_and_times_that_people_read() {
        assert_eq!(value_ticks(41.3), [0.0, 20.0, 40.0, 60.0]);
        assert_eq!(value_ticks(4.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(value_ticks(62_000.0), [0.0, 20_000.0, 40_000.0, 60_000.0, 80_000.0]);
        let labels = |hours: f64, zone: &TimeZone| -> Vec<String> {
            // Starts at 2026-11-26 21:20 UTC.
            let first = 1_795_728_000.0;
            time_ticks(first, first + hours * 3_600.0, zone).into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(labels(6.0, &TimeZone::UTC), ["22:00", "23:00", "Nov 27", "01:00", "02:00", "03:00"]);
        let hours = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(labels(3.0, &hours), ["23:30", "Nov 27", "00:30", "01:00", "01:30", "02:00"]);
        assert_eq!(labels(72.0, &TimeZone::UTC), ["Nov 27", "12:00", "Nov 28", "12:00", "Nov 29", "12:00"]);
    }
}
