//! Functions that query, and that describe a query before it runs.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rhai::{Array, Dynamic, EvalAltResult, INT, Map};

use super::convert::{from_row, to_parameters};
use super::error::{bad_query, failed, thrown};
use super::file;
use super::library::{Library, functions};
use super::limit::ROWS;
use super::rows::Stream;
use super::system::seconds;
use super::time::Time;
use super::world::World;
use crate::account::{self, Answering};
use crate::insights;
use crate::query::owner::ListFile;
use crate::query::{self, Plan};
use crate::session::{open_list, with_lists};
use crate::value::{Column, FileProblem, Progress, Row, RowSink, Rows, RunStats};

type Thrown = Box<EvalAltResult>;

pub(super) fn register(library: &mut Library<'_>, world: &Rc<World>) {
    library.engine.register_iterator_result::<Stream, _>();
    functions! { library, world:
        "query", "query(sentence[, #{name: value}])",
        "The rows of a sentence, as an array of maps; the map's values stand for $name in it.",
        [sentence: &str] query(&world, sentence, &Map::new()),
        [sentence: &str, parameters: Map] query(&world, sentence, &parameters);
        "rows", "rows(sentence[, #{name: value}])",
        "The same rows one after another, for `for`: none is kept, and each row gives a script 1,000 steps more.",
        [sentence: &str] rows(&world, sentence, &Map::new()),
        [sentence: &str, parameters: Map] rows(&world, sentence, &parameters);
        "explain", "explain(sentence[, #{name: value}])", "The CloudWatch Logs Insights text of a sentence.",
        [sentence: &str] explain(&world, sentence, &Map::new()),
        [sentence: &str, parameters: Map] explain(&world, sentence, &parameters);
        "estimate", "estimate(sentence[, #{name: value}])",
        "The `bytes` that a sentence would scan and their `cost_usd`; () where a query costs nothing.",
        [sentence: &str] estimate(&world, sentence, &Map::new()),
        [sentence: &str, parameters: Map] estimate(&world, sentence, &parameters);
        "coverage", "coverage(sentence[, #{name: value}])",
        "The records that would answer a sentence: the `first` and the `last` second of its window, `parts` with the interfaces, the `first` and the `last` second, and \
         `since` when their flow logs record; and `notes` on what none covers.",
        [sentence: &str] coverage(&world, sentence, &Map::new()),
        [sentence: &str, parameters: Map] coverage(&world, sentence, &parameters);
        "wait_for_records", "wait_for_records(sentence, \"15m\")",
        "Repeats a query until it has rows; returns whether it had some in that time.",
        [sentence: &str, time: &str] wait_for_records(&world, sentence, time);
        "stats", "stats()",
        "The statistics of the last query: `partial` tells whether files failed, `truncated` whether rows are missing, \
         `cost_usd` what it cost.",
        [] stats(&world.stats());
    }
    library.doc("ans", "ans", "A variable of the shell: the rows of the last answer.");
}

/// Compiles a sentence.
pub(super) fn compile(world: &World, sentence: &str, parameters: &Map) -> Result<Plan, Thrown> {
    let context = world.context(to_parameters(parameters)?);
    let plan = query::compile(sentence, &context).map_err(|error| bad_query(&error, sentence))?;
    if plan.follow {
        return Err(thrown("query", "a script cannot `follow`", Some("ask in a loop with `wait`".into())));
    }
    Ok(plan)
}

/// Compiles a sentence, and reads the lists that it names.
fn runnable(world: &World, sentence: &str, parameters: &Map) -> Result<Plan, Thrown> {
    let plan = compile(world, sentence, parameters)?;
    // Lists of the config file may be anywhere, because the user named them.
    let open = |list: &ListFile| match list.name {
        Some(_) => open_list(list),
        None => file::open(world, &list.file),
    };
    let plan = with_lists(&plan, &world.clock(), open).map_err(|error| failed(&error))?;
    Ok(plan.into_owned())
}

fn query(world: &World, sentence: &str, parameters: &Map) -> Result<Array, Thrown> {
    let plan = runnable(world, sentence, parameters)?;
    let mut kept = Kept::default();
    let stats = run(world, &plan, &mut kept)?;
    if stats.truncated {
        world.console.note(&format!(
            "`{sentence}` is cut at {} rows: `limit N` takes another number, `limit none` everything",
            stats.rows
        ));
    }
    world.remember(&kept.0.columns);
    let names: Vec<String> = kept.0.columns.iter().map(|column| column.name.clone()).collect();
    Ok(kept.0.rows.iter().map(|row| from_row(&names, row)).collect())
}

fn run(world: &World, plan: &Plan, sink: &mut Kept) -> Result<RunStats, Thrown> {
    let (session, clock, progress) = (world.session(), world.clock(), Arc::new(Progress::default()));
    let outcome = world.call(session.run(plan, &clock, &progress, sink));
    if sink.0.rows.len() > ROWS {
        let help = Some("ask for fewer with `limit`, group them, or take them one by one with `rows`".to_string());
        return Err(thrown("limit", &format!("the answer has more than {ROWS} rows"), help));
    }
    outcome.inspect(|stats| world.ended(stats.clone()))
}

