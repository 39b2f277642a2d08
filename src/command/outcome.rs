//! Prints the outcomes of a command, for users and for programs.

use std::io::Write;

use super::desk::Desk;
use super::error::{Error, Exit};
use super::option::OutputFormat;
use crate::escape;
use crate::output::{self, Style};
use crate::session::Outcome;
use crate::value::{Column, ColumnType, Row, Value};

/// Reports the outcome for each resource; fails if any failed.
pub(super) fn report(outcomes: &[Outcome], desk: &Desk) -> Result<Exit, Error> {
    let said = |outcome: &Outcome| match &outcome.detail {
        Ok(detail) => detail.clone(),
        Err(error) => explained(error),
    };
    if desk.output.output == OutputFormat::Table {
        print_lines(outcomes.iter().map(|outcome| (outcome.action, outcome.label(), said(outcome))), desk)?;
    } else {
        let name = |outcome: &Outcome| outcome.name.as_deref().map_or(Value::Absent, text);
        let row = |outcome: &Outcome| -> Row {
            let kind = Value::word(outcome.kind.name());
            [kind, text(&outcome.resource), name(outcome), Value::word(outcome.action), text(&said(outcome))].into()
        };
        print_rows(&OUTCOME_COLUMNS, outcomes.iter().map(row).collect(), desk)?;
    }
    let failed: Vec<String> = outcomes.iter().filter(|o| o.detail.is_err()).map(Outcome::label).collect();
    if failed.is_empty() {
        return Ok(Exit::Done);
    }
    Err(Error::Failed {
        message: format!("{} of {} failed: {}", failed.len(), outcomes.len(), failed.join(", ")),
        help: None,
    })
}

/// Returns an error's message with its help.
pub(super) fn explained(error: &crate::account::Error) -> String {
    match error.help() {
        Some(help) => format!("{error} ({help})"),
        None => error.to_string(),
    }
}

/// Prints a line for each action: what was done, to what, and with which result.
pub(super) fn print_lines<'a>(
    lines: impl Iterator<Item = (&'a str, String, String)>,
    desk: &Desk,
) -> Result<(), Error> {
    let mut out = desk.out.clone();
    let mut is_empty = true;
    for (action, what, detail) in lines {
        is_empty = false;
        // A dry run has a line for each call; messages from outside have a single line.
        let is_plan = action.starts_with("would_");
        let detail = if is_plan { escape::lines(&detail) } else { escape::text(&detail) };
        let what = escape::text(&what);
        writeln!(out, "{} {what}: {detail}", action.replace('_', " "))?;
    }
    if is_empty {
        writeln!(out, "nothing to do")?;
    }
    Ok(())
}

/// Prints rows in the formats of queries.
pub(super) fn print_rows(columns: &[(&str, ColumnType)], rows: Vec<Row>, desk: &Desk) -> Result<(), Error> {
    let column = |&(name, column_type): &(&str, ColumnType)| Column::new(name, column_type);
    let style = Style {
        colour: desk.terminal.colour_out(),
        terminal: desk.out.is_terminal(),
        human: desk.output.human,
        ..Style::plain(desk.out.width(), desk.context.clock.zone.clone())
    };
    let mut out = desk.out.clone();
    let mut printed = output::output(desk.output.format(), style, &mut out);
    printed.columns(&columns.iter().map(column).collect::<Vec<_>>())?;
    printed.rows(rows)?;
    printed.finish()?;
    if let Some(remark) = printed.remark() {
        desk.terminal.note(&remark);
    }
    Ok(())
}

const OUTCOME_COLUMNS: [(&str, ColumnType); 5] = [
    ("kind", ColumnType::Text),
    ("resource", ColumnType::Text),
    ("name", ColumnType::Text),
    ("action", ColumnType::Text),
    ("detail", ColumnType::Text),
];

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.into())
}
