//! `create`, `list` and `delete`: the life of flow logs, the same words on every account.
//!
//! What a person should decide is asked on a terminal and has to be said without one; every command
//! can be planned with `--dry-run`, and says per resource what became of it.

use std::io::{self, Write};

use clap::{Args, value_parser};

use super::kind::KindParser;
use super::{Asking, Desk, Error, Exit, OutputFormat, Terminal, pick};
use crate::account::{
    AGGREGATIONS_S, DEFAULT_AGGREGATION_S, DEFAULT_RETENTION_DAYS, Finding, FlowLog, KINDS, Remedy, Resource, Settings,
};
use crate::diagnostic::nearest;
use crate::field::{FIELDS, Origin};
use crate::output::{self, Style};
use crate::query::plan::TargetKind;
use crate::session::Outcome;
use crate::value::{Column, ColumnType, Row, Value};

/// Creates the flow logs of resources.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What for
    #[arg(value_parser = KindParser(KINDS))]
    kind: TargetKind,

    /// Ids, names, or globs over either; on a terminal, none lets pick them from a list
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
}

/// Lists flow logs.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only of this kind
    #[arg(value_parser = KindParser(KINDS_AND_ALL))]
    kind: Option<TargetKind>,
}

/// Deletes flow logs.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Of what
    #[arg(value_parser = KindParser(KINDS_AND_ALL))]
    kind: TargetKind,

    /// Ids, names, or globs over either; on a terminal, none lets pick them from a list; `all` takes none
    selectors: Vec<String>,
}

/// Looks for what is not as it should be.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Put right what can be
    #[arg(long)]
    fix: bool,
}

/// What can be listed and deleted.
const KINDS_AND_ALL: [TargetKind; 7] = {
    let [instance, group, subnet, vpc, nat, endpoint] = KINDS;
    [instance, group, subnet, vpc, nat, endpoint, TargetKind::All]
};

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

impl Create {
    pub(super) async fn run(&self, desk: &Desk) -> Result<Exit, Error> {
        let Desk { session, asking, terminal, .. } = desk;
        let settings =
            Settings { retention_days: self.retention, aggregation_s: self.aggregation, fields: self.fields.clone() };
        if self.selectors.is_empty() && !pick::can_ask() {
            return Err(nothing_selected("create", self.kind));
        }
        let mut resources = session.resources(self.kind, &self.selectors).await?;
        if self.selectors.is_empty() {
            resources.retain(|resource| !resource.interfaces.is_empty());
            if resources.is_empty() {
                let message = format!("no {} has a network interface: there is nothing to log", self.kind.name());
                return Err(Error::Failed { message, help: None });
            }
            let vpcs = session.resources(TargetKind::Vpc, &[]).await?;
            resources = pick::resources(resources, &vpcs, terminal)?;
        }
        let names: Vec<String> = resources.iter().map(Resource::label).collect();
        // What was named or picked one by one is what was asked for; a glob may be wider than meant.
        let is_wide = names.len() > self.selectors.len().max(1) && !self.selectors.is_empty();
        if is_wide && !asking.dry_run {
            asking.confirm("create the flow logs of", &names, terminal)?;
        }
        let outcomes = if asking.dry_run {
            session.plan(&resources, &settings).await?
        } else {
            session.create(&resources, &settings).await
        };
        report(&outcomes, desk)
    }
}

impl Delete {
    pub(super) async fn run(&self, desk: &Desk) -> Result<Exit, Error> {
        let Desk { session, asking, terminal, .. } = desk;
        if self.kind == TargetKind::All && !self.selectors.is_empty() {
            let message = "`delete all` takes no selector".into();
            return Err(Error::Usage { message, help: Some("name the kind: `delete vpc NAME`".into()) });
        }
        let is_picking = self.kind != TargetKind::All && self.selectors.is_empty();
        if is_picking && !pick::can_ask() {
            return Err(nothing_selected("delete", self.kind));
        }
        let mut flow_logs = session.flow_logs(self.kind, &self.selectors).await?;
        if is_picking {
            flow_logs = pick::flow_logs(flow_logs, terminal)?;
        }
        let names: Vec<String> = flow_logs.iter().map(FlowLog::label).collect();
        if !names.is_empty() && !asking.dry_run {
            asking.confirm("delete the flow logs of", &names, terminal)?;
        }
        report(&session.delete(&flow_logs, asking.dry_run).await, desk)
    }
}

