//! `create`, `list` and `delete`: the life of flow logs, the same words on every account.
//!
//! What a person should decide is asked on a terminal and has to be said without one; every command
//! can be planned with `--dry-run`, and says per resource what became of it.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::{Args, value_parser};
use serde_json::json;

use super::args::{Output, OutputFormat};
use super::{Error, Exit, Terminal};
use crate::account::{
    AGGREGATIONS_S, Created, DEFAULT_AGGREGATION_S, DEFAULT_RETENTION_DAYS, FlowLog, KINDS, Remedy, Resource, Settings,
};
use crate::diagnostic::nearest;
use crate::field::{FIELDS, Origin};
use crate::output::{self, Style};
use crate::query::Context;
use crate::query::plan::TargetKind;
use crate::session::Session;
use crate::value::{Column, ColumnType, Row, Value};

/// Creates the flow logs of resources.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// What for: instance, sg, subnet, vpc, nat or endpoint
    #[arg(value_parser = parse_kind)]
    kind: TargetKind,

    /// Ids, names, or globs over either
    #[arg(required = true)]
    selectors: Vec<String>,

    /// Days that records are kept
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_RETENTION_DAYS, value_parser = value_parser!(u32).range(1..=3653))]
    retention: u32,

    /// Seconds over which a record aggregates: 60 or 600
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_AGGREGATION_S, value_parser = parse_aggregation)]
    aggregation: u32,

    /// The fields of a record, as AWS names them, such as `srcaddr,dstaddr,bytes` [default: those of
    /// versions 2 to 5, `reject-reason`, and those of ECS where there is a cluster]
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = parse_field)]
    fields: Vec<String>,

    #[command(flatten)]
    asking: Asking,
}

/// Lists flow logs.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only of this kind: instance, sg, subnet, vpc, nat or endpoint
    #[arg(value_parser = parse_kind_or_all)]
    kind: Option<TargetKind>,
}

/// Deletes flow logs.
#[derive(Debug, Args)]
pub(super) struct Delete {
    /// Of what: instance, sg, subnet, vpc, nat, endpoint, or all
    #[arg(value_parser = parse_kind_or_all)]
    kind: TargetKind,

    /// Ids, names, or globs over either; `all` takes none
    selectors: Vec<String>,

    #[command(flatten)]
    asking: Asking,
}

/// Looks for what is not as it should be.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Put right what can be
    #[arg(long)]
    fix: bool,

    #[command(flatten)]
    asking: Asking,
}

