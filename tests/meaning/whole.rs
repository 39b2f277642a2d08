//! Whole sentences, one by one.

use flowlogs::insights;
use flowlogs::query::plan::TargetKind;
use flowlogs::query::{Plan, compile};

use crate::compare::{Found, Logs, compare, emit};
use crate::engine::{Engine, context};
use crate::evaluator::Settings;
use crate::random::Random;
use crate::records::{FORMATS, Records, made_up};
use crate::sentences::sentence;
use crate::tally::Tally;

/// Records that many sentences are asked of.
const RECORDS: usize = 60;

/// Asks `count` sentences of made-up records of each format.
pub(crate) fn sentences(count: usize, seed: u64) -> Tally {
    let context = context();
    let mut tally = Tally::default();
    let mut random = Random(seed);
    for format in FORMATS {
        let records = made_up(format, RECORDS, true, &mut random);
        let engine = Engine::open(&[&records.text()], &context).expect("made-up records can be read");
        let logs = Logs::of(&records).expect("they are events");
        let mut asked = 0;
        while asked < count / FORMATS.len() {
            let text = sentence(&mut random);
            match compile(&text, &context) {
                Ok(plan) => {
                    asked += 1;
                    ask(&text, &plan, &records, (&engine, &logs), &mut tally);
                }
                Err(_) => tally.leave_out("sentences without a plan"),
            }
        }
    }
    tally
}

fn ask(text: &str, plan: &Plan, records: &Records, (engine, logs): (&Engine, &Logs), tally: &mut Tally) {
    let format = insights::Format::of(records.fields().expect("the fields are known"));
    match check(plan, &format, engine, logs) {
        Ok(Checked::Same) => {
            tally.plans += 1;
            tally.records += records.rows.len();
            tally.combinations += Settings::all().len();
        }
        Ok(Checked::Refused) => tally.refused += 1,
        Ok(Checked::LeftOut(why)) => tally.leave_out(why),
        Err(why) => tally.differences.push(format!("{text}\nof `{}`\n{why}", records.names.join(" "))),
    }
}

pub(crate) enum Checked {
    Same,
    Refused,
    LeftOut(&'static str),
}

/// Compares both sides; an error is a difference.
pub(crate) fn check(
    plan: &Plan,
    format: &insights::Format,
    engine: &Engine,
    logs: &Logs,
) -> Result<Checked, String> {
    if plan.targets.iter().any(|target| !target.selectors.is_empty() || target.kind == TargetKind::Group) {
        return Ok(Checked::LeftOut("targets, which no text says"));
    }
    let rows = engine.run(plan);
    let emitted = match (emit(plan, format), &rows) {
        (Ok(Ok(emitted)), _) => emitted,
        (Ok(Err(why)), _) => return crate::known::refused(&why).map(Checked::LeftOut).ok_or(why),
        (Err(_), Err(_)) => return Ok(Checked::Refused),
        (Err(why), Ok(_)) => {
            let only_files = why.contains("works on files only") || why.contains("cannot be said");
            return if only_files { Ok(Checked::LeftOut("what only files have")) } else { Err(why) };
        }
    };
    let (rows, _) = rows.map_err(|why| format!("{why}\n{}", emitted.text))?;
    let compared = match engine.session.interval(plan) {
        Some(interval) => compare(plan, &emitted, &logs.within(interval.from, interval.until), &rows.rows),
        None => compare(plan, &emitted, logs, &rows.rows),
    };
    match compared {
        Ok(Found::Same) => Ok(Checked::Same),
        Ok(Found::CutElsewhere) => Ok(Checked::LeftOut("cut where the service orders otherwise")),
        Err(_) if crate::known::difference(plan).is_some() => {
            Ok(Checked::LeftOut(crate::known::difference(plan).unwrap_or_default()))
        }
        Err(why) => Err(format!("{}\n{why}", emitted.text)),
    }
}

