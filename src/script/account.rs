//! Functions that create, list and delete flow logs.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rhai::{Array, Dynamic, EvalAltResult, INT, Map};

use super::convert::to_json;
use super::error::thrown;
use super::library::{Library, functions};
use super::time::Time;
use super::world::World;
use crate::account::{AnyFlowLog, Finding, FlowLog, KINDS, Place, Records, Settings};
use crate::kind::TargetKind;
use crate::session::{Outcome, Session};

type Thrown = Box<EvalAltResult>;

/// The age from which an unused resource is a finding, as in `doctor`.
const MIN_AGE: Duration = Duration::from_mins(15);

pub(super) fn register(library: &mut Library<'_>, world: &Rc<World>) {
    functions! { library, world:
        "create", "create(kind, selector[, #{retention_days, aggregation_s, fields, traffic, tags, log_group, log_class, \
         kms_key, role, role_path, permissions_boundary, lifetime, drop_records, dry_run}])",
        "Creates flow logs; one that exists covers what joined since. A row for each resource with the `action`: \
         `created`, `extended`, `unchanged`, or `failed` with the reason as `detail`. An error if all failed.",
        [kind: &str, selector: &str] create(&world, kind, selector, &Map::new()),
        [kind: &str, selector: &str, options: Map] create(&world, kind, selector, &options);
        "list", "list([kind])", "The flow logs that this tool created, with their place and the interfaces they cover.",
        [] list(&world, "all"),
        [kind: &str] list(&world, kind);
        "list_all", "list_all([kind])", "All flow logs.",
        [] list_all(&world, "all"),
        [kind: &str] list_all(&world, kind);
        "delete", "delete(kind, selector) or delete(rows)",
        "Deletes flow logs and everything that was created for them; of rows of `create`, what was created. A row for each, as of \
         `create`.",
        [kind: &str, selector: &str] delete(&world, kind_of(kind)?, &[selector.to_string()]),
        [rows: Array] delete_rows(&world, &rows),
        [row: Map] delete_rows(&world, &[row.into()]);
        "delete_expired", "delete_expired()",
        "Deletes the flow logs that have expired, and their records if they are to go.",
        [] delete_expired(&world);
        "delete_all", "delete_all()", "Deletes every flow log that this tool created.",
        [] delete(&world, TargetKind::All, &[]);
        "findings", "findings()", "The problems that `doctor` finds: `problem`, `fix` or (), and the place.",
        [] findings(&world);
    }
}

fn kind_of(text: &str) -> Result<TargetKind, Thrown> {
    let kind = TargetKind::named(text).filter(|kind| KINDS.contains(kind) || *kind == TargetKind::All);
    kind.ok_or_else(|| {
        let known = KINDS.map(TargetKind::name).join(", ");
        thrown("kind", &format!("unknown kind `{text}`"), Some(format!("there are {known}")))
    })
}

fn check_writable(world: &World, what: &str) -> Result<(), Thrown> {
    if world.rules.read_only {
        return Err(thrown("read_only", &format!("`--read-only` refuses to {what}"), None));
    }
    Ok(())
}

fn create(world: &World, kind: &str, selector: &str, options: &Map) -> Result<Array, Thrown> {
    let (settings, dry_run) = settings(options)?;
    let dry_run = dry_run || world.rules.dry_run;
    if !dry_run {
        check_writable(world, "create flow logs")?;
    }
    let kind = kind_of(kind)?;
    settings.check_for(kind).map_err(|error| thrown("option", &error.to_string(), error.help()))?;
    let session = world.session();
    let resources = world.call(session.resources(kind, &[selector.to_string()]))?;
    if dry_run {
        return done(world.call(session.plan(&resources, &settings))?);
    }
    let note = |outcomes: &Vec<Outcome>, is_interrupted: bool| {
        let mut made = world.made.borrow_mut();
        for outcome in outcomes {
            made.add(outcome);
        }
        // After an interrupt, the user needs to know what has been done.
        if is_interrupted {
            for outcome in outcomes {
                world.console.note(&said(outcome));
            }
        }
    };
    done(world.change_noted(session.create(&resources, &settings), note)?)
}