/// Whether and how to ask before something changes.
#[derive(Debug, Args)]
struct Asking {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

fn parse_kind(text: &str) -> Result<TargetKind, String> {
    parse_kind_or_all(text).and_then(|kind| match kind {
        TargetKind::All => Err(format!("expected one of {}", kinds())),
        kind => Ok(kind),
    })
}

fn parse_kind_or_all(text: &str) -> Result<TargetKind, String> {
    let known = TargetKind::named(text).filter(|kind| KINDS.contains(kind) || *kind == TargetKind::All);
    known.ok_or_else(|| format!("expected one of {}", kinds()))
}

fn kinds() -> String {
    KINDS.map(TargetKind::name).join(", ")
}

fn parse_aggregation(text: &str) -> Result<u32, String> {
    let known = text.parse().ok().filter(|seconds| AGGREGATIONS_S.contains(seconds));
    known.ok_or_else(|| "flow logs aggregate over 60 or 600 seconds".into())
}

/// A field of a record, by the name that it has in a flow log's format.
fn parse_field(text: &str) -> Result<String, String> {
    let names = FIELDS.iter().filter_map(|info| if let Origin::Record(name) = info.origin { Some(name) } else { None });
    match nearest(text, names.clone()) {
        _ if names.clone().any(|name| name == text) => Ok(text.into()),
        Some(near) => Err(format!("did you mean `{near}`?")),
        None => Err("no flow log has such a field; `flowlogs fields` lists them".into()),
    }
}

/// What became of one resource.
struct Outcome {
    resource: String,
    /// A word for machines.
    action: &'static str,
    detail: String,
    failed: bool,
}

impl Create {
    pub(super) async fn run(&self, session: &Session, output: &Output) -> Result<Exit, Error> {
        let settings =
            Settings { retention_days: self.retention, aggregation_s: self.aggregation, fields: self.fields.clone() };
        let resources = session.resources(self.kind, &self.selectors).await?;
        let mut outcomes = Vec::new();
        if self.asking.dry_run {
            for resource in &resources {
                outcomes.push(Outcome {
                    resource: resource.label(),
                    action: "would_create",
                    detail: format!("log group {}, {}", resource.log_group(), covers(resource)),
                    failed: false,
                });
            }
            return report(&outcomes, output);
        }
        let names: Vec<String> = resources.iter().map(Resource::label).collect();
        // One resource that was named is what was asked for; more than one may be a wide glob.
        if names.len() > 1 {
            self.asking.confirm("create the flow logs of", &names)?;
        }
        for resource in &resources {
            outcomes.push(created(resource, session.create(resource, &settings).await));
        }
        report(&outcomes, output)
    }
}

fn covers(resource: &Resource) -> String {
    let count = resource.interfaces.len();
    format!("{count} {}", if count == 1 { "interface" } else { "interfaces" })
}

fn created(resource: &Resource, created: Result<Created, crate::account::Error>) -> Outcome {
    let outcome = |action, detail| Outcome { resource: resource.label(), action, detail, failed: false };
    match created {
        Ok(Created::New { id, note }) => {
            let note = note.map(|note| format!("; {note}")).unwrap_or_default();
            outcome("created", format!("{id}, log group {}, {}{note}", resource.log_group(), covers(resource)))
        }
        Ok(Created::Extended { interfaces }) => {
            outcome("extended", format!("covers {} now too", interfaces.join(", ")))
        }
        Ok(Created::Unchanged) => outcome("unchanged", "it exists and covers every interface".into()),
        Err(error) => Outcome { resource: resource.label(), action: "failed", detail: explained(&error), failed: true },
    }
}

/// What failed, and what to do about it.
fn explained(error: &crate::account::Error) -> String {
    match error.help() {
        Some(help) => format!("{error} ({help})"),
        None => error.to_string(),
    }
}

impl Delete {
    pub(super) async fn run(&self, session: &Session, output: &Output) -> Result<Exit, Error> {
        if self.kind == TargetKind::All && !self.selectors.is_empty() {
            let message = "`delete all` takes no selector".into();
            return Err(Error::Usage { message, help: Some("name the kind: `delete vpc NAME`".into()) });
        }
        if self.kind != TargetKind::All && self.selectors.is_empty() {
            let message = format!("`delete {}` needs an id or a name", self.kind.name());
            return Err(Error::Usage {
                message,
                help: Some(format!("every one of them is `delete {} '*'`", self.kind.name())),
            });
        }
        let flow_logs = session.flow_logs(self.kind, &self.selectors).await?;
        let names: Vec<String> = flow_logs.iter().map(label).collect();
        if self.asking.dry_run {
            let would = |flow_log: &FlowLog| Outcome {
                resource: label(flow_log),
                action: "would_delete",
                detail: format!("{}, log group {}", flow_log.id, flow_log.log_group),
                failed: false,
            };
            return report(&flow_logs.iter().map(would).collect::<Vec<_>>(), output);
        }
        if !names.is_empty() {
            self.asking.confirm("delete the flow logs of", &names)?;
        }
        let mut outcomes = Vec::new();
        for flow_log in &flow_logs {
            let (action, detail, failed) = match session.delete(flow_log).await {
                Ok(()) => ("deleted", format!("{}, log group {}", flow_log.id, flow_log.log_group), false),
                Err(error) => ("failed", explained(&error), true),
            };
            outcomes.push(Outcome { resource: label(flow_log), action, detail, failed });
        }
        report(&outcomes, output)
    }
}

fn label(flow_log: &FlowLog) -> String {
    match &flow_log.name {
        Some(name) if *name != flow_log.resource => format!("{} {name} ({})", flow_log.kind.name(), flow_log.resource),
        _ => format!("{} {}", flow_log.kind.name(), flow_log.resource),
    }
}

impl Asking {
    /// Asks a person; without one, `--yes` has to say it.
    fn confirm(&self, what: &str, names: &[String]) -> Result<(), Error> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            let message = format!("this would {what} {}, and nobody is there to confirm it", names.join(", "));
            return Err(Error::Usage { message, help: Some("say `--yes`, or look first with `--dry-run`".into()) });
        }
        let mut err = io::stderr();
        for name in names {
            writeln!(err, "  {name}")?;
        }
        write!(err, "{what} these {}? [y/N] ", names.len())?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
            return Ok(());
        }
        Err(Error::Failed { message: "not confirmed: nothing was changed".into(), help: None })
    }
}

