//! An account with resources of others and of ours, before and after a command.

use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::cloud::{Cloud, FlowLog, LogGroup, REGION, Role, State, Tags, role_arn};
use crate::program::Ran;
use crate::proxy::{Proxy, Verdict};

/// A resource whose flow log is created and deleted.
pub(crate) struct Case {
    pub(crate) kind: &'static str,
    selector: &'static str,
    /// The `Name` of its flow log.
    name: &'static str,
    /// The resources for which the service creates flow logs.
    resources: &'static [&'static str],
    /// Its log group, if its name is not one of ours.
    log_group: Option<&'static str>,
}

pub(crate) const CASES: [Case; 3] = [
    Case { kind: "vpc", selector: "prod", name: "vpc-1", resources: &["vpc-1"], log_group: None },
    Case { kind: "sg", selector: "web", name: "sg-1", resources: &["eni-1", "eni-2"], log_group: None },
    Case { kind: "nat", selector: "out", name: "nat-1", resources: &["eni-3"], log_group: None },
];

/// A flow log with a log group that the user names.
pub(crate) const CHOSEN: Case =
    Case { kind: "vpc", selector: "prod", name: "vpc-1", resources: &["vpc-1"], log_group: Some("/corp/flows") };

/// The parts of a flow log, its role and its log group that are left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Left {
    Nothing,
    Some,
    Whole,
}

const DAY_S: i64 = 24 * 60 * 60;

fn yesterday() -> i64 {
    jiff::Timestamp::now().as_second() - DAY_S
}

fn own_tags(name: &str) -> Tags {
    let run = format!("{}-00000000000000aa", yesterday());
    let pairs = [("Name", name), ("Project", "flowlogs-cli"), ("flowlogs:run", run.as_str())];
    pairs.map(|(key, value)| (key.to_string(), value.to_string())).into()
}

fn role_name(name: &str) -> String {
    format!("fl-cli-{REGION}-{name}")
}

fn group_name(name: &str) -> String {
    format!("/fl-cli/{name}")
}

fn group(tags: Tags) -> LogGroup {
    LogGroup { created: yesterday() * 1000, retention_days: Some(30), tags }
}

fn role(tags: Tags) -> Role {
    let created = jiff::Timestamp::from_second(yesterday()).unwrap();
    Role { created, description: "a role".into(), policies: ["flow-logs".to_string()].into(), tags }
}

fn flow_log(resource: &str, log_group: &str, role: &str, tags: Tags) -> FlowLog {
    FlowLog {
        resource: resource.into(),
        log_group: log_group.into(),
        role_arn: role_arn(role),
        format: "${interface-id} ${bytes}".into(),
        token: String::new(),
        tags,
    }
}

/// The resources that a command on one of the cases must not change: a flow log of others, resources of others with
/// names like ours, and a flow log of ours for another resource.
pub(crate) fn start() -> State {
    let mut state = State::default();
    let none = Tags::new;
    state.flow_logs.insert("fl-theirs".into(), flow_log("subnet-1", "theirs", "delivery", none()));
    state.log_groups.insert("theirs".into(), LogGroup { retention_days: None, ..group(none()) });
    state.log_groups.insert("/fl-cli/theirs".into(), group(none()));
    state.roles.insert("delivery".into(), role(none()));
    state.roles.insert(role_name("theirs"), role(none()));
    add(&mut state, "subnet-1", &["subnet-1"]);
    state
}

/// Adds a flow log of ours with its log group and role.
fn add(state: &mut State, name: &str, resources: &[&str]) {
    add_leftovers(state, name);
    for resource in resources {
        let flow_log = flow_log(resource, &group_name(name), &role_name(name), own_tags(name));
        state.flow_logs.insert(format!("fl-of-{resource}"), flow_log);
    }
}

/// Adds a log group and a role of ours, without a flow log.
pub(crate) fn add_leftovers(state: &mut State, name: &str) {
    state.log_groups.insert(group_name(name), group(own_tags(name)));
    state.roles.insert(role_name(name), role(own_tags(name)));
}

