//! The life of flow logs, and what there is in the network.

use std::rc::Rc;
use std::sync::Arc;

use rhai::{Array, Dynamic, EvalAltResult, INT, Map};
use serde::Serialize;

use super::convert::{from_json, to_json};
use super::error::thrown;
use super::library::Library;
use super::time::Time;
use super::world::World;
use crate::account::inventory::Inventory;
use crate::account::{FlowLog, KINDS, Records, Settings};
use crate::kind::TargetKind;
use crate::query::glob::matches_glob;
use crate::session::{Outcome, Session};

type Thrown = Box<EvalAltResult>;

pub(super) fn register(library: &mut Library<'_>, world: &Rc<World>) {
    let [one, two, three, four, five, six, seven, eight, expired] = std::array::from_fn(|_| Rc::clone(world));
    library
        .doc(
            "create",
            "create(kind, selector[, #{retention_days, aggregation_s, fields, traffic, tags, log_group, log_class, \
             kms_key, role, role_path, permissions_boundary, lifetime, drop_records, dry_run}])",
            "Creates flow logs; one that exists covers what joined since. What was done to each resource.",
        )
        .register_fn("create", move |kind: &str, selector: &str| create(&one, kind, selector, &Map::new()))
        .register_fn("create", move |kind: &str, selector: &str, options: Map| create(&two, kind, selector, &options));
    library
        .doc("list", "list([kind])", "The flow logs that this tool created.")
        .register_fn("list", move || list(&three, "all"))
        .register_fn("list", move |kind: &str| list(&four, kind));
    library
        .doc(
            "delete",
            "delete(kind, selector) or delete(rows)",
            "Deletes flow logs with all that was made for them; of rows of `create`, what was created.",
        )
        .register_fn("delete", move |kind: &str, selector: &str| delete(&five, kind_of(kind)?, &[selector.to_string()]))
        .register_fn("delete", move |rows: Array| delete_rows(&seven, &rows))
        .register_fn("delete", move |row: Map| delete_rows(&eight, &[row.into()]));
    library
        .doc(
            "delete_expired",
            "delete_expired()",
            "Deletes the flow logs that have expired, and their records if they are to go.",
        )
        .register_fn("delete_expired", move || delete_expired(&expired));
    library
        .doc("delete_all", "delete_all()", "Deletes every flow log that this tool created.")
        .register_fn("delete_all", move || delete(&six, TargetKind::All, &[]));
    nouns(library, world);
}

/// Which resources there are: each noun is a function, with and without a glob over ids and names.
fn nouns(library: &mut Library<'_>, world: &Rc<World>) {
    type Pick = fn(&Inventory) -> Vec<Dynamic>;
    let nouns: [(&'static str, &'static str, &'static str, Pick); 11] = [
        ("vpcs", "vpcs([glob])", "VPCs, by id or name.", |i| maps(&i.vpcs)),
        ("subnets", "subnets([glob])", "Subnets, by id or name.", |i| maps(&i.subnets)),
        ("instances", "instances([glob])", "EC2 instances, by id or name.", |i| maps(&i.instances)),
        ("security_groups", "security_groups([glob])", "Security groups with their rules, by id or name.", |i| {
            maps(&i.security_groups)
        }),
        ("network_acls", "network_acls([glob])", "Network ACLs with their entries, by id.", |i| maps(&i.network_acls)),
        ("nat_gateways", "nat_gateways([glob])", "NAT gateways, by id or name.", |i| maps(&i.nat_gateways)),
        ("endpoints", "endpoints([glob])", "Endpoints that have interfaces, by id or name.", |i| maps(&i.endpoints)),
        ("transit_gateways", "transit_gateways([glob])", "Transit gateways, by id or name.", |i| {
            maps(&i.transit_gateways)
        }),
        (
            "transit_gateway_attachments",
            "transit_gateway_attachments([glob])",
            "Attachments of transit gateways, by id or name.",
            |i| maps(&i.transit_gateway_attachments),
        ),
        ("load_balancers", "load_balancers([glob])", "Load balancers, by name.", |i| maps(&i.load_balancers)),
        ("interfaces", "interfaces([glob])", "Network interfaces, by id or name.", |i| maps(&i.interfaces)),
    ];
    for (name, call, help, pick) in nouns {
        let [all, some] = std::array::from_fn(|_| Rc::clone(world));
        library
            .doc(name, call, help)
            .register_fn(name, move || noun(&all, "*", pick))
            .register_fn(name, move |glob: &str| noun(&some, glob, pick));
    }
}

fn maps<T: Serialize>(resources: &[T]) -> Vec<Dynamic> {
    // A map without absent parts would make `x.name` an error in some rows and not in others.
    const ABSENT: [&str; 2] = ["name", "account"];
    let json = |resource: &T| serde_json::to_value(resource).unwrap_or_default();
    let with_absent = |mut map: Map| {
        for key in ABSENT {
            map.entry(key.into()).or_insert(Dynamic::UNIT);
        }
        Dynamic::from(map)
    };
    resources
        .iter()
        .map(json)
        .map(|json| from_json(&json))
        .filter_map(Dynamic::try_cast::<Map>)
        .map(with_absent)
        .collect()
}

fn noun(world: &World, glob: &str, pick: fn(&Inventory) -> Vec<Dynamic>) -> Result<Array, Thrown> {
    let session = world.session();
    let inventory = world.call(session.inventory())?;
    let is_meant = |resource: &Dynamic| {
        let Some(map) = resource.read_lock::<Map>() else { return false };
        ["id", "name"].iter().any(|key| map.get(*key).is_some_and(|value| matches_glob(glob, &value.to_string())))
    };
    Ok(pick(&inventory).into_iter().filter(is_meant).collect())
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
        // Whoever interrupts a script wants to know what is there now.
        if is_interrupted {
            for outcome in outcomes {
                world.console.note(&said(outcome));
            }
        }
    };
    done(world.change_noted(session.create(&resources, &settings), note)?)
}

