//! `list`: the flow logs that there are, and what they cover.

use clap::Args;

use super::desk::Desk;
use super::error::{Error, Exit};
use super::kind::{KINDS_AND_ALL, KindParser};
use super::outcome::{print_rows, text};
use crate::account::FlowLog;
use crate::kind::TargetKind;
use crate::value::{ColumnType, Row, Value};

/// Lists flow logs.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only of this kind
    #[arg(value_parser = KindParser(KINDS_AND_ALL))]
    kind: Option<TargetKind>,
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
    ("covered", ColumnType::COUNT),
    ("interfaces", ColumnType::COUNT),
    ("status", ColumnType::Text),
    ("created", ColumnType::Time),
    ("log_group", ColumnType::Text),
    ("id", ColumnType::Text),
    ("retention_days", ColumnType::Number),
    ("stored_bytes", ColumnType::BYTES),
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
