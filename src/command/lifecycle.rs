//! `create` and `delete`: the life of flow logs, the same words on every account.
//!
//! A person decides on a terminal; without one, flags have to; every command
//! can be planned with `--dry-run`, and says per resource what became of it.

use clap::{Args, value_parser};

use super::console::Terminal;
use super::desk::Desk;
use super::error::{Error, Exit};
use super::kind::{KINDS_AND_ALL, KindParser};
use super::option::Asking;
use super::outcome::report;
use super::pick;
use crate::account::{AGGREGATIONS_S, FlowLog, KINDS, Resource, Settings};
use crate::diagnostic::nearest;
use crate::field::{FIELDS, Origin};
use crate::kind::TargetKind;

/// Creates the flow logs of resources.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The kind of resource
    #[arg(value_parser = KindParser(KINDS))]
    kind: TargetKind,

    /// Ids, names, or globs over either; on a terminal, none lets pick them from a list
    selectors: Vec<String>,

    /// Days that records are kept; those of a log group that exists are kept longer, never shorter [default: 30]
    #[arg(long, value_name = "DAYS", value_parser = value_parser!(u32).range(1..=3653))]
    retention: Option<u32>,

    /// Seconds over which a record aggregates: 60 or 600 [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = parse_aggregation)]
    aggregation: Option<u32>,

    /// The fields of a record, as AWS names them, such as `srcaddr,dstaddr,bytes` [default: those of
    /// versions 2 to 5, `reject-reason`, and those of ECS where there is a cluster]
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = parse_field)]
    fields: Vec<String>,
}

/// Deletes flow logs.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The kind of resource
    #[arg(value_parser = KindParser(KINDS_AND_ALL))]
    kind: TargetKind,

    /// Ids, names, or globs over either; on a terminal, none lets pick them from a list; `all` takes none
    selectors: Vec<String>,
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
            let vpcs = session.every_resource(TargetKind::Vpc).await?;
            resources = pick::resources(resources, &vpcs, terminal)?;
        }
        let names: Vec<String> = resources.iter().map(Resource::label).collect();
        // Resources that were named or picked one by one are meant; a glob may be wider than meant.
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
        session.refresh().await;
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
    pub(super) fn confirm(&self, what: &str, names: &[String], terminal: &Terminal) -> Result<(), Error> {
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
