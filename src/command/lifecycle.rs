//! `create` and `delete` for flow logs, the same on every account.
//!
//! On a terminal the user decides; without one, flags have to. Every command can be planned with `--dry-run`, and
//! reports the outcome for each resource.

use std::collections::BTreeMap;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, value_parser};
use indicatif::HumanBytes;
use jiff::SignedDuration;

use super::console::{Terminal, say};
use super::desk::Desk;
use super::error::{Error, Exit};
use super::kind::{KINDS_AND_ALL, KindParser};
use super::option::Asking;
use super::outcome::report;
use super::pick;
use crate::account::{FlowLog, Identity, KINDS, LogClass, Records, Resource, Settings, Traffic, parse_lifetime};
use crate::kind::TargetKind;
use crate::query::clock::Clock;
use crate::session::Session;
use crate::value::time_in;

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
    #[arg(long, value_name = "SECONDS")]
    aggregation: Option<u32>,

    /// The fields of a record, as AWS names them, such as `srcaddr,dstaddr,bytes`, those of tags with the
    /// key, such as `instance-tag=team` [default: those of versions 2 to 5, `reject-reason`, and those of
    /// ECS where there is a cluster; of transit gateways all]
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    fields: Vec<String>,

    /// The traffic that is recorded; an embedded account shows all of it [default: all]
    #[arg(long, value_name = "TRAFFIC", value_parser = word_of(Traffic::WORDS))]
    traffic: Option<Traffic>,

    /// A tag of everything that is created on AWS, `KEY=VALUE`; may be given more than once
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_tag)]
    tag: Vec<(String, String)>,

    /// The log group, instead of `/fl-cli/ID`; one that exists stays as it is, and `delete` leaves it
    #[arg(long, value_name = "NAME")]
    log_group: Option<String>,

    /// The class of a log group that is created on AWS [default: standard]
    #[arg(long, value_name = "CLASS", value_parser = word_of(LogClass::WORDS))]
    log_class: Option<LogClass>,

    /// The KMS key of a log group that is created on AWS; its policy has to let CloudWatch Logs use it
    #[arg(long, value_name = "ARN")]
    kms_key: Option<String>,

    /// A role on AWS that delivers the records, instead of one that is created; `delete` leaves it
    #[arg(long = "role", value_name = "ARN", conflicts_with_all = ["role_path", "permissions_boundary"])]
    delivery_role: Option<String>,

    /// The path of the role that is created on AWS, such as `/network/` [default: /]
    #[arg(long, value_name = "PATH")]
    role_path: Option<String>,

    /// The permissions boundary of the role that is created on AWS
    #[arg(long, value_name = "ARN")]
    permissions_boundary: Option<String>,

    /// Its lifetime, such as `2h` or `7d`, after which `doctor --fix` deletes the flow log and its role
    #[arg(long = "for", value_name = "TIME", value_parser = parse_lifetime)]
    lifetime: Option<SignedDuration>,

    /// Have its records deleted, too, when it expires
    #[arg(long)]
    drop_records: bool,
}

/// Deletes flow logs.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The kind of resource
    #[arg(value_parser = KindParser(KINDS_AND_ALL))]
    kind: TargetKind,

    /// Ids, names, or globs over either; on a terminal, none lets pick them from a list; `all` takes none
    selectors: Vec<String>,

    /// Delete flow log and role, and leave the log group with its records
    #[arg(long)]
    keep_records: bool,
}

