//! Runs plans and prints what comes: rows to standard output, the rest to standard error.

use std::io::{self, BufWriter};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::args::{Output, Place};
use super::print::{say, zone_name};
use super::{Error, Exit, Terminal};
use crate::account;
use crate::engine;
use crate::output::{self, Format, Style};
use crate::query::Context;
use crate::query::plan::{DEFAULT_LIMIT, Plan, Shape};
use crate::session::Session;
use crate::value::{Progress, RunStats, time_in};

/// Work that takes longer shows how far it is.
const PROGRESS_AFTER: Duration = Duration::from_millis(500);

impl From<account::Error> for Error {
    fn from(error: account::Error) -> Self {
        match error {
            error if error.is_closed_pipe() => Self::Write(io::ErrorKind::BrokenPipe.into()),
            error => Self::Failed { message: error.to_string(), help: error.help() },
        }
    }
}

/// Runs plans in order; with `pretty`, names are added where they are known.
pub(super) fn run(
    plans: &[Plan],
    pretty: bool,
    place: &Place,
    options: &Output,
    context: &Context,
    terminal: &Terminal,
) -> Result<Exit, Error> {
    with_session(place, context, terminal, async |session| {
        let mut exit = Exit::Done;
        for plan in plans {
            let named = (pretty && session.has_names()).then(|| plan.with_names());
            if pretty && named.is_none() {
                terminal.note("`--pretty` shows names where an inventory is at hand; these files have none");
            }
            let plan = named.as_ref().unwrap_or(plan);
            let stats = run_one(session, plan, options, context, terminal).await?;
            if stats.truncated && options.fail_on_truncate {
                exit = Exit::Truncated;
            }
        }
        Ok(exit)
    })
}

/// Opens the place and works there until it is done, or until Ctrl-C.
pub(super) fn with_session(
    place: &Place,
    context: &Context,
    terminal: &Terminal,
    work: impl AsyncFnOnce(&Session) -> Result<Exit, Error>,
) -> Result<Exit, Error> {
    let session = open(place, context, terminal)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let mut work = pin!(work(&session));
        tokio::select! {
            outcome = &mut work => return outcome,
            _ = tokio::signal::ctrl_c() => {}
        }
        if session.interrupt() {
            terminal.note("interrupted: what was begun is put back; once more leaves it as it is");
            tokio::select! {
                // What it finished before it noticed is done.
                outcome = &mut work => return outcome.or_else(say_and_interrupt),
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Ok(Exit::Interrupted)
    });
    if matches!(outcome, Ok(Exit::Interrupted)) {
        say("interrupted");
    }
    // Threads that still read a file would hold the process up.
    runtime.shutdown_background();
    outcome
}

/// What was put back stands in the report; how the command ends is the interruption.
fn say_and_interrupt(error: Error) -> Result<Exit, Error> {
    match error {
        Error::Failed { message, .. } => {
            say(&message);
            Ok(Exit::Interrupted)
        }
        error => Err(error),
    }
}

fn open(place: &Place, context: &Context, terminal: &Terminal) -> Result<Session, Error> {
    if place.local.is_empty() {
        return open_aws(place, context, terminal);
    }
    let options = engine::Options {
        paths: place.local.clone(),
        format: place.format.clone(),
        strict: place.strict,
        memory_limit_bytes: place.memory_limit,
    };
    Ok(Session::open(options, context.clock.clone())?)
}

#[cfg(feature = "aws")]
#[allow(clippy::unnecessary_wraps, reason = "without the feature there is nothing to open")]
fn open_aws(place: &Place, context: &Context, terminal: &Terminal) -> Result<Session, Error> {
    let terminal = *terminal;
    let options = account::aws::Options {
        profile: place.profile.clone(),
        region: place.region.clone(),
        tell: Some(Box::new(move |news| terminal.note(news))),
    };
    Ok(Session::open_aws(options, context.clock.clone()))
}

#[cfg(not(feature = "aws"))]
fn open_aws(_: &Place, _: &Context, _: &Terminal) -> Result<Session, Error> {
    Err(Error::Usage {
        message: "no records to read".into(),
        help: Some("name files with `--local PATH`; this flowlogs was built without the feature `aws`".into()),
    })
}

