//! What an account can do, in the project's own nouns.
//!
//! [`Account`] is the narrow edge to wherever flow logs live: an embedded account in a folder, plain
//! files, AWS. It knows resources, flow logs and plans, and neither sentences nor how answers are
//! printed. Names of what it makes are those of the Go tool, so that either sees the other's:
//! <https://github.com/pete911/flowlogs>.

#[cfg(feature = "aws")]
pub mod aws;
pub mod inventory;
pub mod local;
mod name;
mod names;

use std::sync::Arc;

use async_trait::async_trait;

use inventory::Inventory;

use crate::diagnostic::nearest;
use crate::engine;
use crate::query::plan::{Plan, TargetKind};
use crate::query::window::Interval;
use crate::value::{EpochSeconds, Progress, RowSink, RunStats};

/// The kinds that flow logs are created for, in the order they are listed.
pub const KINDS: [TargetKind; 6] = [
    TargetKind::Instance,
    TargetKind::SecurityGroup,
    TargetKind::Subnet,
    TargetKind::Vpc,
    TargetKind::NatGateway,
    TargetKind::Endpoint,
];

/// How the names of log groups start.
pub const LOG_GROUP_PREFIX: &str = "/fl-cli/";
/// Days that a log group keeps its records unless something else is asked for.
pub const DEFAULT_RETENTION_DAYS: u32 = 30;
/// Seconds over which a record aggregates unless something else is asked for.
pub const DEFAULT_AGGREGATION_S: u32 = 60;
/// The aggregation intervals that flow logs can have.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html>.
pub const AGGREGATIONS_S: [u32; 2] = [60, 600];
/// Minutes that a query looks back on an account, where its sentence has no window; the Go tool's.
pub const DEFAULT_WINDOW_S: i64 = 60 * 60;

/// Something that flow logs can be created for: a VPC, a group of instances of one name, ...
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What it is.
    pub kind: TargetKind,
    /// Its id; for instances their common name.
    pub id: String,
    /// Its `Name`, where it has one.
    pub name: Option<String>,
    /// The VPC that it lives in.
    pub vpc: Option<String>,
    /// The ids of the instances that share the name; empty for other kinds.
    pub members: Vec<String>,
    /// The interfaces that belong to it now.
    pub interfaces: Vec<String>,
}

impl Resource {
    /// The id of its flow log: tag `Name`, and the end of the names of log group and role, which is
    /// why it is changed where those would not accept it.
    #[must_use]
    pub fn flow_log_name(&self) -> String {
        name::fit(&self.plain_name())
    }

    /// The same as the Go tool has it, which changes nothing.
    fn plain_name(&self) -> String {
        match self.kind {
            TargetKind::Instance => format!("instance-{}", self.id),
            _ => self.id.clone(),
        }
    }

    /// What its flow log may be called, by this tool and by the Go tool.
    pub(crate) fn flow_log_names(&self) -> [String; 2] {
        [self.flow_log_name(), self.plain_name()]
    }

    /// The log group of its flow log.
    #[must_use]
    pub fn log_group(&self) -> String {
        format!("{LOG_GROUP_PREFIX}{}", self.flow_log_name())
    }

    /// What a selector may call it: its name if it has one, its id, and the ids of its instances.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.name.iter().chain([&self.id]).chain(&self.members)
    }

    /// Whether a selector, an id or name or a glob over either, means it.
    #[must_use]
    pub fn is_selected(&self, selector: &str) -> bool {
        self.names().any(|name| matches_glob(selector, name))
    }

    /// The name and the id, as messages have it.
    #[must_use]
    pub fn label(&self) -> String {
        label(self.kind, self.name.as_ref(), &self.id)
    }

    /// What creating its flow log makes on every account: log group and flow log.
    fn steps(&self, settings: &Settings) -> [String; 2] {
        let Settings { retention_days, aggregation_s, .. } = settings;
        [
            format!("log group {} ({retention_days} days)", self.log_group()),
            format!("flow log of {} (every {aggregation_s} s)", self.coverage()),
        ]
    }

    /// Nothing is made for what has no interface.
    ///
    /// # Errors
    ///
    /// [`Error::NoInterface`].
    pub fn check_interfaces(&self) -> Result<(), Error> {
        if self.interfaces.is_empty() { Err(Error::NoInterface { what: self.label() }) } else { Ok(()) }
    }

    /// How many interfaces it has, in words.
    #[must_use]
    pub fn coverage(&self) -> String {
        match self.interfaces.len() {
            1 => "1 interface".into(),
            count => format!("{count} interfaces"),
        }
    }
}

