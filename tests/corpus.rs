//! The corpus: one file per case, found at run time, so that a new file needs no rebuild.
//!
//! A case starts with a comment that says why it exists. Then come sections, each headed `-- name --`: the input
//! (`query`, `param`, `saved`, `zone`, `format`, `input`, `input 2`, and `found`, the fields of the format that the
//! service finds) and the expected output (`sentence`, `filter`, `insights`, `notes`, `error`, `rows`, `stats`, and
//! `remark`, the remarks of a run on its records). The clock stands at 2026-11-23T12:00:00Z. `UPDATE_CORPUS=1` rewrites
//! the output; read the difference line by line before you keep it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use flowlogs::field::Field;
use flowlogs::insights;
use flowlogs::query::clock::Clock;
use flowlogs::query::{Context, Plan, compile, print};
use ipnet::IpNet;
use jiff::tz::TimeZone;
use libtest_mimic::{Arguments, Failed, Trial};
use similar::TextDiff;

const INPUTS: [&str; 9] = ["query", "param", "saved", "networks", "zone", "format", "found", "input", "input 2"];
const OUTPUTS: [&str; 8] = ["sentence", "filter", "insights", "notes", "error", "rows", "stats", "remark"];
/// The fewest cases that the corpus may have.
const FEWEST: usize = 150;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // Read at run time: a shared target folder may hold a build of another clone.
    let root = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests")).join("tests/corpus");
    let mut files = Vec::new();
    find(&root, &mut files);
    files.sort();
    let count = files.len();
    let mut trials: Vec<Trial> = files
        .into_iter()
        .map(|file| {
            let name = file.strip_prefix(&root).expect("found below the root").with_extension("");
            Trial::test(name.display().to_string(), move || run(&file))
        })
        .collect();
    trials.push(Trial::test("the_corpus_is_not_empty", move || {
        if count < FEWEST { Err(format!("{count} cases found, {FEWEST} expected").into()) } else { Ok(()) }
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the corpus can be listed") {
        let path = entry.expect("the corpus can be listed").path();
        if path.is_dir() {
            find(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// A case: its comment, and its sections in the order of the file.
struct Case {
    comment: String,
    sections: Vec<(String, String)>,
}

impl Case {
    fn parse(text: &str) -> Result<Self, String> {
        let mut comment = String::new();
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            let name = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
            match (name, sections.last_mut()) {
                (Some(name), _) => {
                    if !INPUTS.contains(&name) && !OUTPUTS.contains(&name) {
                        return Err(format!("unknown section `{name}`"));
                    }
                    if sections.iter().any(|(known, _)| known == name) {
                        return Err(format!("section `{name}` stands twice"));
                    }
                    sections.push((name.to_string(), String::new()));
                }
                (None, Some((_, body))) => {
                    body.push_str(line);
                    body.push('\n');
                }
                (None, None) => {
                    comment.push_str(line);
                    comment.push('\n');
                }
            }
        }
        if !comment.starts_with("# ") {
            return Err("a case starts with a comment that says why it exists".into());
        }
        if !sections.iter().any(|(name, _)| OUTPUTS.contains(&name.as_str())) {
            return Err("a case says what must come out".into());
        }
        Ok(Self { comment, sections })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.sections.iter().find(|(known, _)| known == name).map(|(_, body)| body.as_str())
    }

    fn print(&self) -> String {
        let mut text = self.comment.clone();
        for (name, body) in &self.sections {
            let _ = write!(text, "-- {name} --\n{body}");
        }
        text
    }

    fn context(&self) -> Result<Context, String> {
        let zone = match self.get("zone") {
            Some(name) => TimeZone::get(name.trim()).map_err(|error| error.to_string())?,
            None => TimeZone::UTC,
        };
        let mut context = Context::new(Clock { now: 1_795_435_200, zone });
        for (name, value) in pairs(self.get("param"))? {
            context.parameters.entry(name).or_default().push(value);
        }
        for (name, networks) in pairs(self.get("networks"))? {
            let network = |text: &str| {
                let address = text.trim().parse::<IpAddr>().map(IpNet::from);
                text.trim().parse().or(address).map_err(|error| error.to_string())
            };
            let networks: Vec<IpNet> = networks.split(',').map(network).collect::<Result<_, String>>()?;
            context.named.networks.insert(name, networks);
        }
        context.named.filters = pairs(self.get("saved"))?.into_iter().collect::<BTreeMap<_, _>>();
        Ok(context)
    }

    fn format(&self) -> Result<insights::Format, String> {
        let Some(names) = self.get("format") else { return Ok(insights::Format::every()) };
        let fields = |names: &str| {
            let fields =
                names.split_whitespace().map(|name| Field::of_record(name).ok_or(format!("no field `{name}`")));
            fields.collect::<Result<Vec<_>, _>>()
        };
        let values = fields(names)?;
        Ok(match self.get("found") {
            None => insights::Format::of(values),
            Some(found) => insights::Format::line(values.into_iter().map(Some).collect(), fields(found)?),
        })
    }
}

fn pairs(section: Option<&str>) -> Result<Vec<(String, String)>, String> {
    section
        .unwrap_or_default()
        .lines()
        .map(|line| {
            let (name, value) = line.split_once('=').ok_or(format!("`{line}` is no NAME=VALUE"))?;
            Ok((name.trim().to_string(), value.trim().to_string()))
        })
        .collect()
}

fn run(file: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(file)?;
    let mut case = Case::parse(&text)?;
    let query = case.get("query").ok_or("a case has a `query`")?.trim_end().to_string();
    let context = case.context()?;
    let compiled = compile(&query, &context);
    if let Ok(plan) = &compiled {
        check_round_trip(plan, &context)?;
    }
    let found = answers(&case, &query, compiled)?;
    for (name, body) in &mut case.sections {
        if let Some(answer) = found.get(name.as_str()) {
            body.clone_from(answer);
        }
    }
    let printed = case.print();
    if printed == text {
        return Ok(());
    }
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        fs::write(file, printed)?;
        return Ok(());
    }
    Err(TextDiff::from_lines(&text, &printed).unified_diff().header("expected", "found").to_string().into())
}

/// The canonical sentence means the same, and is its own canonical sentence.
fn check_round_trip(plan: &Plan, context: &Context) -> Result<(), String> {
    let sentence = print::sentence(plan);
    let mut again = compile(&sentence, context).map_err(|error| error.render("canonical", &sentence, false))?;
    // Notes depend on the way a sentence was typed.
    again.notes.clone_from(&plan.notes);
    if again != *plan || print::sentence(&again) != sentence {
        return Err(format!("`{sentence}` does not read back as itself: {plan:#?}\n{again:#?}"));
    }
    Ok(())
}

/// The output for each output section that the case has.
fn answers(
    case: &Case,
    query: &str,
    compiled: Result<Plan, flowlogs::query::Error>,
) -> Result<BTreeMap<&'static str, String>, String> {
    let mut found = BTreeMap::new();
    let plan = match compiled {
        Ok(plan) => plan,
        Err(error) => {
            let drawn = error.render("query", query, false);
            if case.get("error").is_none() {
                return Err(drawn);
            }
            found.insert("error", drawn);
            return Ok(found);
        }
    };
    let is_wanted = |name: &str| case.get(name).is_some();
    if is_wanted("sentence") {
        found.insert("sentence", format!("{}\n", print::sentence(&plan)));
    }
    if is_wanted("filter") {
        let filter = plan.selection.said.as_ref().map(|said| print::parenthesised(said, &[])).unwrap_or_default();
        found.insert("filter", format!("{filter}\n"));
    }
    let emitted = insights::emit(&plan, &case.format()?);
    if is_wanted("notes") {
        let more = emitted.as_ref().map(|query| query.notes.clone()).unwrap_or_default();
        let several = emitted.as_ref().ok().and_then(|_| insights::note_of_several(&plan));
        let notes: Vec<String> = plan.notes.iter().cloned().chain(more).chain(several).collect();
        found.insert("notes", lines(&notes));
    }
    if is_wanted("insights") {
        let text = match &emitted {
            Ok(query) => query.text.clone(),
            Err(error) => match error.help() {
                Some(help) => format!("none: {error}\nhelp: {help}"),
                None => format!("none: {error}"),
            },
        };
        found.insert("insights", format!("{text}\n"));
    }
    #[cfg(feature = "local")]
    if ["rows", "stats", "remark"].into_iter().any(is_wanted) || (is_wanted("error") && is_wanted("input")) {
        local::run(case, &plan, &mut found)?;
    }
    if is_wanted("error") && !found.contains_key("error") && cfg!(feature = "local") {
        return Err("an error was expected".into());
    }
    Ok(found)
}

fn lines(texts: &[String]) -> String {
    texts.iter().fold(String::new(), |all, text| all + text.as_str() + "\n")
}

#[cfg(feature = "local")]
mod local {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use flowlogs::engine::Options;
    use flowlogs::output::{self, Format, Style};
    use flowlogs::query::Plan;
    use flowlogs::session::Session;
    use flowlogs::value::{Progress, RunStats};

    use super::Case;

    /// Runs the plan over the case's input. The rows are CSV, the statistics one per line.
    pub(super) fn run(case: &Case, plan: &Plan, found: &mut BTreeMap<&'static str, String>) -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut paths = Vec::new();
        for name in ["input", "input 2"] {
            if let Some(text) = case.get(name) {
                let path = folder.path().join(format!("{}.log", name.replace(' ', "-")));
                std::fs::write(&path, text).map_err(|error| error.to_string())?;
                paths.push(path.display().to_string());
            }
        }
        let options = Options { paths, memory_limit_bytes: 256 << 20, ..Options::default() };
        let mut text = Vec::new();
        let outcome = query(case, plan, options, &mut text).map(|(stats, remark)| {
            found.insert("remark", remark.map(|remark| remark + "\n").unwrap_or_default());
            stats
        });
        let folder_name = format!("{}/", folder.path().display());
        match outcome {
            Ok(stats) => {
                found.insert("rows", String::from_utf8(text).map_err(|error| error.to_string())?);
                found.insert("stats", numbers(&stats).replace(&folder_name, ""));
            }
            Err(error) => {
                let help = error.help().map(|help| format!("help: {help}\n")).unwrap_or_default();
                found.insert("error", format!("error: {error}\n{help}").replace(&folder_name, ""));
            }
        }
        Ok(())
    }

    fn query(
        case: &Case,
        plan: &Plan,
        options: Options,
        text: &mut Vec<u8>,
    ) -> Result<(RunStats, Option<String>), flowlogs::account::Error> {
        let clock = case.context().expect("it was read before").clock;
        let style = Style::plain(None, clock.zone.clone());
        let session = Session::open(options, None)?;
        let mut output = output::output(Format::Csv, style, text);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let stats = runtime.block_on(session.run(plan, &clock, &Arc::new(Progress::default()), output.as_mut()))?;
        output.finish().expect("memory can be written to");
        Ok((stats, runtime.block_on(session.note_of_both_ends(plan, &clock))?))
    }

    fn numbers(stats: &RunStats) -> String {
        let mut lines = vec![format!("rows {}", stats.rows), format!("records {}", stats.records_scanned)];
        for (name, number) in [("malformed", stats.malformed), ("nodata", stats.nodata), ("skipdata", stats.skipdata)] {
            if number > 0 {
                lines.push(format!("{name} {number}"));
            }
        }
        if let Some(first) = &stats.first_malformed {
            lines.push(format!("first {}:{} {}", first.file, first.line, first.reason));
        }
        if stats.truncated {
            lines.push("truncated".into());
        }
        lines.join("\n") + "\n"
    }
}