async fn run_one(
    session: &Session,
    plan: &Plan,
    options: &Output,
    context: &Context,
    terminal: &Terminal,
) -> Result<RunStats, Error> {
    if plan.follow {
        let message = "`follow` needs an account whose records grow".into();
        return Err(Error::Usage { message, help: Some("leave it out to read what the files have now".into()) });
    }
    terminal.aside(&window_line(session, plan, context));
    for note in &plan.notes {
        terminal.note(note);
    }
    let mut to = BufWriter::with_capacity(1 << 16, io::stdout());
    let format = match options.format() {
        Format::Table if plan.chart => Format::Chart,
        format => format,
    };
    let mut output = output::output(format, style(plan, context, terminal), &mut to);
    let progress = Arc::new(Progress::default());
    let ticker = terminal.shows_progress().then(|| tokio::spawn(show_progress(Arc::clone(&progress))));
    let outcome = session.run(plan, &progress, output.as_mut()).await;
    if let Some(ticker) = ticker {
        ticker.abort();
        // Waits until the bar is gone, so that it is not drawn over what follows.
        let _ = ticker.await;
    }
    let stats = outcome?;
    output.finish()?;
    let remark = output.remark();
    drop(output);
    if let Some(remark) = remark {
        terminal.note(&remark);
    }
    close(&stats, options, terminal);
    Ok(stats)
}

fn style(plan: &Plan, context: &Context, terminal: &Terminal) -> Style {
    // The Go tool's table has no interface column; machine formats do.
    let hidden =
        if matches!(plan.shape, Shape::Records { default: true, .. }) { vec!["eni".into()] } else { Vec::new() };
    Style { colour: terminal.colour_out(), width: Terminal::width(), zone: context.clock.zone.clone(), hidden }
}

fn window_line(session: &Session, plan: &Plan, context: &Context) -> String {
    let zone = &context.clock.zone;
    match session.interval(plan) {
        None => format!("window: all records, times in {}", zone_name(&context.clock)),
        Some(interval) => format!(
            "window: {} to {} {}",
            time_in(interval.from, zone),
            time_in(interval.until, zone),
            zone_name(&context.clock)
        ),
    }
}

/// Draws a bar once the work takes long; runs until it is aborted.
async fn show_progress(progress: Arc<Progress>) {
    tokio::time::sleep(PROGRESS_AFTER).await;
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let template = "{bar:30} {bytes}/{total_bytes} {msg} {elapsed}";
    let plain = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(plain);
    let bar = Drawn(bar);
    loop {
        bar.0.set_length(progress.total_bytes.load(Ordering::Relaxed));
        bar.0.set_position(progress.bytes.load(Ordering::Relaxed));
        bar.0.set_message(format!("{} records", HumanCount(progress.records.load(Ordering::Relaxed))));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A bar that is wiped off the screen when its task is aborted.
struct Drawn(ProgressBar);

impl Drop for Drawn {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// The closing line, and what was not read.
fn close(stats: &RunStats, options: &Output, terminal: &Terminal) {
    if options.stats.is_some() {
        say(&stats_json(stats).to_string());
        return;
    }
    for skipped in &stats.skipped_files {
        terminal.note(&format!("left out `{}`: {}", skipped.file, skipped.reason));
    }
    if let Some(first) = &stats.first_malformed {
        terminal.note(&format!(
            "{} malformed {}, the first in `{}` line {}: {}",
            HumanCount(stats.malformed),
            if stats.malformed == 1 { "line" } else { "lines" },
            first.file,
            first.line,
            first.reason
        ));
    }
    if stats.truncated {
        terminal.note(&format!(
            "the answer is cut at {DEFAULT_LIMIT} rows: `limit N` takes another number, `limit none` everything"
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
    parts.push(format!(
        "{} and {} of {} scanned",
        count(stats.records_scanned, "record", "records"),
        HumanBytes(stats.bytes_scanned),
        count(stats.files, "file", "files")
    ));
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
        "malformed": stats.malformed,
        "first_malformed": stats.first_malformed.as_ref().map(|first| json!({
            "file": first.file, "line": first.line, "reason": first.reason
        })),
        "nodata_hidden": stats.nodata,
        "skipdata_hidden": stats.skipdata,
        "skipped_files": stats.skipped_files.iter().map(|skipped| json!({
            "file": skipped.file, "reason": skipped.reason
        })).collect::<Vec<_>>(),
        "elapsed_s": stats.elapsed.as_secs_f64(),
    })
}
