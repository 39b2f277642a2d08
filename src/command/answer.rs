//! Runs plans and prints their results: rows to standard output, the rest to standard error.

use std::io::{self, BufWriter};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::console::Terminal;
use super::console::zone_name;
use super::desk::{Desk, KEPT_ROWS};
use super::error::{Error, Exit};
use super::option::Output as Options;
use super::out::Out;
use super::pick;
use crate::account;
use crate::output::{self, Format, Output, Style};
use crate::query::Context;
use crate::query::plan::{DEFAULT_LIMIT, GroupStage, Limit, Plan, Shape};
use crate::query::window::Interval;
use crate::session::{Waited, open_list, with_lists};
use crate::value::{Column, FileProblem, Progress, Row, RowSink, Rows, RunStats, time_in};

/// The time after which a progress bar appears.
const PROGRESS_AFTER: Duration = Duration::from_millis(500);

/// The most rows that are held back until all have arrived, for bars scaled to the largest.
const HELD_ROWS: u64 = 10_000;

impl From<account::Error> for Error {
    fn from(error: account::Error) -> Self {
        match error {
            error if error.is_closed_pipe() => Self::Write(io::ErrorKind::BrokenPipe.into()),
            error => Self::Failed { message: error.to_string(), help: error.help() },
        }
    }
}

/// Runs a plan and prints its result; `pretty` adds names if they are known.
pub(crate) async fn answer(plan: &Plan, pretty: bool, desk: &Desk) -> Result<Exit, Error> {
    Ok(print(plan, pretty, desk).await?.close(desk))
}

/// Rows that were printed, and the remarks to print after them.
pub(crate) struct Printed {
    stats: RunStats,
    remarks: Vec<String>,
    /// Whether rows are missing although the plan asks for all.
    is_missing: bool,
}

impl Printed {
    /// Prints the remarks and the closing line; returns the exit code.
    pub(crate) fn close(&self, desk: &Desk) -> Exit {
        for remark in &self.remarks {
            desk.terminal.note(remark);
        }
        close(&self.stats, &desk.output, &desk.terminal);
        match exit(&self.stats, &desk.output) {
            Exit::Done | Exit::HasRows if self.is_missing => Exit::Code(1),
            exit => exit,
        }
    }
}

/// Runs a plan and prints its rows, after the notes that are known before. Remarks that are known after the rows are
/// returned, so that a caller that holds the rows back can show the rows first.
pub(crate) async fn print(plan: &Plan, pretty: bool, desk: &Desk) -> Result<Printed, Error> {
    let mut plan = plan.with_columns(&desk.output.default_columns());
    if pretty && desk.session.has_names() {
        plan = plan.with_names();
    } else if pretty {
        desk.terminal.note("`--pretty` shows names where an inventory is at hand: give one with `--inventory FILE`");
    }
    print_rows(&plan, desk).await
}

/// The exit code of an answer: a row takes precedence over truncation.
const fn exit(stats: &RunStats, options: &Options) -> Exit {
    if stats.rows > 0 && options.fail_if_rows {
        Exit::HasRows
    } else if stats.truncated && options.fail_on_truncate {
        Exit::Truncated
    } else {
        Exit::Done
    }
}

async fn print_rows(plan: &Plan, desk: &Desk) -> Result<Printed, Error> {
    let Desk { session, output: options, context, terminal, .. } = desk;
    let plan = &*with_lists(plan, &context.clock, open_list)?;
    terminal.aside(&window_line(session.interval(plan, &context.clock), context));
    terminal.notes(&plan.notes, Clone::clone, "notes about the sentence");
    ask_first(plan, desk).await?;
    let mut to = BufWriter::with_capacity(1 << 16, desk.out.clone());
    let format = match options.format() {
        Format::Table if plan.chart => Format::Chart,
        format => format,
    };
    let mut output = output::output(format, style(plan, desk), &mut to);
    let progress = Arc::new(Progress::default());
    let ticker =
        (terminal.shows_progress() && !plan.follow).then(|| tokio::spawn(show_progress(Arc::clone(&progress))));
    let mut kept = Keep { sink: output.as_mut(), kept: desk.kept.as_deref(), rows: 0, pauses: plan.follow };
    let run = async {
        if plan.follow {
            session.follow(plan, &context.clock, &progress, &mut kept).await
        } else {
            session.run(plan, &context.clock, &progress, &mut kept).await
        }
    };
    let outcome = desk.interrupt.wait_for(run, |news| terminal.note(news)).await;
    let has_rows = kept.rows > 0;
    if let Some(ticker) = ticker {
        ticker.abort();
        // Waits for the bar to disappear, so that it is not drawn over the following output.
        let _ = ticker.await;
    }
    let outcome = match outcome {
        Waited::Done(outcome) => outcome.map_err(Error::from),
        Waited::Stopped(_) => {
            let bytes = progress.bytes.load(Ordering::Relaxed);
            if let Some(cost) = session.cost_usd(bytes) {
                terminal.note(&format!("{} scanned so far, about {cost:.4} USD", HumanBytes(bytes)));
            }
            Err(Error::Interrupted)
        }
    };
    // Rows that arrived before a failure are printed.
    if outcome.is_ok() || has_rows {
        output.finish()?;
    }
    if outcome.is_err() && has_rows && !plan.follow {
        terminal.error("the rows above are only a part of the answer", None);
    }
    let mut stats = outcome?;
    let mut remarks: Vec<String> = output.remark().into_iter().collect();
    // The note costs a query, so it is made only if it is shown.
    if terminal.shows_notes() {
        let started = Instant::now();
        let note = session.note_of_both_ends(plan, &context.clock);
        match desk.interrupt.wait_for(note, |news| terminal.note(news)).await {
            Waited::Done(note) => remarks.extend(note?),
            Waited::Stopped(_) => return Err(Error::Interrupted),
        }
        stats.elapsed += started.elapsed();
    }
    // An incomplete answer is a failure if the plan asks for everything.
    let is_missing = stats.truncated && plan.limit == Limit::None;
    Ok(Printed { stats, remarks, is_missing })
}

