//! `flowlogs explain`: shows the meaning of a sentence, without reading records.

use serde_json::json;

#[cfg(feature = "local")]
use super::desk::Desk;
use super::error::Error;
use super::out::Out;
#[cfg(feature = "local")]
use super::outcome::{print_rows, text};
#[cfg(feature = "local")]
use crate::account::{Answering, Answers, Estimate};
use crate::insights;
use crate::kind::TargetKind;
use crate::output::Format;
use crate::query::plan::{COUNT_ONCE, Plan};
use crate::query::{Context, print};
#[cfg(feature = "local")]
use crate::value::{ColumnType, Value};
use crate::value::{time_in, time_utc};

/// The window of a query whose sentence has none.
const DEFAULT_WINDOW: &str = "the last 60 minutes on an account, all records of files";

pub(super) fn explain(plan: &Plan, context: &Context, format: Format, out: &mut Out) -> Result<(), Error> {
    let sentence = print::sentence(plan);
    let filter = plan.selection.said.as_ref().map(|said| print::parenthesised(said, &[]));
    let interval = plan.window.as_ref().and_then(|window| window.resolve(&context.clock).ok());
    let query = insights::emit(plan, &insights::Format::every());
    let mut notes: Vec<String> = plan.notes.iter().chain(&plan.run_notes).cloned().collect();
    if plan.targets.iter().any(|target| target.kind != TargetKind::All) {
        notes.push("which flow logs the targets have is known when it runs".into());
    }
    if plan.sums_both_ends() {
        notes.push(format!(
            "a run says whether both ends of some traffic are recorded, which is then summed twice: {COUNT_ONCE}"
        ));
    }
    match &query {
        Ok(query) => notes.extend(query.notes.iter().cloned().chain(insights::note_of_several(plan))),
        Err(error) => notes.extend(error.help().map(Into::into)),
    }
    let text = query.as_ref().map(|query| query.text.clone());
    if matches!(format, Format::Json | Format::Ndjson) {
        let explained = json!({
            "sentence": sentence,
            "filter": filter,
            "from": interval.map(|interval| time_utc(interval.from)),
            "until": interval.map(|interval| time_utc(interval.until)),
            "insights": text.as_ref().ok(),
            "error": text.as_ref().err().map(ToString::to_string),
            "notes": notes,
        });
        out.print_json(&format!("{explained}\n"))?;
        return Ok(());
    }
    out.print(&format!("sentence  {sentence}\n"))?;
    out.print(&format!("filter    {}\n", filter.unwrap_or_else(|| "every record".into())))?;
    let window = interval.map_or_else(
        || DEFAULT_WINDOW.to_string(),
        |interval| {
            let zone = &context.clock.zone;
            format!(
                "{} to {} {}",
                time_in(interval.from, zone),
                time_in(interval.until, zone),
                super::console::zone_name(&context.clock)
            )
        },
    );
    out.print(&format!("window    {window}\n"))?;
    out.print("\nLogs Insights\n")?;
    match text {
        Ok(text) => text.lines().try_for_each(|line| out.print(&format!("    {line}\n")))?,
        Err(error) => out.print(&format!("    none: {error}\n"))?,
    }
    if !notes.is_empty() {
        out.print("\nnotes\n")?;
        notes.iter().try_for_each(|note| out.print(&format!("    - {note}\n")))?;
    }
    Ok(())
}

/// Prints the log groups that would answer, with their interfaces.
#[cfg(feature = "local")]
pub(super) fn targets(answers: &Answers, desk: &Desk) -> Result<(), Error> {
    let row = |one: &Answering| {
        let said = one.condition.as_ref().map(|condition| print::parenthesised(condition, &[]));
        let interfaces = i64::try_from(one.interfaces.len()).unwrap_or(i64::MAX);
        vec![
            text(&one.log_group),
            text(&one.flow_logs.join(", ")),
            Value::Time(one.interval.from),
            Value::Time(one.interval.until),
            if one.interfaces.is_empty() { Value::Absent } else { Value::Int(interfaces) },
            text(&said.unwrap_or_else(|| "every record".into())),
        ]
    };
    print_rows(&TARGET_COLUMNS, answers.answering.iter().map(row).collect(), desk)?;
    answers.notes.iter().for_each(|note| desk.terminal.note(note));
    Ok(())
}

#[cfg(feature = "local")]
const TARGET_COLUMNS: [(&str, ColumnType); 6] = [
    ("log_group", ColumnType::Text),
    ("flow_logs", ColumnType::Text),
    ("from", ColumnType::Time),
    ("until", ColumnType::Time),
    ("interfaces", ColumnType::COUNT),
    ("records", ColumnType::Text),
];

/// Prints a link for each query.
#[cfg(feature = "local")]
pub(super) fn links(links: &[String], format: Format, out: &mut Out) -> Result<(), Error> {
    if matches!(format, Format::Json | Format::Ndjson) {
        out.print_json(&format!("{}\n", json!(links)))?;
    } else {
        links.iter().try_for_each(|link| out.print(&format!("{link}\n")))?;
    }
    Ok(())
}

/// Prints the estimated size and cost of a query.
#[cfg(feature = "local")]
pub(super) fn estimate(estimate: &Estimate, format: Format, out: &mut Out) -> Result<(), Error> {
    let Estimate { bytes, cost_usd } = estimate;
    if matches!(format, Format::Json | Format::Ndjson) {
        out.print_json(&format!("{}\n", json!({ "bytes": bytes, "cost_usd": cost_usd })))?;
    } else {
        out.print(&format!("{} to scan, about {cost_usd:.4} USD\n", indicatif::HumanBytes(*bytes)))?;
    }
    Ok(())
}