/// The name, if there is one beside the id, and the id, behind the word of the kind.
pub(crate) fn label(kind: TargetKind, name: Option<&String>, id: &str) -> String {
    match name {
        Some(name) if name != id => format!("{} {name} ({id})", kind.name()),
        _ => format!("{} {id}", kind.name()),
    }
}

/// Where something is, among several accounts and Regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The Region.
    pub region: String,
    /// The account's id.
    pub account: String,
}

impl Place {
    /// Both, as messages have it.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} {}", self.account, self.region)
    }
}

/// A flow log that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLog {
    /// Its id; where it is several on AWS, one for each interface, the `Name` that they share.
    pub id: String,
    /// What it was created for.
    pub kind: TargetKind,
    /// The resource's id; for instances their name.
    pub resource: String,
    /// The resource's `Name`, where it is known.
    pub name: Option<String>,
    /// Its log group.
    pub log_group: String,
    /// The interfaces that it covers now.
    pub covered: Vec<String>,
    /// How many interfaces its resource has now.
    pub interfaces: usize,
    /// When it was created.
    pub created: EpochSeconds,
    /// Days that records are kept; 0 for ever.
    pub retention_days: u32,
    /// Bytes that are kept.
    pub stored_bytes: u64,
    /// How delivery goes, in the service's words.
    pub status: String,
    /// Where it is, where several places are looked at.
    pub place: Option<Place>,
}

impl FlowLog {
    /// By kind, in the order of [`KINDS`], then by resource.
    fn sort(flow_logs: &mut [Self]) {
        let order = |kind: TargetKind| KINDS.iter().position(|known| *known == kind);
        flow_logs.sort_by(|a, b| (order(a.kind), &a.resource).cmp(&(order(b.kind), &b.resource)));
    }

    /// The name of its resource if it has one, and its id.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.name.iter().chain([&self.resource])
    }

    /// Whether a selector means it: by its resource's id or name, its own id, or its log group.
    #[must_use]
    pub fn is_selected(&self, selector: &str) -> bool {
        let names = [Some(&self.resource), self.name.as_ref(), Some(&self.id), Some(&self.log_group)];
        names.into_iter().flatten().any(|name| matches_glob(selector, name))
    }

    /// Whether it is the flow log of `resource`, as this tool or the Go tool names it.
    #[must_use]
    pub fn is_of(&self, resource: &Resource) -> bool {
        let names = resource.flow_log_names();
        let name = self.log_group.strip_prefix(LOG_GROUP_PREFIX);
        self.kind == resource.kind && name.is_some_and(|name| names.iter().any(|known| known == name))
    }

    /// The name and the id of its resource, as messages have it.
    #[must_use]
    pub fn label(&self) -> String {
        label(self.kind, self.name.as_ref(), &self.resource)
    }
}

/// What a flow log is created with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Days that records are kept.
    pub retention_days: u32,
    /// Seconds over which a record aggregates; one of [`AGGREGATIONS_S`].
    pub aggregation_s: u32,
    /// The fields of a record, as AWS names them; none for those that the account knows best.
    pub fields: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { retention_days: DEFAULT_RETENTION_DAYS, aggregation_s: DEFAULT_AGGREGATION_S, fields: Vec::new() }
    }
}

/// What creating came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// A flow log was made.
    New {
        /// Its id.
        id: String,
        /// What else its maker should know.
        note: Option<String>,
    },
    /// It existed, and covers these interfaces now too.
    Extended {
        /// The interfaces that joined.
        interfaces: Vec<String>,
    },
    /// It existed and covers every interface.
    Unchanged,
}

