//! Whole sentences, one by one.

use flowlogs::insights;
use flowlogs::kind::TargetKind;
use flowlogs::query::plan::Target;
use flowlogs::query::{Plan, compile};

use crate::compare::{Found, Logs, compare, emit};
use crate::differed::DIFFERED;
use crate::engine::{Engine, context};
use crate::evaluator::Settings;
use crate::known;
use crate::random::Random;
use crate::records::{Records, formats, made_up, of_two_formats};
use crate::sentences::sentence;
use crate::tally::Tally;
use crate::typed::kinds;

/// The number of records for many sentences.
const RECORDS: usize = 60;

/// Runs `count` sentences over made-up records of each format.
pub(crate) fn sentences(count: usize, seed: u64) -> Tally {
    let context = context();
    let mut tally = Tally::default();
    let mut random = Random(seed);
    let formats = formats();
    let mut logs: Vec<Records> = formats.iter().map(|format| made_up(format, RECORDS, true, &mut random)).collect();
    logs.push(of_two_formats(made_up(&formats[0], RECORDS, true, &mut random)));
    let share = count / logs.len();
    for asked_of in logs.into_iter().map(Asked::new) {
        let mut asked = 0;
        for (about, text) in DIFFERED.iter().flat_map(|(about, texts)| texts.iter().map(move |text| (about, text))) {
            let plan = compile(text, &context).unwrap_or_else(|error| panic!("{text}: {error}"));
            asked_of.ask(&format!("{text} ({about})"), &plan, &mut tally);
        }
        while asked < share {
            let text = sentence(&mut random);
            match compile(&text, &context) {
                Ok(plan) => {
                    asked += 1;
                    asked_of.ask(&text, &plan, &mut tally);
                }
                Err(_) => tally.leave_out("drawn again: no plan"),
            }
        }
    }
    tally
}

/// Records, in the forms of both sides.
struct Asked {
    records: Records,
    engine: Engine,
    logs: Logs,
}

impl Asked {
    fn new(records: Records) -> Self {
        let engine = Engine::open(&[&records.text()], &context()).expect("made-up records can be read");
        let logs = Logs::of(&records).expect("they are events");
        Self { records, engine, logs }
    }

    fn ask(&self, text: &str, plan: &Plan, tally: &mut Tally) {
        match check(plan, &self.records.format(), &self.engine, &self.logs) {
            Ok(Checked::Same) => {
                tally.plans += 1;
                tally.records += self.records.rows.len();
                tally.combinations += Settings::all().len();
            }
            Ok(Checked::Refused) => tally.refused += 1,
            Ok(Checked::LeftOut(why)) => tally.leave_out(why),
            Err(why) => tally.differences.push(format!("{text}\nof `{}`\n{why}", self.records.names.join(" "))),
        }
    }
}

pub(crate) enum Checked {
    Same,
    Refused,
    LeftOut(&'static str),
}

/// Compares both sides; an error is a difference. Conversations are compared by their groups by interface.
pub(crate) fn check(plan: &Plan, format: &insights::Format, engine: &Engine, logs: &Logs) -> Result<Checked, String> {
    let per_interface = plan.in_parts();
    let plan = per_interface.as_ref().unwrap_or(plan);
    if !plan.targets.iter().all(is_every_record) {
        return Ok(Checked::LeftOut("targets, which no text says"));
    }
    let rows = engine.run(plan);
    let emitted = match (emit(plan, format), &rows) {
        (Ok(Ok(emitted)), _) => emitted,
        (Ok(Err(why)), _) => return Err(why),
        (Err(_), Err(_)) => return Ok(Checked::Refused),
        (Err(why), Ok(_)) => {
            let only_files = why.contains("works on files only") || why.contains("cannot be said");
            return if only_files { Ok(Checked::LeftOut("what only files have")) } else { Err(why) };
        }
    };
    let (rows, _) = rows.map_err(|why| format!("{why}\n{}", emitted.text))?;
    let within =
        engine.session.interval(plan, &engine.clock).map(|interval| logs.within(interval.from, interval.until));
    let logs = within.as_ref().unwrap_or(logs);
    let compared = compare(plan, &kinds(plan), &emitted, logs, &rows.rows);
    if compared.is_err() && known::is_of_nothing(plan, &rows.rows) {
        let kinds = known::without_distinct(plan, &kinds(plan));
        if known::chooses_by_distinct(plan) || compare(plan, &kinds, &emitted, logs, &rows.rows).is_ok() {
            return Ok(Checked::LeftOut("`distinct` over no record"));
        }
    }
    if compared.is_err() && known::chooses_by_estimate(plan) {
        return Ok(Checked::LeftOut("groups chosen by an estimate"));
    }
    match compared {
        Ok(Found::Same) => Ok(Checked::Same),
        Ok(Found::CutElsewhere) => Ok(Checked::LeftOut("cut where the service orders otherwise")),
        Err(why) => Err(format!("{}\n{why}", emitted.text)),
    }
}

/// Returns whether files take the target as every record: a selector is not in the text, but in the choice of the
/// queried logs.
fn is_every_record(target: &Target) -> bool {
    use TargetKind::{All, Eni, Instance, Subnet, Vpc};
    target.selectors.is_empty() && matches!(target.kind, All | Eni | Instance | Subnet | Vpc)
}