/// Describes an outcome.
fn said(outcome: &Outcome) -> String {
    let detail = match &outcome.detail {
        Ok(detail) => detail.clone(),
        Err(error) => error.to_string(),
    };
    format!("{} {}: {detail}", outcome.action, outcome.label())
}

fn settings(options: &Map) -> Result<(Settings, bool), Thrown> {
    let mut options = options.clone();
    let dry_run = options.remove("dry_run").unwrap_or(Dynamic::FALSE).as_bool();
    let dry_run = dry_run.map_err(|_| thrown("option", "`dry_run` is true or false", None))?;
    let read = |options: Map| serde_json::from_value::<Settings>(to_json(&options.into()));
    for (name, value) in &options {
        // The library's message does not name the option with the wrong value.
        if let Err(error) = read(Map::from([(name.clone(), value.clone())])) {
            let message = error.to_string();
            let message = match message.strip_prefix("unknown field ") {
                Some(unknown) => format!("unknown option {unknown}"),
                None => format!("the option `{name}`: {message}"),
            };
            return Err(thrown("option", &message, None));
        }
    }
    let settings = read(options).map_err(|error| thrown("option", &error.to_string(), None))?;
    settings.check().map_err(|error| thrown("option", &error.to_string(), error.help()))?;
    Ok((settings, dry_run))
}

fn delete(world: &World, kind: TargetKind, selectors: &[String]) -> Result<Array, Thrown> {
    let session = begin_delete(world)?;
    let flow_logs = world.call(session.flow_logs(kind, selectors))?;
    confirm(world, flow_logs.iter().filter(|one| !world.made.borrow().has(one)))?;
    delete_these(world, &session, &flow_logs)
}

/// Deletes the flow logs of rows of `create` or `list`; of an extended flow log, only the interfaces that joined. Rows
/// that are `unchanged` or `failed` are skipped.
fn delete_rows(world: &World, rows: &[Dynamic]) -> Result<Array, Thrown> {
    let session = begin_delete(world)?;
    let all = world.call(session.flow_logs(TargetKind::All, &[]))?;
    let (mut whole, mut parts): (Vec<FlowLog>, Vec<(FlowLog, Vec<String>)>) = (Vec::new(), Vec::new());
    for row in rows {
        let row = Row::of(row)?;
        if ["unchanged", "failed"].contains(&row.action.as_str()) {
            continue;
        }
        // It may have been deleted already.
        let Some(flow_log) = all.iter().find(|flow_log| row.is_of(flow_log)).cloned() else { continue };
        if row.joined.is_empty() { whole.push(flow_log) } else { parts.push((flow_log, row.joined)) }
    }
    let made = world.made.borrow();
    let foreign_whole = whole.iter().filter(|one| !made.has(one));
    let foreign_parts = parts.iter().filter(|(one, joined)| !made.has_joined(one, joined)).map(|(one, _)| one);
    confirm(world, foreign_whole.chain(foreign_parts))?;
    let mut outcomes = delete_these(world, &session, &whole)?;
    for (flow_log, joined) in parts.iter().filter(|_| !world.rules.dry_run) {
        outcomes.extend(done(vec![world.change(session.shrink(flow_log, joined))?])?);
    }
    Ok(outcomes)
}

/// The parts of a row that identify a flow log.
struct Row {
    kind: String,
    resource: String,
    vpc: String,
    region: String,
    account: String,
    action: String,
    joined: Vec<String>,
}