/// Asks the user before an expensive query.
pub(super) async fn ask_first(plan: &Plan, desk: &Desk) -> Result<(), Error> {
    let Desk { session, context, terminal, asking, ask_above_usd, .. } = desk;
    if asking.yes || !pick::can_ask() {
        return Ok(());
    }
    let estimate = session.estimate(plan, &context.clock, Some(*ask_above_usd));
    let Waited::Done(estimate) = desk.interrupt.wait_for(estimate, |news| terminal.note(news)).await else {
        return Err(Error::Interrupted);
    };
    match estimate {
        Err(account::Error::NoCost) => Ok(()),
        Ok(estimate) if estimate.cost_usd > *ask_above_usd => {
            let size = format!("{}, about {:.2} USD", HumanBytes(estimate.bytes), estimate.cost_usd);
            pick::confirm("scan", &[size], terminal)
        }
        estimate => Ok(estimate.map(|_| ())?),
    }
}

pub(crate) fn style(plan: &Plan, desk: &Desk) -> Style {
    let is_top = matches!(&plan.shape, Shape::Groups(groups) if groups.stage == GroupStage::Top);
    let is_held = plan.limit.rows().is_some_and(|rows| rows <= HELD_ROWS);
    let bars = is_top && is_held && (desk.out.width().is_some() || matches!(desk.out, Out::Memory(_)));
    Style {
        colour: desk.has_colour(),
        terminal: desk.out.is_terminal(),
        vertical: desk.vertical,
        bars,
        human: desk.output.human,
        ..Style::plain(desk.out.width(), desk.context.clock.zone.clone())
    }
}

fn window_line(interval: Option<Interval>, context: &Context) -> String {
    let zone = &context.clock.zone;
    match interval {
        None => format!("window: all records, times in {}", zone_name(&context.clock)),
        Some(interval) => format!(
            "window: {} to {} {}",
            time_in(interval.from, zone),
            time_in(interval.until, zone),
            zone_name(&context.clock)
        ),
    }
}

/// Passes rows on to a sink, and keeps a copy.
struct Keep<'a> {
    sink: &'a mut dyn Output,
    kept: Option<&'a Mutex<Rows>>,
    /// The number of rows so far.
    rows: usize,
    /// Whether there may be pauses between rows.
    pauses: bool,
}