impl Asking {
    /// Asks, unless `--yes` said it beforehand.
    fn confirm(&self, what: &str, names: &[String], terminal: &Terminal) -> Result<(), Error> {
        if self.yes { Ok(()) } else { pick::confirm(what, names, terminal) }
    }
}

/// Without a person to pick, a command has to name what it is about.
fn nothing_selected(command: &str, kind: TargetKind) -> Error {
    let kind = kind.name();
    Error::Usage {
        message: format!("`{command} {kind}` needs an id or a name"),
        help: Some(format!("every one of them is `{command} {kind} '*'`")),
    }
}

/// Says what became of each resource; fails if any failed.
fn report(outcomes: &[Outcome], desk: &Desk) -> Result<Exit, Error> {
    let said = |outcome: &Outcome| match &outcome.detail {
        Ok(detail) => detail.clone(),
        Err(error) => explained(error),
    };
    if desk.output.output == OutputFormat::Table {
        print_lines(outcomes.iter().map(|outcome| (outcome.action, outcome.label(), said(outcome))), desk)?;
    } else {
        let name = |outcome: &Outcome| outcome.name.as_deref().map_or(Value::Absent, text);
        let row = |outcome: &Outcome| -> Row {
            let kind = Value::word(outcome.kind.name());
            [kind, text(&outcome.resource), name(outcome), Value::word(outcome.action), text(&said(outcome))].into()
        };
        print_rows(&OUTCOME_COLUMNS, outcomes.iter().map(row).collect(), desk)?;
    }
    let failed: Vec<String> = outcomes.iter().filter(|o| o.detail.is_err()).map(Outcome::label).collect();
    if failed.is_empty() {
        return Ok(Exit::Done);
    }
    Err(Error::Failed {
        message: format!("{} of {} failed: {}", failed.len(), outcomes.len(), failed.join(", ")),
        help: None,
    })
}

/// What failed, and what to do about it.
fn explained(error: &crate::account::Error) -> String {
    match error.help() {
        Some(help) => format!("{error} ({help})"),
        None => error.to_string(),
    }
}

/// For people: what was done, to what, and what came of it, a line each.
fn print_lines<'a>(lines: impl Iterator<Item = (&'a str, String, String)>, desk: &Desk) -> Result<(), Error> {
    let mut out = desk.out.clone();
    let mut is_empty = true;
    for (action, what, detail) in lines {
        is_empty = false;
        writeln!(out, "{} {what}: {detail}", action.replace('_', " "))?;
    }
    if is_empty {
        writeln!(out, "nothing to do")?;
    }
    Ok(())
}

/// Prints rows as answers of queries are printed.
fn print_rows(columns: &[(&str, ColumnType)], rows: Vec<Row>, desk: &Desk) -> Result<(), Error> {
    let column = |&(name, column_type): &(&str, ColumnType)| Column {
        name: name.into(),
        heading: name.replace('_', " ").to_uppercase(),
        column_type,
    };
    let style = Style {
        colour: desk.terminal.colour_out(),
        width: desk.out.width(),
        zone: desk.context.clock.zone.clone(),
        hidden: Vec::new(),
        vertical: false,
        bars: false,
    };
    let mut out = desk.out.clone();
    let mut printed = output::output(desk.output.format(), style, &mut out);
    printed.columns(&columns.iter().map(column).collect::<Vec<_>>())?;
    printed.rows(rows)?;
    printed.finish()?;
    if let Some(remark) = printed.remark() {
        desk.terminal.note(&remark);
    }
    Ok(())
}

const FINDING_COLUMNS: [(&str, ColumnType); 3] =
    [("problem", ColumnType::Text), ("action", ColumnType::Text), ("detail", ColumnType::Text)];

const OUTCOME_COLUMNS: [(&str, ColumnType); 5] = [
    ("kind", ColumnType::Text),
    ("resource", ColumnType::Text),
    ("name", ColumnType::Text),
    ("action", ColumnType::Text),
    ("detail", ColumnType::Text),
];

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