/// Says what became of each resource; fails if any failed.
fn report(outcomes: &[Outcome], output: &Output) -> Result<Exit, Error> {
    let mut out = io::stdout().lock();
    if output.output == OutputFormat::Table {
        for outcome in outcomes {
            writeln!(out, "{} {}: {}", outcome.action.replace('_', " "), outcome.resource, outcome.detail)?;
        }
        if outcomes.is_empty() {
            writeln!(out, "nothing to do")?;
        }
    } else {
        let rows: Vec<serde_json::Value> =
            outcomes.iter().map(|o| json!({"resource": o.resource, "action": o.action, "detail": o.detail})).collect();
        writeln!(out, "{}", serde_json::Value::Array(rows))?;
    }
    let failed: Vec<&str> = outcomes.iter().filter(|o| o.failed).map(|o| o.resource.as_str()).collect();
    if failed.is_empty() {
        return Ok(Exit::Done);
    }
    Err(Error::Failed {
        message: format!("{} of {} failed: {}", failed.len(), outcomes.len(), failed.join(", ")),
        help: None,
    })
}

impl Doctor {
    /// Fails while there are findings that are not put right.
    pub(super) async fn run(&self, session: &Session, output: &Output) -> Result<Exit, Error> {
        let findings = session.findings().await?;
        if findings.is_empty() && output.output == OutputFormat::Table {
            super::print::line("nothing is wrong")?;
            return Ok(Exit::Done);
        }
        let remedies: Vec<String> = findings.iter().filter_map(|f| f.remedy.as_ref()).map(Remedy::describe).collect();
        let fixes = self.fix && !self.asking.dry_run;
        if fixes && !remedies.is_empty() {
            self.asking.confirm("carry out", &remedies)?;
        }
        let mut outcomes = Vec::new();
        for finding in &findings {
            let remedy = finding.remedy.as_ref();
            let described = remedy.map_or_else(|| "nothing here can put it right".into(), Remedy::describe);
            let (action, detail, failed) = match remedy {
                Some(remedy) if fixes => match session.remedy(remedy).await {
                    Ok(()) => ("fixed", described, false),
                    Err(error) => ("failed", explained(&error), true),
                },
                Some(_) => ("found", format!("`--fix` would {described}"), true),
                None => ("found", described, true),
            };
            outcomes.push(Outcome { resource: finding.problem.clone(), action, detail, failed });
        }
        report(&outcomes, output)
    }
}

/// Prints the inventory as JSON, as an embedded account has it.
pub(super) async fn inventory(session: &Session) -> Result<Exit, Error> {
    let inventory = session.inventory().await?;
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &inventory).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(Exit::Done)
}

impl List {
    pub(super) async fn run(
        &self,
        session: &Session,
        output: &Output,
        context: &Context,
        terminal: &Terminal,
    ) -> Result<Exit, Error> {
        let flow_logs = session.flow_logs(self.kind.unwrap_or(TargetKind::All), &[]).await?;
        let columns = COLUMNS.map(|(name, column_type)| Column {
            name: name.into(),
            heading: name.replace('_', " ").to_uppercase(),
            column_type,
        });
        let style = Style {
            colour: terminal.colour_out(),
            width: Terminal::width(),
            zone: context.clock.zone.clone(),
            hidden: Vec::new(),
        };
        let mut out = io::stdout();
        let mut printed = output::output(output.format(), style, &mut out);
        printed.columns(&columns)?;
        printed.rows(flow_logs.iter().map(row).collect())?;
        printed.finish()?;
        if let Some(remark) = printed.remark() {
            terminal.note(&remark);
        }
        Ok(Exit::Done)
    }
}

const COLUMNS: [(&str, ColumnType); 10] = [
    ("kind", ColumnType::Text),
    ("name", ColumnType::Text),
    ("resource", ColumnType::Text),
    ("interfaces", ColumnType::Text),
    ("status", ColumnType::Text),
    ("created", ColumnType::Text),
    ("log_group", ColumnType::Text),
    ("id", ColumnType::Text),
    ("retention_days", ColumnType::Number),
    ("stored_bytes", ColumnType::Number),
];

fn row(flow_log: &FlowLog) -> Row {
    let text = |text: &str| Value::Text(text.to_string().into());
    let number = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    vec![
        Value::word(flow_log.kind.name()),
        flow_log.name.as_deref().map_or(Value::Absent, text),
        text(&flow_log.resource),
        Value::Text(format!("{} of {}", flow_log.covered.len(), flow_log.interfaces).into()),
        text(&flow_log.status),
        Value::Time(flow_log.created),
        text(&flow_log.log_group),
        text(&flow_log.id),
        number(flow_log.retention_days.into()),
        number(flow_log.stored_bytes),
    ]
}