/// Something in an account that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub problem: String,
    /// What would put it right, where the account can do that itself.
    pub remedy: Option<Remedy>,
    /// Where it is, where several places are looked at.
    pub place: Option<Place>,
}

impl Finding {
    fn new(problem: String, remedy: Option<Remedy>) -> Self {
        Self { problem, remedy, place: None }
    }
}

/// What has to be waited for once it was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pending {
    /// Nothing: it may be left as it is.
    Nothing,
    /// A query.
    Query,
    /// A change.
    Change,
}

/// What a query would take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Bytes that it would scan.
    pub bytes: u64,
    /// What that costs, in US dollars.
    pub cost_usd: f64,
}

/// What puts a finding right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Delete this flow log: there is nothing left that it could record.
    Delete(FlowLog),
    /// Cover the interfaces that joined this resource.
    Extend(Resource),
    /// Remove what an interrupted change left.
    Remove(Rest),
}

/// What an interrupted change can leave behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// A file of an embedded account.
    File,
    /// A log group that no flow log delivers to, by name.
    LogGroup(String),
    /// A role that no flow log uses, by name.
    Role(String),
}

impl Remedy {
    /// What it does, in a user's words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Delete(flow_log) => format!("delete {} ({})", flow_log.id, flow_log.log_group),
            Self::Extend(resource) => format!("cover every interface of {}", resource.label()),
            Self::Remove(Rest::File) => "remove the file".into(),
            Self::Remove(Rest::LogGroup(name)) => format!("delete the log group {name} and its records"),
            Self::Remove(Rest::Role(name)) => format!("delete the role {name}"),
        }
    }
}

/// Why an account cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `create vpc`, where there are only files.
    #[error("these are files, not an account: they can be queried only")]
    NotAnAccount,
    /// `--inventory FILE` beside an account.
    #[error("`{folder}` is an account with an inventory of its own")]
    OwnInventory {
        /// The account's folder.
        folder: String,
    },
    /// `vpc prdo`
    #[error("no {kind} matches `{selector}`")]
    NoMatch {
        /// The kind's word.
        kind: &'static str,
        /// What was typed.
        selector: String,
        /// Ids and names that there are.
        known: Vec<String>,
    },
    /// `vpc where reject`, where no flow log of that kind was created.
    #[error("the account has no flow log{}", of_kind(*kind))]
    NoFlowLogs {
        /// The kind.
        kind: TargetKind,
    },
    /// `vpc prod`, for which no flow log was created.
    #[error("{what} has no flow log")]
    NoFlowLog {
        /// What was asked for.
        what: String,
        /// How to create it, if that would help.
        create: Option<String>,
    },
    /// `create instance i-0a i-0b`, where the two have different names.
    #[error("instances of one flow log share a name: {}", of_instances(instances))]
    MixedInstances {
        /// Each instance's id and name.
        instances: Vec<(String, String)>,
    },
    /// A target that nothing could be recorded for.
    #[error("{what} has no network interface: there is nothing to log")]
    NoInterface {
        /// The target.
        what: String,
    },
    /// Plain files cannot answer.
    #[error(transparent)]
    Plain(#[from] local::PlainError),
    /// The folder of an embedded account is not in order, or in use.
    #[error(transparent)]
    Embedded(#[from] local::EmbeddedError),
    /// AWS refuses, or cannot be reached.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Aws(#[from] aws::Error),
    /// The inventory is not valid.
    #[error(transparent)]
    Inventory(#[from] inventory::Error),
    /// The files could not be read, or the query not be run.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// What takes the rows failed.
    #[error("cannot write the rows: {0}")]
    Sink(std::io::Error),
    /// `explain --estimate` of files.
    #[error("a query of files costs nothing")]
    NoCost,
    /// `follow` of what comes through a pipe.
    #[error("what comes through a pipe cannot be followed")]
    NotFollowed,
}

impl Error {
    /// What to type instead.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotAnAccount => Some("an account is a folder with `inventory.json`".into()),
            Self::NoMatch { selector, known, .. } => match nearest(selector, known.iter().map(String::as_str)) {
                Some(near) => Some(format!("did you mean `{near}`?")),
                None if known.is_empty() => Some("there is none".into()),
                None => Some(format!("there are {}", few(known))),
            },
            Self::NoFlowLogs { kind } => {
                let kind = if KINDS.contains(kind) { kind.name() } else { "vpc" };
                Some(format!("create one: `flowlogs create {kind} NAME`"))
            }
            Self::NoFlowLog { create, .. } => create.as_ref().map(|create| format!("create one: `{create}`")),
            Self::Plain(error) => error.help(),
            Self::Embedded(error) => error.help(),
            Self::Engine(error) => error.help(),
            Self::OwnInventory { .. } => Some("leave `--inventory` out".into()),
            Self::MixedInstances { .. } => Some("create one for each name".into()),
            #[cfg(feature = "aws")]
            Self::Aws(error) => error.help(),
            Self::NotFollowed => Some("name the file that grows with `--local`".into()),
            Self::NoInterface { .. } | Self::Inventory(_) | Self::Sink(_) | Self::NoCost => None,
        }
    }

    /// Whether the reader of the rows went away.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        let (Self::Engine(engine::Error::Sink(sink)) | Self::Sink(sink)) = self else { return false };
        sink.kind() == std::io::ErrorKind::BrokenPipe
    }
}

