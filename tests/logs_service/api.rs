//! The operations.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{Request, Response};
use super::query::{self, Query};
use super::script::{Script, Step};
use super::state::{Call, Group, State};

/// The largest page of results, and the most log groups of a query.
const LARGEST_PAGE: usize = 10_000;
const MOST_GROUPS: usize = 50;
/// Log groups on a page.
const GROUPS_A_PAGE: usize = 50;

/// An error of the service: its name and message.
pub(super) struct Refusal(&'static str, String);

impl Refusal {
    pub(super) fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self(name, message.into())
    }

    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    fn response(self) -> Response {
        let Self(name, message) = self;
        Response { status: 400, error: Some(name), body: json!({ "__type": name, "message": message }).to_string() }
    }
}

pub(super) fn answer(state: &Mutex<State>, request: &Request) -> Response {
    let Script { delay, hangs_at, .. } = state.lock().expect("no thread panics").script.clone();
    thread::sleep(delay);
    if !hangs_at.is_empty() && request.target.ends_with(hangs_at) {
        thread::sleep(Duration::from_mins(1));
    }
    let mut state = state.lock().expect("no thread panics");
    match operate(&mut state, request) {
        Ok(output) => Response { status: 200, error: None, body: output.to_string() },
        Err(refusal) => refusal.response(),
    }
}

fn operate(state: &mut State, request: &Request) -> Result<Value, Refusal> {
    let operation = request.target.strip_prefix("Logs_20140328.").unwrap_or_default();
    let input: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    let lately = |call: &&Call| call.operation == operation && call.at.elapsed() < Duration::from_secs(1);
    if state.calls.iter().filter(lately).count() >= state.script.calls_a_second {
        return Err(Refusal::new("ThrottlingException", "Rate exceeded"));
    }
    state.calls.push(Call { operation: operation.to_string(), input: input.clone(), at: Instant::now() });
    if state.script.throttled > 0 && ["StartQuery", "GetQueryResults"].contains(&operation) {
        state.script.throttled -= 1;
        return Err(Refusal::new("ThrottlingException", "Rate exceeded"));
    }
    if !state.script.denied.is_empty() && operation == state.script.denied {
        let message = format!("User: arn:aws:iam::123456789012:user/a is not authorized to perform: logs:{operation}");
        return Err(Refusal::new("AccessDeniedException", message));
    }
    match operation {
        "StartQuery" => start_query(state, &input),
        "GetQueryResults" => get_query_results(state, &input),
        "StopQuery" => stop_query(state, &input),
        "DescribeLogGroups" => describe_log_groups(state, &input),
        "GetLogGroupFields" => get_log_group_fields(state, &input),
        _ => Err(Refusal::new("UnknownOperationException", request.target.clone())),
    }
}

fn start_query(state: &mut State, input: &Value) -> Result<Value, Refusal> {
    let running = state.queries.values().filter(|query| query.step().is_running()).count();
    if running >= state.script.most_running {
        let limit = state.script.most_running;
        let message = format!("Account maximum query concurrency limit of [{limit}] reached.");
        return Err(Refusal::new("LimitExceededException", message));
    }
    let seconds =
        |name: &str| input[name].as_i64().ok_or_else(|| Refusal::parameter(format!("{name} is required, in seconds")));
    let window = (seconds("startTime")?, seconds("endTime")?);
    let text = input["queryString"].as_str().ok_or_else(|| Refusal::parameter("queryString is required"))?;
    let groups = groups(state, input)?;
    check_classes(&groups, &state.script)?;
    let limit = match &input["limit"] {
        Value::Null => None,
        limit => Some(number(limit, "limit", 100_000)?),
    };
    let query = Query::run(text, &groups, window, limit, &state.script)?;
    let id = format!("00000000-0000-4000-8000-{:012}", state.queries.len());
    state.queries.insert(id.clone(), query);
    Ok(json!({ "queryId": id }))
}

/// A query takes log groups of one class, and none of class DELIVERY.
fn check_classes(groups: &[&Group], script: &Script) -> Result<(), Refusal> {
    let classes: BTreeSet<&str> = groups.iter().map(|group| script.class(&group.name)).collect();
    if classes.len() > 1 || classes.contains("DELIVERY") {
        return Err(Refusal::parameter(format!("a query of log groups of the classes {classes:?}")));
    }
    match groups.iter().find(|group| group.name == script.vanished) {
        Some(Group { name, .. }) => Err(missing(name)),
        None => Ok(()),
    }
}

/// Returns whether a log group is described. A log group of another account is not; one that vanishes is, until a query
/// uses it.
fn is_described(state: &State, group: &Group) -> bool {
    let has_met = || state.calls.iter().any(|call| call.operation == "StartQuery");
    !group.name.starts_with("arn:") && (group.name != state.script.vanished || !has_met())
}

fn missing(group: &str) -> Refusal {
    Refusal::new("ResourceNotFoundException", format!("Log group does not exist for account: {group}"))
}