pub(crate) fn command(port: u16, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogs"));
    command.args(args).env_clear().env("TZ", "UTC").env("HOME", "/nonexistent");
    command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")).env("AWS_REGION", REGION);
    command.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "example");
    // Nothing uses TLS, and a short run would spend most of its time reading the system's certificates.
    command.env("SSL_CERT_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/root.pem"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command without failures.
pub(crate) fn undisturbed(cloud: &Arc<Cloud>, args: &[&str]) -> Ran {
    let behind = Arc::clone(cloud);
    let proxy = Proxy::before(Arc::new(move |call| behind.answer(call)), |_| Verdict::Pass);
    Ran::of(command(proxy.port, args).env("AWS_MAX_ATTEMPTS", "1"))
}

impl Case {
    pub(crate) fn args(&self, command: &'static str) -> Vec<&'static str> {
        let mut args = vec![command, self.kind, self.selector];
        match (command, self.log_group) {
            ("delete", _) => args.push("--yes"),
            (_, Some(group)) => args.extend(["--log-group", group]),
            _ => {}
        }
        args
    }

    fn log_group(&self) -> String {
        self.log_group.map_or_else(|| group_name(self.name), Into::into)
    }

    /// The same account with its flow log.
    pub(crate) fn with_whole(&self, mut state: State) -> State {
        add(&mut state, self.name, self.resources);
        state
    }

    pub(crate) fn with_leftovers(&self, mut state: State) -> State {
        add_leftovers(&mut state, self.name);
        state
    }

    /// The parts that are left of it.
    pub(crate) fn left(&self, state: &State) -> Left {
        let flow_logs = state.flow_logs.values().filter(|flow_log| self.is_own(&flow_log.tags)).count();
        let has_group = state.log_groups.contains_key(&self.log_group());
        let has_role = state.roles.contains_key(&role_name(self.name));
        match (flow_logs, has_group, has_role) {
            (0, false, false) => Left::Nothing,
            (count, true, true) if count == self.resources.len() => Left::Whole,
            _ => Left::Some,
        }
    }

    pub(crate) fn is_own(&self, tags: &Tags) -> bool {
        tags.get("Name").is_some_and(|name| name == self.name)
    }

    /// Everything else.
    fn others(&self, state: &State) -> State {
        let mut others = State { created: 0, ..state.clone() };
        others.flow_logs.retain(|_, flow_log| !self.is_own(&flow_log.tags));
        others.log_groups.remove(&self.log_group());
        others.roles.remove(&role_name(self.name));
        others
    }
}

/// Returns an error if anything except the case changed since the start.
pub(crate) fn others_are_as_before(cloud: &Cloud, case: &Case, start: &State) -> Result<(), String> {
    let (before, now) = (case.others(start), case.others(&cloud.state()));
    if before == now { Ok(()) } else { Err(format!("others are not as before: {before:#?}, now {now:#?}")) }
}

/// Returns an error unless the doctor names and clears away the rest of a case, after which the case can be deleted,
/// and nothing else changes.
pub(crate) fn is_clear(cloud: &Arc<Cloud>, case: &Case, start: &State) -> Result<(), String> {
    others_are_as_before(cloud, case, start)?;
    let state = cloud.state().clone();
    if case.left(&state) == Left::Some {
        let found = undisturbed(cloud, &["doctor", "--min-age", "0s"]).stdout;
        let has_flow_log = state.flow_logs.values().any(|flow_log| case.is_own(&flow_log.tags));
        let names = [case.log_group(), role_name(case.name)];
        let is_there = |name: &str| state.log_groups.contains_key(name) || state.roles.contains_key(name);
        // The parts that a flow log lacks, or the parts that are left of one.
        if let Some(name) = names.iter().find(|name| is_there(name) != has_flow_log && !found.contains(name.as_str())) {
            return Err(format!("the doctor does not name {name}: {found}"));
        }
        let fixed = undisturbed(cloud, &["doctor", "--min-age", "0s", "--fix", "--yes"]).stdout;
        let left = case.left(&cloud.state());
        if left == Left::Some {
            return Err(format!("the doctor leaves some of it: {fixed}"));
        }
    }
    if case.left(&cloud.state()) == Left::Whole {
        let deleted = undisturbed(cloud, &case.args("delete"));
        if case.left(&cloud.state()) != Left::Nothing {
            return Err(format!("it cannot be deleted any more: {}{}", deleted.stdout, deleted.stderr));
        }
    }
    others_are_as_before(cloud, case, start)
}