impl Row {
    fn of(row: &Dynamic) -> Result<Self, Thrown> {
        let help = || Some("`delete` takes what `create` or `list` returns, or a kind and a selector".to_string());
        let map = row.read_lock::<Map>().ok_or_else(|| thrown("row", "this is not a row", help()))?;
        let text =
            |key: &str| map.get(key).filter(|value| !value.is_unit()).map(ToString::to_string).unwrap_or_default();
        if text("kind").is_empty() || text("resource").is_empty() {
            return Err(thrown("row", "the row has no `kind` or no `resource`", help()));
        }
        let joined = map.get("joined").and_then(|value| value.clone().try_cast::<Array>()).unwrap_or_default();
        Ok(Self {
            kind: text("kind"),
            resource: text("resource"),
            vpc: text("vpc"),
            region: text("region"),
            account: text("account"),
            action: text("action"),
            joined: joined.iter().map(ToString::to_string).collect(),
        })
    }

    fn is_of(&self, flow_log: &FlowLog) -> bool {
        let is_place = flow_log.place.as_ref().is_none_or(|place| {
            (self.region.is_empty() || place.region == self.region)
                && (self.account.is_empty() || place.account == self.account)
        });
        let is_vpc = flow_log.vpc.as_ref().is_none_or(|vpc| *vpc == self.vpc);
        is_place && is_vpc && self.kind == flow_log.kind.name() && self.resource == flow_log.resource
    }
}

fn begin_delete(world: &World) -> Result<Arc<Session>, Thrown> {
    if !world.rules.dry_run {
        check_writable(world, "delete flow logs")?;
    }
    let session = world.session();
    world.call(async {
        session.refresh().await;
        Ok(())
    })?;
    Ok(session)
}

/// Asks the user before flow logs that no script created are deleted.
fn confirm<'f>(world: &World, others: impl Iterator<Item = &'f FlowLog>) -> Result<(), Thrown> {
    let others: Vec<String> = others.map(FlowLog::label).collect();
    if world.rules.dry_run || world.rules.yes || others.is_empty() {
        return Ok(());
    }
    let confirmed = world.console.confirm("delete the flow logs of", &others);
    confirmed.map_err(|why| thrown("not_confirmed", &why, Some("`--yes` confirms beforehand".into())))
}

fn delete_these(world: &World, session: &Session, flow_logs: &[FlowLog]) -> Result<Array, Thrown> {
    done(world.change(session.delete(flow_logs, Records::Deleted, world.rules.dry_run))?)
}

fn delete_expired(world: &World) -> Result<Array, Thrown> {
    let session = begin_delete(world)?;
    let mut expired = world.call(session.flow_logs(TargetKind::All, &[]))?;
    expired.retain(|one| one.expiry.is_some_and(|expiry| expiry.is_past()));
    confirm(world, expired.iter())?;
    let drops = |one: &FlowLog| one.expiry.is_some_and(|expiry| expiry.drops_records);
    let (dropped, kept): (Vec<FlowLog>, Vec<FlowLog>) = expired.into_iter().partition(drops);
    let mut outcomes = world.change(session.delete(&dropped, Records::Deleted, world.rules.dry_run))?;
    outcomes.extend(world.change(session.delete(&kept, Records::Kept, world.rules.dry_run))?);
    done(outcomes)
}

/// Returns the outcomes, including failed ones. It is an error if all failed, so that a script does not continue as if
/// something had been done.
fn done(outcomes: Vec<Outcome>) -> Result<Array, Thrown> {
    let failures: Vec<String> =
        outcomes.iter().filter_map(|one| Some(format!("{}: {}", one.label(), one.detail.as_ref().err()?))).collect();
    if !failures.is_empty() && failures.len() == outcomes.len() {
        let count = format!("{} of {} failed", failures.len(), outcomes.len());
        return Err(thrown("account", &format!("{count}: {}", failures.join("; ")), None));
    }
    Ok(outcomes.into_iter().map(|outcome| Dynamic::from(of_outcome(outcome))).collect())
}