impl Keep<'_> {
    fn keep(&self, keep: impl FnOnce(&mut Rows)) {
        if let Some(kept) = self.kept {
            keep(&mut kept.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl RowSink for Keep<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.keep(|kept| *kept = Rows { columns: columns.to_vec(), rows: Vec::new() });
        self.sink.columns(columns)
    }

    fn rows(&mut self, rows: Vec<Row>) -> io::Result<()> {
        self.keep(|kept| {
            let room = KEPT_ROWS.saturating_sub(kept.rows.len());
            kept.rows.extend(rows.iter().take(room).cloned());
        });
        self.rows += rows.len();
        self.sink.rows(rows)?;
        if self.pauses { self.sink.pause() } else { Ok(()) }
    }
}

/// Draws a progress bar once the work takes long; runs until it is aborted.
async fn show_progress(progress: Arc<Progress>) {
    tokio::time::sleep(PROGRESS_AFTER).await;
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    // AWS does not report the number of bytes to scan.
    let is_known = progress.total_bytes.load(Ordering::Relaxed) > 0;
    let template =
        if is_known { "{bar:30} {bytes}/{total_bytes} {msg} {elapsed}" } else { "{spinner} {bytes} {msg} {elapsed}" };
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    let bar = Drawn(bar);
    loop {
        bar.0.set_length(progress.total_bytes.load(Ordering::Relaxed));
        bar.0.set_position(progress.bytes.load(Ordering::Relaxed));
        bar.0.set_message(format!("{} records", HumanCount(progress.records.load(Ordering::Relaxed))));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A bar that is cleared when its task is aborted.
struct Drawn(ProgressBar);

impl Drop for Drawn {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn problems_json(files: &[FileProblem]) -> serde_json::Value {
    files.iter().map(|problem| json!({ "file": problem.file, "reason": problem.reason })).collect()
}

/// Prints the closing line, and the files and lines that could not be read.
fn close(stats: &RunStats, options: &Options, terminal: &Terminal) {
    if options.stats.is_some() {
        terminal.stats(&stats_json(stats).to_string());
        return;
    }
    terminal.errors(&stats.failures(), "files that cannot be read");
    let left_out = |skipped: &FileProblem| format!("left out `{}`: {}", skipped.file, skipped.reason);
    terminal.notes(&stats.skipped_files, left_out, "files were left out");
    if let Some(first) = &stats.first_malformed {
        terminal.note(&format!(
            "{} malformed {}{}, the first in `{}` {} {}: {}",
            HumanCount(stats.malformed),
            first.unit,
            if stats.malformed == 1 { "" } else { "s" },
            first.file,
            first.unit,
            first.line,
            first.reason
        ));
    }
    terminal.notes(&stats.notes, Clone::clone, "notes about the answer");
    if stats.truncated && stats.rows == DEFAULT_LIMIT {
        terminal.note(&format!(
            "the answer is cut at {DEFAULT_LIMIT} rows{}: `limit N` takes another number, `limit none` everything",
            stats.matched.map(|matched| format!(" of {}", HumanCount(matched))).unwrap_or_default()
        ));
    }
    terminal.aside(&closing_line(stats));
}

fn closing_line(stats: &RunStats) -> String {
    let count =
        |number: u64, one: &str, many: &str| format!("{} {}", HumanCount(number), if number == 1 { one } else { many });
    let mut parts = vec![count(stats.rows, "row", "rows")];
    if stats.truncated {
        parts.push("truncated".into());
    }
    let seconds = stats.elapsed.as_secs_f64().max(0.001);
    let of = match stats.log_groups {
        0 => count(stats.files, "file", "files"),
        groups => count(groups, "log group", "log groups"),
    };
    let records = count(stats.records_scanned, "record", "records");
    parts.push(format!("{records} and {} of {of} scanned", HumanBytes(stats.bytes_scanned)));
    if stats.queries > 1 {
        parts.push(format!("{} queries", stats.queries));
    }
    if let Some(cost) = stats.cost_usd {
        parts.push(format!("about {cost:.4} USD"));
    }
    for (number, what) in
        [(stats.nodata, "NODATA hidden"), (stats.skipdata, "SKIPDATA hidden"), (stats.malformed, "malformed")]
    {
        if number > 0 {
            parts.push(format!("{} {what}", HumanCount(number)));
        }
    }
    parts.push(format!("{seconds:.2} s"));
    parts.push(format!("{} records/s", HumanCount(rate(stats.records_scanned, seconds))));
    parts.push(format!("{}/s", HumanBytes(rate(stats.bytes_scanned, seconds))));
    parts.join(" · ")
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate for people, never negative"
)]
fn rate(number: u64, seconds: f64) -> u64 {
    (number as f64 / seconds) as u64
}

fn stats_json(stats: &RunStats) -> serde_json::Value {
    json!({
        "rows": stats.rows,
        "truncated": stats.truncated,
        "records_scanned": stats.records_scanned,
        "bytes_scanned": stats.bytes_scanned,
        "files": stats.files,
        "log_groups": stats.log_groups,
        "queries": stats.queries,
        "cost_usd": stats.cost_usd,
        "notes": stats.notes,
        "malformed": stats.malformed,
        "first_malformed": stats.first_malformed.as_ref().map(|first| json!({
            "file": first.file, "unit": first.unit, "line": first.line, "reason": first.reason
        })),
        "nodata_hidden": stats.nodata,
        "skipdata_hidden": stats.skipdata,
        "skipped_files": problems_json(&stats.skipped_files),
        "partial": stats.is_partial(),
        "failed_files": problems_json(&stats.failed_files),
        "elapsed_s": stats.elapsed.as_secs_f64(),
    })
}
