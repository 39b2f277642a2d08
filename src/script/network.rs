//! Functions for the resources of the network, and for whether a connection is possible.

use std::ops::RangeInclusive;
use std::rc::Rc;

use rhai::{Array, Dynamic, EvalAltResult, INT, Map};
use serde::Serialize;

use super::convert::from_json;
use super::error::{failed, thrown};
use super::library::{Library, functions};
use super::world::World;
use crate::account;
use crate::account::inventory::Inventory;
use crate::account::why::{self, CLIENT_PORTS, Question, Service};
use crate::query::glob::matches_glob;

type Thrown = Box<EvalAltResult>;

pub(super) fn register(library: &mut Library<'_>, world: &Rc<World>) {
    functions! { library, world:
        "why", "why(source, target[, service[, #{client_port, interfaces}]])",
        "Whether the source can reach the target, as the command `why` says by the inventory: the `verdict` (`allowed`, `denied`, \
         `denied in part`, `cannot judge`), and the `cases` with `reasons`, `fixes` and `steps`.",
        [source: &str, target: &str] why(&world, source, target, None, &Map::new()),
        [source: &str, target: &str, service: &str] why(&world, source, target, Some(service), &Map::new()),
        [source: &str, target: &str, service: &str, options: Map] why(&world, source, target, Some(service), &options);
        "sensitive_ports", "sensitive_ports()", "The ports of administration and of data that nobody opens to the internet unless by mistake.",
        [] why::SENSITIVE_PORTS.iter().map(|port| Dynamic::from(INT::from(*port))).collect::<Array>();
    }
    nouns(library, world);
}

fn why(world: &World, source: &str, target: &str, service: Option<&str>, options: &Map) -> Result<Dynamic, Thrown> {
    let service = match service {
        Some(text) => Some(Service::parse(text).ok_or_else(|| {
            let help = Some("for example `443`, `53/udp` or `icmp`".to_string());
            thrown("option", &format!("`{text}` is not a service"), help)
        })?),
        None => None,
    };
    if let Some(unknown) = options.keys().find(|key| !["client_port", "interfaces"].contains(&key.as_str())) {
        return Err(thrown("option", &format!("unknown option `{unknown}`"), None));
    }
    let interfaces = options.get("interfaces").and_then(|ids| ids.clone().try_cast::<Array>()).unwrap_or_default();
    let question = Question {
        source: source.into(),
        target: target.into(),
        service,
        client_ports: client_ports(options)?,
        interfaces: interfaces.iter().map(ToString::to_string).collect(),
    };
    let network = world.network()?;
    let answer = why::answer(&network, &question).map_err(|error| failed(&account::Error::from(error)))?;
    Ok(from_json(&answer.to_json(&question)))
}

fn client_ports(options: &Map) -> Result<RangeInclusive<u16>, Thrown> {
    let Some(port) = options.get("client_port").filter(|port| !port.is_unit()) else { return Ok(CLIENT_PORTS) };
    let port = port.as_int().ok().and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or_else(|| thrown("option", "`client_port` is a port", None))?;
    Ok(port..=port)
}

/// Adds a function for each type of resource, with and without a glob over ids and names.
fn nouns(library: &mut Library<'_>, world: &Rc<World>) {
    type Pick = fn(&Inventory) -> Vec<Dynamic>;
    let nouns: [(&'static str, &'static str, &'static str, Pick); 13] = [
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
        ("prefix_lists", "prefix_lists([glob])", "Prefix lists with their networks, by id or name.", |i| {
            maps(&i.prefix_lists)
        }),
        ("route_tables", "route_tables([glob])", "Route tables with their routes, by id or name.", |i| {
            maps(i.routing.as_ref().map_or(&[], |routing| routing.route_tables.as_slice()))
        }),
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
    // If absent values were left out, `x.name` would be an error in some rows only.
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
    let inventory = world.network()?;
    let is_meant = |resource: &Dynamic| {
        let Some(map) = resource.read_lock::<Map>() else { return false };
        ["id", "name"].iter().any(|key| map.get(*key).is_some_and(|value| matches_glob(glob, &value.to_string())))
    };
    Ok(pick(&inventory).into_iter().filter(is_meant).collect())
}
