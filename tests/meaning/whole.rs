//! Whole sentences, one by one.

use flowlogs::insights;
use flowlogs::kind::TargetKind;
use flowlogs::query::plan::Target;
use flowlogs::query::{Plan, compile};

use crate::compare::{Found, Logs, compare, emit};
use crate::engine::{Engine, context};
use crate::evaluator::Settings;
use crate::known;
use crate::random::Random;
use crate::records::{Records, formats, made_up};
use crate::sentences::sentence;
use crate::tally::Tally;
use crate::typed::kinds;

/// Records that many sentences are asked of.
const RECORDS: usize = 60;

/// Asks `count` sentences of made-up records of each format.
pub(crate) fn sentences(count: usize, seed: u64) -> Tally {
    let context = context();
    let mut tally = Tally::default();
    let mut random = Random(seed);
    let formats = formats();
    for format in &formats {
        let records = made_up(format, RECORDS, true, &mut random);
        let asked_of = [Asked::new(records.clone()), Asked::new(directed(records))];
        let mut asked = 0;
        while asked < count / formats.len() {
            let text = sentence(&mut random);
            match compile(&text, &context) {
                Ok(plan) => {
                    asked += 1;
                    ask(&text, &plan, &asked_of, &mut tally);
                }
                Err(_) => tally.leave_out("drawn again: no plan"),
            }
        }
    }
    tally
}

/// Records, as both sides have them.
struct Asked {
    records: Records,
    engine: Engine,
    logs: Logs,
    format: insights::Format,
}

impl Asked {
    fn new(records: Records) -> Self {
        let engine = Engine::open(&[&records.text()], &context()).expect("made-up records can be read");
        let logs = Logs::of(&records).expect("they are events");
        let format = insights::Format::of(records.fields().expect("the fields are known"));
        Self { records, engine, logs, format }
    }

    fn check(&self, plan: &Plan) -> Result<Checked, String> {
        check(plan, &self.format, &self.engine, &self.logs)
    }
}

/// The same records, none without a direction.
fn directed(mut records: Records) -> Records {
    let place = records.names.iter().position(|name| name == "flow-direction");
    for row in &mut records.rows {
        match place {
            Some(place) if row[place] == "-" => row[place] = "ingress".into(),
            _ => {}
        }
    }
    records
}

fn ask(text: &str, plan: &Plan, [any, directed]: &[Asked; 2], tally: &mut Tally) {
    let mut checked = any.check(plan);
    if checked.is_err() && known::projects_a_side(plan) {
        tally.leave_out("local or remote shown of records without a direction, asked again of others");
        checked = directed.check(plan);
    }
    match checked {
        Ok(Checked::Same) => {
            tally.plans += 1;
            tally.records += any.records.rows.len();
            tally.combinations += Settings::all().len();
        }
        Ok(Checked::Refused) => tally.refused += 1,
        Ok(Checked::LeftOut(why)) => tally.leave_out(why),
        Err(why) => tally.differences.push(format!("{text}\nof `{}`\n{why}", any.records.names.join(" "))),
    }
}

pub(crate) enum Checked {
    Same,
    Refused,
    LeftOut(&'static str),
}

/// Compares both sides; an error is a difference.
pub(crate) fn check(plan: &Plan, format: &insights::Format, engine: &Engine, logs: &Logs) -> Result<Checked, String> {
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
    let why = if known::is_of_nothing(plan, &rows.rows) {
        Some("`distinct` over no record")
    } else {
        known::counts_absent(&emitted.text).then_some("`distinct` of a field whose `-` is counted")
    };
    if let (Err(_), Some(why)) = (&compared, why) {
        let kinds = known::without_distinct(plan, &kinds(plan));
        if compare(plan, &kinds, &emitted, logs, &rows.rows).is_ok() {
            return Ok(Checked::LeftOut(why));
        }
    }
    match compared {
        Ok(Found::Same) => Ok(Checked::Same),
        Ok(Found::CutElsewhere) => Ok(Checked::LeftOut("cut where the service orders otherwise")),
        Err(why) => Err(format!("{}\n{why}", emitted.text)),
    }
}

/// Whether files take the target as every record: what is selected is not in the text, but in which
/// logs are asked.
fn is_every_record(target: &Target) -> bool {
    use TargetKind::{All, Eni, Instance, Subnet, Vpc};
    target.selectors.is_empty() && matches!(target.kind, All | Eni | Instance | Subnet | Vpc)
}
