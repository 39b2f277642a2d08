//! The problems of an embedded account.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::folder::Embedded;
use crate::account::error::Error;
use crate::account::expiry::Expiry;
use crate::account::finding::{Finding, Leftover, Remedy};
use crate::account::flow_log::FlowLog;
use crate::engine::{self, Files};
use crate::field::Field;
use crate::function::Function;
use crate::query::plan::{
    Aggregate, Compared, Filter, GroupKey, GroupStage, Groups, KeyBy, Limit, Plan, Selection, Shape, Source, Statuses,
};
use crate::value::{Progress, Rows, Value, time_utc};

/// Returns all problems.
pub(super) async fn findings(account: &Embedded) -> Result<Vec<Finding>, Error> {
    let flow_logs = account.listed()?;
    let mut findings: Vec<Finding> =
        flow_logs.into_iter().filter_map(|flow_log| of_flow_log(account, flow_log)).collect();
    let mut add = |problem: String, remedy| findings.push(Finding::new(problem, remedy));
    if let Some(holder) = account.state.holder() {
        add(format!("{holder} holds the lock: until it ends, nothing can be created or deleted"), None);
    }
    if let Some(file) = account.state.leftover() {
        add(format!("`{}` was left by an interrupted change", file.display()), Some(Remedy::Remove(Leftover::File)));
    }
    if account.folder.join("records").is_dir() {
        for interface in strays(account).await? {
            let what = "has records but is not in the inventory: no flow log can show them";
            add(format!("{interface} {what}"), None);
        }
    } else {
        add("there is no folder `records`: no query can be answered".into(), None);
    }
    Ok(findings)
}

fn of_flow_log(account: &Embedded, flow_log: FlowLog) -> Option<Finding> {
    let label = format!("{} of {} {}", flow_log.id, flow_log.kind.name(), flow_log.resource);
    let found = |what: String, remedy| Some(Finding::new(format!("{label}: {what}"), Some(remedy)));
    if let Some(expiry) = flow_log.expiry.filter(Expiry::is_past) {
        return found(format!("it expired at {}", time_utc(expiry.at)), Remedy::Delete(flow_log));
    }
    let resources = account.inventory.resources(flow_log.kind);
    match resources.into_iter().find(|resource| flow_log.is_of(resource)) {
        None => found("there is no such resource".into(), Remedy::Delete(flow_log)),
        Some(resource) if resource.interfaces.is_empty() => {
            found("it has no interface".into(), Remedy::Delete(flow_log))
        }
        Some(resource) => {
            let is_missing = |id: &&String| !flow_log.covered.contains(id);
            match resource.interfaces.iter().filter(is_missing).count() {
                0 => None,
                missing => found(
                    format!("{missing} of {} interfaces are not covered", resource.interfaces.len()),
                    Remedy::Extend(resource),
                ),
            }
        }
    }
}

/// The interfaces with records that are not in the inventory.
async fn strays(account: &Embedded) -> Result<Vec<String>, Error> {
    let files = account.record_files(None)?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let files = Files::open(engine::Options { paths: files, ..account.options.clone() })?;
    let mut found = Rows::default();
    engine::run(&interfaces_of_all_records(), None, &files, None, &Arc::new(Progress::default()), &mut found).await?;
    let known: BTreeSet<&String> = account.inventory.interfaces.iter().map(|interface| &interface.id).collect();
    let ids = found.rows.into_iter().filter_map(|row| match row.into_iter().next() {
        Some(Value::Text(id)) => Some(id.into_string()),
        _ => None,
    });
    Ok(ids.filter(|id| !known.contains(id)).collect())
}

/// The plan of `count() by eni`, over all records.
fn interfaces_of_all_records() -> Plan {
    let key = GroupKey { by: KeyBy::Source(Source::Field(Field::Eni)), name: "eni".into() };
    let count =
        Aggregate { function: Function::Count, over: None, role: None, compared: Compared::Now, name: "count".into() };
    Plan {
        targets: Vec::new(),
        window: None,
        selection: Selection { said: None, means: Filter::True, statuses: Statuses::Any },
        shape: Shape::Groups(Groups {
            keys: vec![key],
            aggregates: vec![count],
            having: None,
            stage: GroupStage::Aggregates,
            compare: None,
        }),
        sort: Vec::new(),
        limit: Limit::None,
        chart: false,
        follow: false,
        networks: Vec::new(),
        notes: Vec::new(),
        run_notes: Vec::new(),
    }
}