/// Converts the statistics of a query to a map.
fn stats(stats: &RunStats) -> Map {
    let number = |number: u64| Dynamic::from(i64::try_from(number).unwrap_or(i64::MAX));
    let files = |files: &[FileProblem]| files.iter().map(|problem| problem.file.clone().into()).collect::<Array>();
    [
        ("rows", number(stats.rows)),
        ("truncated", stats.truncated.into()),
        ("partial", stats.is_partial().into()),
        ("failed_files", files(&stats.failed_files).into()),
        ("skipped_files", files(&stats.skipped_files).into()),
        ("records_scanned", number(stats.records_scanned)),
        ("bytes_scanned", number(stats.bytes_scanned)),
        ("malformed", number(stats.malformed)),
        ("nodata_hidden", number(stats.nodata)),
        ("skipdata_hidden", number(stats.skipdata)),
        ("cost_usd", stats.cost_usd.map_or(Dynamic::UNIT, Dynamic::from)),
    ]
    .map(|(name, value)| (name.into(), value))
    .into()
}

/// Rows up to the size limit of an array.
#[derive(Default)]
struct Kept(Rows);

impl RowSink for Kept {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.0.columns(columns)
    }

    fn rows(&mut self, rows: Vec<Row>) -> io::Result<()> {
        self.0.rows(rows)?;
        // Any error stops the query; the number of rows tells the reason.
        if self.0.rows.len() > ROWS { Err(io::ErrorKind::OutOfMemory.into()) } else { Ok(()) }
    }
}

fn rows(world: &Rc<World>, sentence: &str, parameters: &Map) -> Result<Stream, Thrown> {
    let plan = runnable(world, sentence, parameters)?;
    Ok(Stream::start(world, plan))
}

fn explain(world: &World, sentence: &str, parameters: &Map) -> Result<String, Thrown> {
    let plan = compile(world, sentence, parameters)?;
    let query = insights::emit(&plan, &insights::Format::every());
    let query = query.map_err(|error| thrown("query", &error.to_string(), error.help().map(Into::into)))?;
    Ok(query.text)
}

fn estimate(world: &World, sentence: &str, parameters: &Map) -> Result<Dynamic, Thrown> {
    let plan = runnable(world, sentence, parameters)?;
    let session = world.session();
    let estimate = world.change(session.estimate(&plan, &world.clock(), None))?;
    match estimate {
        Err(account::Error::NoCost) => Ok(Dynamic::UNIT),
        Err(error) => Err(failed(&error)),
        Ok(estimate) => {
            let bytes = INT::try_from(estimate.bytes).unwrap_or(INT::MAX);
            let map: Map = [("bytes".into(), bytes.into()), ("cost_usd".into(), estimate.cost_usd.into())].into();
            Ok(map.into())
        }
    }
}

fn coverage(world: &World, sentence: &str, parameters: &Map) -> Result<Map, Thrown> {
    let plan = runnable(world, sentence, parameters)?;
    let (session, clock) = (world.session(), world.clock());
    let answers = world.call(session.answers(&plan, &clock))?;
    let texts = |texts: &[String]| texts.iter().map(|text| Dynamic::from(text.clone())).collect::<Array>();
    let part = |one: &Answering| -> Dynamic {
        let map: Map = [
            ("log_group".into(), one.log_group.clone().into()),
            ("flow_logs".into(), texts(&one.flow_logs).into()),
            ("interfaces".into(), texts(&one.interfaces).into()),
            ("first".into(), Dynamic::from(Time(one.interval.from))),
            ("last".into(), Dynamic::from(Time(one.interval.until))),
            ("since".into(), Dynamic::from(Time(one.since))),
        ]
        .into();
        map.into()
    };
    let parts: Array = answers.answering.iter().map(part).collect();
    let window = session.interval(&plan, &clock);
    let time = |time: Option<i64>| time.map_or(Dynamic::UNIT, |time| Dynamic::from(Time(time)));
    let map = [
        ("first".into(), time(window.map(|window| window.from))),
        ("last".into(), time(window.map(|window| window.until))),
        ("parts".into(), parts.into()),
        ("notes".into(), texts(&answers.notes).into()),
    ];
    Ok(map.into())
}

fn wait_for_records(world: &World, sentence: &str, time: &str) -> Result<bool, Thrown> {
    const FIRST_PAUSE: Duration = Duration::from_secs(1);
    const LONGEST_PAUSE: Duration = Duration::from_secs(30);
    let plan = runnable(world, sentence, &Map::new())?;
    let deadline = Instant::now() + seconds(time)?;
    let mut pause = FIRST_PAUSE;
    loop {
        let mut kept = Kept::default();
        run(world, &plan, &mut kept)?;
        if !kept.0.rows.is_empty() {
            return Ok(true);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        world.pause(pause.min(left))?;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