fn of_outcome(outcome: Outcome) -> Map {
    let (action, detail) = match outcome.detail {
        Ok(detail) => (outcome.action, detail),
        Err(error) => ("failed", error.to_string()),
    };
    let mut map: Map = [
        ("kind".into(), outcome.kind.name().to_string().into()),
        ("resource".into(), outcome.resource.into()),
        ("name".into(), outcome.name.map_or(Dynamic::UNIT, Dynamic::from)),
        ("vpc".into(), outcome.vpc.map_or(Dynamic::UNIT, Dynamic::from)),
        ("action".into(), action.to_string().into()),
        ("joined".into(), outcome.joined.into_iter().map(Dynamic::from).collect::<Array>().into()),
        ("detail".into(), detail.into()),
    ]
    .into();
    add_place(&mut map, outcome.place);
    map
}

/// Adds the Region and the account of a place.
fn add_place(map: &mut Map, place: Option<Place>) {
    let (region, account) =
        place.map_or((Dynamic::UNIT, Dynamic::UNIT), |place| (place.region.into(), place.account.into()));
    map.insert("region".into(), region);
    map.insert("account".into(), account);
}

fn findings(world: &World) -> Result<Array, Thrown> {
    let session = world.session();
    let findings = world.call(session.findings(MIN_AGE))?;
    let map = |finding: Finding| {
        let fix = finding.remedy.as_ref().map_or(Dynamic::UNIT, |remedy| remedy.describe().into());
        let mut map: Map = [("problem".into(), finding.problem.into()), ("fix".into(), fix)].into();
        add_place(&mut map, finding.place);
        Dynamic::from(map)
    };
    Ok(findings.into_iter().map(map).collect())
}

fn list_all(world: &World, kind: &str) -> Result<Array, Thrown> {
    let session = world.session();
    let flow_logs = world.call(session.any_flow_logs(kind_of(kind)?))?;
    let map = |one: AnyFlowLog| {
        let mut map: Map = [
            ("id".into(), one.id.into()),
            ("kind".into(), one.kind.map_or(Dynamic::UNIT, |kind| kind.name().to_string().into())),
            ("resource".into(), one.resource.into()),
            ("traffic".into(), one.traffic.into()),
            ("destination".into(), one.destination.into()),
            ("is_ours".into(), one.is_ours.into()),
            ("created".into(), Dynamic::from(Time(one.created))),
            ("status".into(), one.status.into()),
        ]
        .into();
        add_place(&mut map, one.place);
        Dynamic::from(map)
    };
    Ok(flow_logs.into_iter().map(map).collect())
}

fn list(world: &World, kind: &str) -> Result<Array, Thrown> {
    let session = world.session();
    let flow_logs = world.call(session.flow_logs(kind_of(kind)?, &[]))?;
    let number = |number: u64| Dynamic::from(INT::try_from(number).unwrap_or(INT::MAX));
    let map = |one: FlowLog| {
        let mut map = Map::new();
        map.insert("id".into(), one.id.into());
        map.insert("kind".into(), one.kind.name().to_string().into());
        add_place(&mut map, one.place);
        let ids: Array = one.covered.iter().map(|id| Dynamic::from(id.clone())).collect();
        map.insert("covered_ids".into(), ids.into());
        map.insert("vpc".into(), one.vpc.map_or(Dynamic::UNIT, Dynamic::from));
        map.insert("name".into(), one.name.map_or(Dynamic::UNIT, Dynamic::from));
        map.insert("resource".into(), one.resource.into());
        map.insert("log_group".into(), one.log_group.into());
        map.insert("covered".into(), number(one.covered.len() as u64));
        map.insert("interfaces".into(), number(one.interfaces as u64));
        map.insert("created".into(), Dynamic::from(Time(one.created)));
        map.insert("retention_days".into(), number(one.retention_days.into()));
        map.insert("stored_bytes".into(), number(one.stored_bytes));
        let expires = one.expiry.map_or(Dynamic::UNIT, |expiry| Dynamic::from(Time(expiry.at)));
        map.insert("expires".into(), expires);
        map.insert("status".into(), one.status.into());
        Dynamic::from(map)
    };
    Ok(flow_logs.into_iter().map(map).collect())
}
