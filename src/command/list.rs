//! `list`: the existing flow logs and their coverage.

use clap::Args;

use super::desk::Desk;
use super::error::{Error, Exit};
use super::kind::{KINDS_AND_ALL, KindParser};
use super::outcome::{print_rows, text};
use crate::account::{AnyFlowLog, FlowLog, Place};
use crate::kind::TargetKind;
use crate::value::{ColumnType, Row, Value};

/// Lists flow logs.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only of this kind
    #[arg(value_parser = KindParser(KINDS_AND_ALL))]
    kind: Option<TargetKind>,

    /// All flow logs, not only those that this tool created
    #[arg(long)]
    all: bool,
}

impl List {
    pub(super) async fn run(&self, desk: &Desk) -> Result<Exit, Error> {
        let kind = self.kind.unwrap_or(TargetKind::All);
        if self.all {
            return Self::run_all(kind, desk).await;
        }
        let flow_logs = desk.session.flow_logs(kind, &[]).await?;
        let has_places = flow_logs.iter().any(|flow_log| flow_log.place.is_some());
        let columns: Vec<_> = PLACE_COLUMNS.into_iter().filter(|_| has_places).chain(COLUMNS).collect();
        print_rows(&columns, flow_logs.iter().map(row).collect(), desk)?;
        Ok(Exit::Done)
    }

    async fn run_all(kind: TargetKind, desk: &Desk) -> Result<Exit, Error> {
        let flow_logs = desk.session.any_flow_logs(kind).await?;
        let has_places = flow_logs.iter().any(|flow_log| flow_log.place.is_some());
        let columns: Vec<_> = PLACE_COLUMNS.into_iter().filter(|_| has_places).chain(ALL_COLUMNS).collect();
        print_rows(&columns, flow_logs.iter().map(row_of_any).collect(), desk)?;
        Ok(Exit::Done)
    }
}

/// The columns of the place, the first ones if there are several places.
const PLACE_COLUMNS: [(&str, ColumnType); 2] = [("region", ColumnType::Text), ("account", ColumnType::Text)];

const COLUMNS: [(&str, ColumnType); 12] = [
    ("kind", ColumnType::Text),
    ("name", ColumnType::Text),
    ("resource", ColumnType::Text),
    ("covered", ColumnType::COUNT),
    ("interfaces", ColumnType::COUNT),
    ("status", ColumnType::Text),
    ("created", ColumnType::Time),
    ("log_group", ColumnType::Text),
    ("id", ColumnType::Text),
    ("retention_days", ColumnType::Number),
    ("expires", ColumnType::Time),
    ("stored_bytes", ColumnType::BYTES),
];

const ALL_COLUMNS: [(&str, ColumnType); 10] = [
    ("kind", ColumnType::Text),
    ("resource", ColumnType::Text),
    ("traffic", ColumnType::Text),
    ("destination", ColumnType::Text),
    ("made_by", ColumnType::Text),
    ("status", ColumnType::Text),
    ("created", ColumnType::Time),
    ("usd_a_month", ColumnType::Number),
    ("id", ColumnType::Text),
    ("format", ColumnType::Text),
];

fn row_of_any(flow_log: &AnyFlowLog) -> Row {
    let format = Some(flow_log.format.as_str()).filter(|format| !format.is_empty());
    let rest = [
        flow_log.kind.map_or(Value::Absent, |kind| Value::word(kind.name())),
        text(&flow_log.resource),
        text(&flow_log.traffic),
        text(&format!("{} {}", flow_log.destination_type, flow_log.destination)),
        text(if flow_log.is_ours { "flowlogs" } else { "others" }),
        text(&flow_log.status),
        Value::Time(flow_log.created),
        flow_log.usd_a_month.map_or(Value::Absent, |usd| Value::Float((usd * 100.0).round() / 100.0)),
        text(&flow_log.id),
        text(format.unwrap_or("default")),
    ];
    place_of(flow_log.place.as_ref()).chain(rest).collect()
}

/// The values of the place's columns, if there are several places.
fn place_of(place: Option<&Place>) -> impl Iterator<Item = Value> {
    place.into_iter().flat_map(|place| [text(&place.region), text(&place.account)])
}

fn row(flow_log: &FlowLog) -> Row {
    let number = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
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
        flow_log.expiry.map_or(Value::Absent, |expiry| Value::Time(expiry.at)),
        number(flow_log.stored_bytes),
    ];
    place_of(flow_log.place.as_ref()).chain(rest).collect()
}