fn of_kind(kind: TargetKind) -> String {
    if KINDS.contains(&kind) { format!(" of kind `{}`", kind.name()) } else { String::new() }
}

fn of_instances(instances: &[(String, String)]) -> String {
    let each: Vec<String> = instances.iter().map(|(id, name)| format!("{id} is `{name}`")).collect();
    each.join(", ")
}

/// Some of the names, and how many more there are.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A place where flow logs live.
#[async_trait]
pub trait Account: Send + Sync {
    /// Whether names of interfaces are known here.
    fn has_names(&self) -> bool;

    /// The resources of a kind, by id.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`].
    async fn resources(&self, kind: TargetKind) -> Result<Vec<Resource>, Error>;

    /// Every flow log, by kind and resource.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    async fn flow_logs(&self) -> Result<Vec<FlowLog>, Error>;

    /// Creates the flow log of a resource that has interfaces, or lets the one it has cover those that
    /// joined.
    ///
    /// # Errors
    ///
    /// [`Error::Embedded`], [`Error::Aws`].
    async fn create(&self, resource: &Resource, settings: &Settings) -> Result<Created, Error>;

    /// What creating the flow log of a resource would make, in the order in which it is made.
    ///
    /// # Errors
    ///
    /// [`Error::Aws`] where it is not known what they would be called.
    async fn steps(&self, resource: &Resource, settings: &Settings) -> Result<Vec<String>, Error> {
        Ok(resource.steps(settings).into())
    }

    /// Deletes a flow log with all that was made for it.
    ///
    /// # Errors
    ///
    /// [`Error::Embedded`].
    async fn delete(&self, flow_log: &FlowLog) -> Result<(), Error>;

    /// What is not as it should be.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    async fn findings(&self) -> Result<Vec<Finding>, Error>;

    /// Removes what an interrupted change left behind.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    async fn remove(&self, rest: &Rest) -> Result<(), Error>;

    /// The account at one of several places, by what it told of that place.
    fn at(&self, _place: &Place) -> Option<&dyn Account> {
        None
    }

    /// Whether anything that was asked so far went without a place that failed.
    fn is_partial(&self) -> bool {
        false
    }

    /// A command begins: what was asked of an earlier one is forgotten.
    fn begin(&self) {}

    /// Asks what is under way to stop, and says what that is, which has to be waited for: a change
    /// puts back what it did, a query stops and keeps what it found.
    fn interrupt(&self) -> Pending {
        Pending::Nothing
    }

    /// What there is in the network.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`].
    async fn inventory(&self) -> Result<Inventory, Error>;

