//! The corpus: every case that has records and a sentence for the service.

use std::fs;
use std::path::{Path, PathBuf};

use flowlogs::query::{Context, compile};
use jiff::tz::TimeZone;

use crate::compare::Logs;
use crate::engine::{Engine, context};
use crate::evaluator::Settings;
use crate::records::Records;
use crate::tally::Tally;
use crate::whole::{Checked, check};

/// Runs every case.
pub(crate) fn cases() -> Tally {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let mut files = Vec::new();
    find(&Path::new(&root).join("tests/corpus"), &mut files);
    files.sort();
    let mut tally = Tally::default();
    for file in files {
        let text = fs::read_to_string(&file).expect("a case is text");
        match case(&Sections::of(&text)) {
            Ok(Some((Checked::Same, records))) => {
                tally.cases += 1;
                tally.records += records;
                tally.combinations += Settings::all().len();
            }
            Ok(Some((Checked::Refused, _))) => tally.refused += 1,
            Ok(Some((Checked::LeftOut(why), _))) => tally.leave_out(why),
            Ok(None) => tally.leave_out("cases without records, or of an error"),
            Err(why) => tally.differences.push(format!("{}\n{why}", file.display())),
        }
    }
    tally
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the corpus can be listed") {
        let path = entry.expect("the corpus can be listed").path();
        if path.is_dir() { find(&path, files) } else { files.push(path) }
    }
}

/// The sections of a case, each headed `-- name --`.
struct Sections(Vec<(String, String)>);

impl Sections {
    fn of(text: &str) -> Self {
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            match line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
                Some(name) => sections.push((name.to_string(), String::new())),
                None => sections.last_mut().into_iter().for_each(|(_, body)| body.extend([line, "\n"])),
            }
        }
        Self(sections)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, body)| body.as_str())
    }

    /// Lines `name = value`.
    fn pairs(&self, name: &str) -> Vec<(String, String)> {
        let lines = self.get(name).unwrap_or_default().lines();
        let pairs = lines.filter_map(|line| line.split_once('='));
        pairs.map(|(name, value)| (name.trim().to_string(), value.trim().to_string())).collect()
    }

    fn context(&self) -> Context {
        let mut context = context();
        if let Some(zone) = self.get("zone") {
            context.clock.zone = TimeZone::get(zone.trim()).expect("a zone");
        }
        for (name, value) in self.pairs("param") {
            context.parameters.entry(name).or_default().push(value);
        }
        context.named.filters = self.pairs("saved").into_iter().collect();
        context
    }
}

/// The outcome of a case, and its number of records; `None` if there is nothing to compare.
fn case(sections: &Sections) -> Result<Option<(Checked, usize)>, String> {
    let context = sections.context();
    let (Some(query), Some(input)) = (sections.get("query"), sections.get("input")) else { return Ok(None) };
    let Ok(plan) = compile(query.trim_end(), &context) else { return Ok(None) };
    let left_out = |why| Ok(Some((Checked::LeftOut(why), 0)));
    let mut records = Records::parse(input);
    let mut texts = vec![input];
    if let Some(more) = sections.get("input 2") {
        let others = Records::parse(more);
        if others.names != records.names {
            return left_out("files of two formats");
        }
        records.rows.extend(others.rows);
        texts.push(more);
    }
    if records.fields().is_none() {
        return left_out("columns that only files have");
    }
    if records.rows.iter().any(|row| row.len() != records.names.len()) {
        return left_out("malformed records");
    }
    let Some(start) = records.names.iter().position(|name| name == "start") else {
        return left_out("records without a time");
    };
    if records.rows.iter().any(|row| row[start].len() > 10) {
        return left_out("records with times in milliseconds");
    }
    let engine = Engine::open(&texts, &context)?;
    let logs = Logs::of(&records)?;
    Ok(Some((check(&plan, &records.format(), &engine, &logs)?, records.rows.len())))
}