/// A parser for one of several words.
fn word_of<T: Copy + Send + Sync + 'static, const N: usize>(
    words: [(&'static str, T); N],
) -> impl TypedValueParser<Value = T> {
    let known = PossibleValuesParser::new(words.map(|(word, _)| word));
    known.try_map(move |given| {
        let found = words.iter().find(|(word, _)| *word == given);
        found.map(|(_, value)| *value).ok_or("no such word")
    })
}

fn parse_tag(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    pair.map(|(key, value)| (key.into(), value.into())).ok_or_else(|| "expected `KEY=VALUE`".into())
}

impl Create {
    fn settings(&self) -> Result<Settings, Error> {
        let tags: BTreeMap<String, String> = self.tag.iter().cloned().collect();
        if tags.len() < self.tag.len() {
            return Err(Error::Usage { message: "`--tag` has a key twice".into(), help: None });
        }
        let settings = Settings {
            retention_days: self.retention,
            aggregation_s: self.aggregation,
            fields: self.fields.clone(),
            traffic: self.traffic,
            tags,
            log_group: self.log_group.clone(),
            log_class: self.log_class,
            kms_key: self.kms_key.clone(),
            role: self.delivery_role.clone(),
            role_path: self.role_path.clone(),
            permissions_boundary: self.permissions_boundary.clone(),
            lifetime: self.lifetime,
            drop_records: self.drop_records,
        };
        match settings.check().and_then(|()| settings.check_for(self.kind)) {
            Ok(()) => Ok(settings),
            Err(error) => Err(Error::Usage { message: error.to_string(), help: error.help() }),
        }
    }

    pub(super) async fn run(&self, desk: &Desk) -> Result<Exit, Error> {
        let Desk { session, asking, terminal, .. } = desk;
        let settings = self.settings()?;
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
        // Resources that were named one by one are not confirmed. A glob may match more than intended, and a pick list
        // with a single item is not shown at all.
        let is_wide = names.len() > self.selectors.len();
        if is_wide && !asking.dry_run {
            asking.confirm_in(session, "create the flow logs of", &names, terminal).await?;
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
        let mut flow_logs = session.to_delete(self.kind, &self.selectors).await?;
        if is_picking {
            flow_logs = pick::flow_logs(flow_logs, terminal)?;
        }
        let is_lost = session.deletes_records() && !self.keep_records;
        let lost = |flow_log: &FlowLog| if is_lost { lost(flow_log, &desk.context.clock) } else { flow_log.label() };
        let names: Vec<String> = flow_logs.iter().map(lost).collect();
        if !names.is_empty() && !asking.dry_run {
            asking.confirm_in(session, "delete the flow logs of", &names, terminal).await?;
        }
        let records = if self.keep_records { Records::Kept } else { Records::Deleted };
        report(&session.delete(&flow_logs, records, asking.dry_run).await, desk)
    }
}

/// Describes a flow log, and the records that are lost with it.
fn lost(flow_log: &FlowLog, clock: &Clock) -> String {
    let label = flow_log.label();
    if flow_log.stored_bytes == 0 {
        return label;
    }
    let kept_from = match flow_log.retention_days {
        0 => flow_log.created,
        days => flow_log.created.max(clock.now - i64::from(days) * 24 * 60 * 60),
    };
    let (size, since) = (HumanBytes(flow_log.stored_bytes), time_in(kept_from, &clock.zone));
    // The date is precise enough.
    format!("{label} and {size} of records since {}", since.split(' ').next().unwrap_or_default())
}

impl Asking {
    /// Asks as [`Self::confirm`] does, and prints the accounts and Regions before.
    async fn confirm_in(
        &self,
        session: &Session,
        what: &str,
        names: &[String],
        terminal: &Terminal,
    ) -> Result<(), Error> {
        if !self.yes && pick::can_ask() {
            // If the identity cannot be found, the question is asked without it.
            for Identity { place, profile, .. } in session.identities().await.unwrap_or_default() {
                let profile = profile.map(|profile| format!(" (profile {profile})")).unwrap_or_default();
                say(&format!("in {}{profile}:", place.label()));
            }
        }
        self.confirm(what, names, terminal)
    }

    /// Asks the user, unless `--yes` was given.
    pub(super) fn confirm(&self, what: &str, names: &[String], terminal: &Terminal) -> Result<(), Error> {
        if self.yes { Ok(()) } else { pick::confirm(what, names, terminal) }
    }
}

/// The error for a command without selectors and without a terminal to pick from a list.
fn nothing_selected(command: &str, kind: TargetKind) -> Error {
    let kind = kind.name();
    Error::Usage {
        message: format!("`{command} {kind}` needs an id or a name"),
        help: Some(format!("every one of them is `{command} {kind} '*'`")),
    }
}