/// An outcome in words.
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
        // The library's message does not name the option whose value is wrong.
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

/// Deletes what rows of `create` or `list` stand for: a flow log that was created, the interfaces that one was extended
/// to. What was there unchanged stays.
fn delete_rows(world: &World, rows: &[Dynamic]) -> Result<Array, Thrown> {
    let session = begin_delete(world)?;
    let all = world.call(session.flow_logs(TargetKind::All, &[]))?;
    let (mut whole, mut parts): (Vec<FlowLog>, Vec<(FlowLog, Vec<String>)>) = (Vec::new(), Vec::new());
    for row in rows {
        let row = Row::of(row)?;
        if ["unchanged", "failed"].contains(&row.action.as_str()) {
            continue;
        }
        // It may be gone already.
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

/// The parts of a row that name a flow log.
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

/// Asks before flow logs are deleted that no script created.
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

/// Returns the outcomes, or an error that names each resource that failed.
fn done(outcomes: Vec<Outcome>) -> Result<Array, Thrown> {
    let failures: Vec<String> =
        outcomes.iter().filter_map(|one| Some(format!("{}: {}", one.label(), one.detail.as_ref().err()?))).collect();
    if !failures.is_empty() {
        let count = format!("{} of {} failed", failures.len(), outcomes.len());
        return Err(thrown("account", &format!("{count}: {}", failures.join("; ")), None));
    }
    let map = |outcome: Outcome| {
        let mut map = Map::new();
        map.insert("kind".into(), outcome.kind.name().to_string().into());
        map.insert("resource".into(), outcome.resource.into());
        map.insert("name".into(), outcome.name.map_or(Dynamic::UNIT, Dynamic::from));
        map.insert("vpc".into(), outcome.vpc.map_or(Dynamic::UNIT, Dynamic::from));
        map.insert("action".into(), outcome.action.to_string().into());
        map.insert("joined".into(), outcome.joined.into_iter().map(Dynamic::from).collect::<Array>().into());
        map.insert("detail".into(), outcome.detail.unwrap_or_default().into());
        Dynamic::from(map)
    };
    Ok(outcomes.into_iter().map(map).collect())
}

fn list(world: &World, kind: &str) -> Result<Array, Thrown> {
    let session = world.session();
    let flow_logs = world.call(session.flow_logs(kind_of(kind)?, &[]))?;
    let number = |number: u64| Dynamic::from(INT::try_from(number).unwrap_or(INT::MAX));
    let map = |one: FlowLog| {
        let mut map = Map::new();
        map.insert("id".into(), one.id.into());
        map.insert("kind".into(), one.kind.name().to_string().into());
        let (region, account) = one.place.map_or_else(Default::default, |place| (place.region, place.account));
        map.insert("region".into(), if region.is_empty() { Dynamic::UNIT } else { region.into() });
        map.insert("account".into(), if account.is_empty() { Dynamic::UNIT } else { account.into() });
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