    /// The seconds that a plan without a window is about now; `None` for all records.
    fn default_interval(&self, now: EpochSeconds) -> Option<Interval> {
        Some(Interval { from: now - DEFAULT_WINDOW_S, until: now })
    }

    /// How many bytes a plan would scan, where that costs something.
    ///
    /// # Errors
    ///
    /// [`Error::NoCost`] where it does not, and those of [`Account::run`].
    async fn estimate(&self, _plan: &Plan, _interval: Option<Interval>) -> Result<Estimate, Error> {
        Err(Error::NoCost)
    }

    /// Whether the records that `plan` sums hold both ends of some traffic; `None` where that would cost
    /// something to find out.
    ///
    /// # Errors
    ///
    /// Those of [`Account::run`].
    async fn records_both_ends(&self, _plan: &Plan, _interval: Option<Interval>) -> Result<Option<bool>, Error> {
        Ok(None)
    }

    /// How many seconds behind their time new records may come; `None` where they may be of any time.
    ///
    /// # Errors
    ///
    /// [`Error::NotFollowed`] where there are none.
    fn lateness_s(&self) -> Result<Option<i64>, Error> {
        Ok(None)
    }

    /// Waits until there may be new records.
    ///
    /// # Errors
    ///
    /// [`Error::Engine`] where the files cannot be looked at.
    async fn more(&self) -> Result<(), Error>;

    /// Runs `plan` over what its targets recorded; rows go to `sink` as they come.
    ///
    /// # Errors
    ///
    /// [`Error`], by variant: a target that matches nothing, a field that no record has, a file that
    /// cannot be read, a sink that cannot be written to.
    async fn run(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
    ) -> Result<RunStats, Error>;
}

/// What all of them may be called: the first name of each, then the others.
pub(crate) fn known<'a, T, N: Iterator<Item = &'a String>>(all: &'a [T], names: impl Fn(&'a T) -> N) -> Vec<String> {
    let first = all.iter().filter_map(|one| names(one).next());
    first.chain(all.iter().flat_map(|one| names(one).skip(1))).cloned().collect()
}

/// Why a selector has no records: nothing is called so, or nothing was created for it.
fn not_recorded(inventory: &Inventory, kind: TargetKind, selector: &str, log_groups: Vec<String>) -> Error {
    let resources = inventory.resources(kind);
    if let Some(resource) = resources.iter().find(|resource| resource.is_selected(selector)) {
        let create = Some(format!("flowlogs create {} {}", kind.name(), resource.id));
        return Error::NoFlowLog { what: resource.label(), create };
    }
    let known = if kind == TargetKind::Group { log_groups } else { known(&resources, Resource::names) };
    Error::NoMatch { kind: kind.name(), selector: selector.into(), known }
}

/// Whether the whole text matches a pattern in which `*` is any text and `?` any character.
#[must_use]
pub fn matches_glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stands, and how much text it takes: on a mismatch it takes one more.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match &mut star {
                Some((at, taken)) => {
                    *taken += 1;
                    (p, t) = (*at + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_matches_the_whole_text() {
        for (pattern, text, matches) in [
            ("web", "web", true),
            ("web", "web-1", false),
            ("web-*", "web-", true),
            ("*-prod-*", "a-prod-prod-b", true),
            ("*b", "aab", true),
            ("?", "", false),
            ("e?i-*", "eni-0a", true),
            ("*", "", true),
            ("ü*", "über", true),
            ("**a", "bba", true),
            ("a*b*c", "axxbyyb", false),
        ] {
            assert_eq!(matches_glob(pattern, text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn names_are_those_of_the_go_tool() {
        let resource = |kind, id: &str| Resource {
            kind,
            id: id.into(),
            name: None,
            vpc: None,
            members: Vec::new(),
            interfaces: Vec::new(),
        };
        assert_eq!(resource(TargetKind::Vpc, "vpc-1").log_group(), "/fl-cli/vpc-1");
        assert_eq!(resource(TargetKind::Instance, "web").log_group(), "/fl-cli/instance-web");
    }
}