impl Doctor {
    /// Fails while there are findings that are not put right.
    pub(super) async fn run(&self, desk: &Desk) -> Result<Exit, Error> {
        let Desk { session, output, asking, terminal, .. } = desk;
        let findings = session.findings().await?;
        if findings.is_empty() && output.output == OutputFormat::Table {
            writeln!(desk.out.clone(), "nothing is wrong")?;
            return Ok(Exit::Done);
        }
        let remedies: Vec<String> =
            findings.iter().filter_map(|f| Some(placed(f, f.remedy.as_ref()?.describe()))).collect();
        let fixes = self.fix && !asking.dry_run;
        if fixes && !remedies.is_empty() {
            asking.confirm("carry out", &remedies, terminal)?;
        }
        let mut rows = Vec::new();
        let mut open = 0;
        for finding in &findings {
            let remedy = finding.remedy.as_ref();
            let described = remedy.map_or_else(|| "nothing here can put it right".into(), Remedy::describe);
            let (action, detail) = match remedy {
                Some(remedy) if fixes => match session.put_right(remedy, finding.place.as_ref()).await {
                    Ok(()) => ("fixed", described),
                    Err(error) => ("failed", explained(&error)),
                },
                Some(_) => ("found", format!("`--fix` would {described}")),
                None => ("found", described),
            };
            open += usize::from(action != "fixed");
            rows.push((action, placed(finding, finding.problem.clone()), detail));
        }
        if output.output == OutputFormat::Table {
            print_lines(rows.iter().cloned(), desk)?;
        } else {
            let row = |(action, problem, detail): &(&'static str, String, String)| -> Row {
                [text(problem), Value::word(action), text(detail)].into()
            };
            print_rows(&FINDING_COLUMNS, rows.iter().map(row).collect(), desk)?;
        }
        if open == 0 {
            return Ok(Exit::Done);
        }
        Err(Error::Failed { message: format!("{open} of {} findings are open", rows.len()), help: None })
    }
}

/// Says where it is, where several places are looked at.
fn placed(finding: &Finding, what: String) -> String {
    match &finding.place {
        Some(place) => format!("{}: {what}", place.label()),
        None => what,
    }
}

/// Prints the inventory as JSON, as an embedded account has it.
pub(super) async fn inventory(desk: &Desk) -> Result<Exit, Error> {
    let inventory = desk.session.inventory().await?;
    let mut out = desk.out.clone();
    serde_json::to_writer_pretty(&mut out, &inventory).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(Exit::Done)
}

impl List {
    pub(super) async fn run(&self, desk: &Desk) -> Result<Exit, Error> {
        let flow_logs = desk.session.flow_logs(self.kind.unwrap_or(TargetKind::All), &[]).await?;
        let has_places = flow_logs.iter().any(|flow_log| flow_log.place.is_some());
        let columns: Vec<_> = PLACE_COLUMNS.into_iter().filter(|_| has_places).chain(COLUMNS).collect();
        print_rows(&columns, flow_logs.iter().map(row).collect(), desk)?;
        Ok(Exit::Done)
    }
}

/// In front of the others where several places are looked at.
const PLACE_COLUMNS: [(&str, ColumnType); 2] = [("region", ColumnType::Text), ("account", ColumnType::Text)];

const COLUMNS: [(&str, ColumnType); 11] = [
    ("kind", ColumnType::Text),
    ("name", ColumnType::Text),
    ("resource", ColumnType::Text),
    ("covered", ColumnType::Number),
    ("interfaces", ColumnType::Number),
    ("status", ColumnType::Text),
    ("created", ColumnType::Text),
    ("log_group", ColumnType::Text),
    ("id", ColumnType::Text),
    ("retention_days", ColumnType::Number),
    ("stored_bytes", ColumnType::Number),
];

fn row(flow_log: &FlowLog) -> Row {
    let number = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let place = flow_log.place.iter().flat_map(|place| [text(&place.region), text(&place.account)]);
    let rest = [
        Value::word(flow_log.kind.name()),
        flow_log.name.as_deref().map_or(Value::Absent, text),
        text(&flow_log.resource),
        number(flow_log.covered.len() as u64),
        number(flow_log.interfaces as u64),
        text(&flow_log.status),
        Value::Time(flow_log.created),
        text(&flow_log.log_group),
        text(&flow_log.id),
        number(flow_log.retention_days.into()),
        number(flow_log.stored_bytes),
    ];
    place.chain(rest).collect()
}
