//! Conditions, many at a time: the file has each record once for each condition, with the condition's number in a
//! separate field, and one run of the engine answers all conditions.

use std::collections::BTreeSet;

use flowlogs::field::Field;
use flowlogs::insights;
use flowlogs::query::plan::{Check, Filter, Source};
use flowlogs::query::{Plan, compile};
use flowlogs::value::Value;

use crate::compare::{Emitted, Logs, emit};
use crate::engine::{Engine, context};
use crate::evaluator::{OutRow, Settings, run};
use crate::random::Random;
use crate::records::{Records, formats, made_up, of_two_formats};
use crate::sentences::condition;
use crate::tally::Tally;

/// The number of conditions in one run.
const BATCH: usize = 24;
/// The number of records for each condition.
const RECORDS: usize = 30;

/// The formats in turn, by number: most often those with the most fields.
const TURNS: [usize; 9] = [0, 4, 0, 1, 0, 2, 4, 3, 5];

struct Asked {
    text: String,
    plan: Plan,
    emitted: Emitted,
}

/// Runs `count` conditions over made-up records.
pub(crate) fn conditions(count: usize, seed: u64) -> Tally {
    let mut tally = Tally::default();
    let mut random = Random(seed);
    let formats = formats();
    let mut askers: Vec<Asker> =
        formats.iter().map(|format| Asker::new(made_up(format, RECORDS, false, &mut random))).collect();
    askers.push(Asker::new(of_two_formats(made_up(&formats[0], RECORDS, false, &mut random))));
    let mut turn = 0;
    while tally.plans < count && tally.differences.len() < 50 {
        askers[TURNS[turn % TURNS.len()]].ask(&mut random, &mut tally);
        turn += 1;
    }
    tally
}

struct Asker {
    records: Records,
    logs: Logs,
    engine: Engine,
    format: insights::Format,
    /// The deepest nesting of conditions: in a format with few fields, a deep one soon names a field that is missing.
    depth: usize,
}

impl Asker {
    fn new(records: Records) -> Self {
        let logs = Logs::of(&records).expect("made-up records are events");
        let engine = Engine::open(&[&repeated(&records).text()], &context()).expect("made-up records can be read");
        let depth = if records.names.len() > 20 { 3 } else { 1 };
        let format = records.format();
        Self { records, logs, engine, format, depth }
    }

    fn ask(&mut self, random: &mut Random, tally: &mut Tally) {
        let mut asked = Vec::new();
        while asked.len() < BATCH {
            // Most of them are shallow.
            let depth = 1 + random.below(self.depth).min(random.below(self.depth));
            let text = condition(random, depth);
            let Ok(plan) = compile(&format!("where {text} | show bytes | limit none"), &context()) else {
                tally.leave_out("drawn again: no plan");
                continue;
            };
            match emit(&plan, &self.format) {
                Ok(Ok(emitted)) => asked.push(Asked { text, plan, emitted }),
                Err(why) if why.contains("characters long") => tally.leave_out("drawn again: over 10,000 characters"),
                Err(why) if why.contains("have no field") => tally.leave_out("drawn again: the format lacks a field"),
                Ok(Err(why)) | Err(why) => tally.differences.push(format!("{text}\n{why}")),
            }
        }
        let found = self.found(&asked);
        for (one, found) in asked.iter().zip(found) {
            match self.check(one, &found) {
                Ok(()) => {
                    tally.plans += 1;
                    tally.records += RECORDS;
                    tally.combinations += Settings::all().len();
                }
                Err(why) => tally.differences.push(format!("{}\n{}\n{why}", one.text, one.emitted.text)),
            }
        }
    }

    /// The numbers of the records that the engine finds for each condition.
    fn found(&self, asked: &[Asked]) -> Vec<BTreeSet<i64>> {
        let mut plan = compile("show resource, bytes | limit none", &context()).expect("a sentence");
        let parts = asked.iter().enumerate().map(|(number, one)| {
            let is_mine = Check::Text { words: vec![format!("c{number}")], negated: false };
            let is_mine = Filter::Test(Source::Field(Field::Resource), is_mine);
            Filter::All(vec![is_mine, one.plan.selection.means.clone()])
        });
        plan.selection.means = Filter::Any(parts.collect());
        let (rows, _) = self.engine.run(&plan).expect("the engine answers");
        let mut found = vec![BTreeSet::new(); asked.len()];
        for row in rows.rows {
            let [Value::Text(mine), Value::Int(record)] = row.as_slice() else { panic!("{row:?}") };
            let mine: usize = mine[1..].parse().expect("the number of a condition");
            found[mine].insert(*record);
        }
        found
    }

    fn check(&self, one: &Asked, found: &BTreeSet<i64>) -> Result<(), String> {
        for settings in Settings::all() {
            let answer = run(&one.emitted.query, self.logs.get(settings.dash), settings);
            let bytes = |row: &OutRow| {
                let cell = row.cells.iter().find(|(name, _)| name == "bytes").expect("they are shown");
                cell.1.parse().expect("bytes are the number of the record")
            };
            let served: BTreeSet<i64> = answer.rows.iter().map(bytes).collect();
            if served != *found {
                let lines = served.symmetric_difference(found).map(|number| {
                    let side = if found.contains(number) { "engine" } else { "text" };
                    let record = &self.records.rows[usize::try_from(*number).expect("a number of a record")];
                    format!("only the {side} has: {}\n", record.join(" "))
                });
                let lines: String = lines.take(3).collect();
                return Err(format!("under {settings:?}\n{}\n{lines}", self.records.names.join(" ")));
            }
        }
        Ok(())
    }
}

/// Every record, once for each condition.
fn repeated(records: &Records) -> Records {
    let place = records.names.iter().position(|name| name == "resource-id").expect("every format has it");
    let of = |number: usize| {
        records.rows.iter().map(move |row| {
            let mut row = row.clone();
            row[place] = format!("c{number}");
            row
        })
    };
    Records { names: records.names.clone(), rows: (0..BATCH).flat_map(of).collect(), lacking: Vec::new() }
}