/// The log groups of a query, named in exactly one of three ways.
fn groups<'a>(state: &'a State, input: &Value) -> Result<Vec<&'a Group>, Refusal> {
    let ways = ["logGroupName", "logGroupNames", "logGroupIdentifiers"];
    let used: Vec<&Value> = ways.iter().map(|way| &input[*way]).filter(|value| !value.is_null()).collect();
    let [value] = used.as_slice() else { return Err(Refusal::parameter("exactly one way to name log groups")) };
    let names: Vec<&str> = match value {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if names.is_empty() || names.len() > MOST_GROUPS {
        return Err(Refusal::parameter(format!("{} log groups", names.len())));
    }
    let named = |name: &str| {
        let group = state.groups.iter().find(|group| group.name == name || group.arn() == name);
        group.ok_or_else(|| missing(name))
    };
    names.into_iter().map(named).collect()
}

fn number(value: &Value, name: &str, most: usize) -> Result<usize, Refusal> {
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
    let number = number.filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| Refusal::parameter(format!("{name} is not within 1 and {most}")))
}

fn query<'a>(state: &'a mut State, input: &Value) -> Result<&'a mut Query, Refusal> {
    let id = input["queryId"].as_str().unwrap_or_default();
    let missing = || Refusal::new("ResourceNotFoundException", format!("Query {id} does not exist"));
    state.queries.get_mut(id).ok_or_else(missing)
}

fn get_query_results(state: &mut State, input: &Value) -> Result<Value, Refusal> {
    let page = match &input["maxItems"] {
        Value::Null => LARGEST_PAGE,
        items => number(items, "maxItems", LARGEST_PAGE)?,
    };
    let first = match input["nextToken"].as_str() {
        None => 0,
        Some(token) => query::token_place(token).ok_or_else(|| Refusal::parameter("nextToken"))?,
    };
    let repeats = state.script.repeats_pages;
    let query = query(state, input)?;
    // A page belongs to the current answer; only a poll without a token advances the query.
    if first == 0 {
        query.advance();
    }
    let mut answer = query.page(first, page);
    if repeats {
        answer["nextToken"] = query::token(1).into();
    }
    Ok(answer)
}

fn stop_query(state: &mut State, input: &Value) -> Result<Value, Refusal> {
    let query = query(state, input)?;
    if !query.step().is_running() {
        return Err(Refusal::parameter("the query has ended already"));
    }
    query.end(Step::Cancelled);
    Ok(json!({ "success": true }))
}

/// The most log groups that can be described by name at once.
const IDENTIFIERS: usize = 50;

fn describe_log_groups(state: &State, input: &Value) -> Result<Value, Refusal> {
    let page = match &input["limit"] {
        Value::Null => GROUPS_A_PAGE,
        limit => number(limit, "limit", GROUPS_A_PAGE)?,
    };
    let first = match input["nextToken"].as_str() {
        None => 0,
        Some(token) => query::token_place(token).ok_or_else(|| Refusal::parameter("nextToken"))?,
    };
    if let Some(identifiers) = input["logGroupIdentifiers"].as_array() {
        if identifiers.len() > IDENTIFIERS {
            return Err(Refusal::parameter(format!("logGroupIdentifiers has more than {IDENTIFIERS} items")));
        }
        if !input["logGroupNamePrefix"].is_null() || !input["logGroupNamePattern"].is_null() {
            return Err(Refusal::parameter("logGroupIdentifiers takes no prefix and no pattern beside it"));
        }
        let is_meant =
            |group: &&Group| identifiers.iter().any(|name| *name == group.name) && is_described(state, group);
        let described: Vec<Value> =
            state.groups.iter().filter(is_meant).map(|group| describe(group, &state.script)).collect();
        return Ok(json!({ "logGroups": described }));
    }
    let prefix = input["logGroupNamePrefix"].as_str().unwrap_or_default();
    let pattern = input["logGroupNamePattern"].as_str().unwrap_or_default();
    let is_meant =
        |group: &&Group| group.name.starts_with(prefix) && group.name.contains(pattern) && is_described(state, group);
    let meant: Vec<&Group> = state.groups.iter().filter(is_meant).collect();
    let described: Vec<Value> =
        meant.iter().skip(first).take(page).map(|group| describe(group, &state.script)).collect();
    let mut output = json!({ "logGroups": described });
    if first + page < meant.len() {
        output["nextToken"] = query::token(first + page).into();
    }
    Ok(output)
}

fn get_log_group_fields(state: &State, input: &Value) -> Result<Value, Refusal> {
    let groups = groups(state, input)?;
    let names: BTreeSet<&String> =
        groups.iter().flat_map(|group| &group.events).flatten().map(|(name, _)| name).collect();
    let fields: Vec<Value> = names.into_iter().map(|name| json!({ "name": name, "percent": 100 })).collect();
    Ok(json!({ "logGroupFields": fields }))
}

fn describe(group: &Group, script: &Script) -> Value {
    let messages = group.events.iter().flatten().filter(|(name, _)| name == "@message");
    let stored: usize = messages.map(|(_, text)| text.len()).sum();
    json!({
        "logGroupName": group.name,
        "logGroupArn": group.arn(),
        "arn": format!("{}:*", group.arn()),
        "creationTime": group.created,
        "logGroupClass": script.class(&group.name),
        "storedBytes": stored * script.stored_times,
        "retentionInDays": 30,
    })
}
