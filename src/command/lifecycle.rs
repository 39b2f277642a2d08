//! `create`, `list` and `delete`: the life of flow logs, the same words on every account.
//!
//! What a person should decide is asked on a terminal and has to be said without one; every command
//! can be planned with `--dry-run`, and says per resource what became of it.

use std::io::{self, Write};

use clap::{Args, value_parser};
use serde_json::json;

use super::{Asking, Desk, Error, Exit, OutputFormat, Terminal, pick};
use crate::account::{
    AGGREGATIONS_S, DEFAULT_AGGREGATION_S, DEFAULT_RETENTION_DAYS, FlowLog, KINDS, Remedy, Resource, Settings,
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
    /// What for: instance, sg, subnet, vpc, nat or endpoint
    #[arg(value_parser = parse_kind)]
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
    /// Only of this kind: instance, sg, subnet, vpc, nat or endpoint
    #[arg(value_parser = parse_kind_or_all)]
    kind: Option<TargetKind>,
}

/// Deletes flow logs.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Of what: instance, sg, subnet, vpc, nat, endpoint, or all
    #[arg(value_parser = parse_kind_or_all)]
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
        report(&session.create(&resources, &settings, asking.dry_run).await, desk)
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
    let rows: Vec<[String; 3]> = outcomes.iter().map(|o| [o.resource.clone(), o.action.to_string(), said(o)]).collect();
    print_outcomes(&rows, desk)?;
    let failed: Vec<&str> = outcomes.iter().filter(|o| o.detail.is_err()).map(|o| o.resource.as_str()).collect();
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

/// Prints what each row is about, what was done, and what came of it.
fn print_outcomes(rows: &[[String; 3]], desk: &Desk) -> Result<(), Error> {
    let mut out = desk.out.clone();
    if desk.output.output == OutputFormat::Table {
        for [resource, action, detail] in rows {
            writeln!(out, "{} {resource}: {detail}", action.replace('_', " "))?;
        }
        if rows.is_empty() {
            writeln!(out, "nothing to do")?;
        }
    } else {
        let rows: Vec<serde_json::Value> = rows
            .iter()
            .map(|[resource, action, detail]| json!({"resource": resource, "action": action, "detail": detail}))
            .collect();
        writeln!(out, "{}", serde_json::Value::Array(rows))?;
    }
    Ok(())
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
        let remedies: Vec<String> = findings.iter().filter_map(|f| f.remedy.as_ref()).map(Remedy::describe).collect();
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
                Some(remedy) if fixes => match session.remedy(remedy).await {
                    Ok(()) => ("fixed", described),
                    Err(error) => ("failed", explained(&error)),
                },
                Some(_) => ("found", format!("`--fix` would {described}")),
                None => ("found", described),
            };
            open += usize::from(action != "fixed");
            rows.push([finding.problem.clone(), action.to_string(), detail]);
        }
        print_outcomes(&rows, desk)?;
        if open == 0 {
            return Ok(Exit::Done);
        }
        Err(Error::Failed { message: format!("{open} of {} findings are open", rows.len()), help: None })
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
        let Desk { session, output, context, terminal, .. } = desk;
        let flow_logs = session.flow_logs(self.kind.unwrap_or(TargetKind::All), &[]).await?;
        let has_places = flow_logs.iter().any(|flow_log| flow_log.place.is_some());
        let shown = PLACE_COLUMNS.iter().filter(|_| has_places).chain(&COLUMNS);
        let columns: Vec<Column> = shown
            .map(|(name, column_type)| Column {
                name: (*name).into(),
                heading: name.replace('_', " ").to_uppercase(),
                column_type: *column_type,
            })
            .collect();
        let style = Style {
            colour: terminal.colour_out(),
            width: desk.out.width(),
            zone: context.clock.zone.clone(),
            hidden: Vec::new(),
            vertical: false,
            bars: false,
        };
        let mut out = desk.out.clone();
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

/// In front of the others where several places are looked at.
const PLACE_COLUMNS: [(&str, ColumnType); 2] = [("region", ColumnType::Text), ("account", ColumnType::Text)];

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
    let place = flow_log.place.iter().flat_map(|place| [text(&place.region), text(&place.account)]);
    let rest = [
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
    ];
    place.chain(rest).collect()
}
