//! Resolves targets to log groups, by the flow logs that deliver to them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types as ec2;

use super::super::connection::Aws;
use super::super::error::Error;
use super::super::flow_logs::{self, Group, Resources};
use crate::account::resource::KINDS;
use crate::account::select::{Error as SelectError, not_recorded};
use crate::kind::TargetKind;
use crate::query::glob::matches_glob;
use crate::query::plan::Target;
use crate::value::EpochSeconds;

/// A log group, and the records in it that a target selects.
#[derive(Clone, Debug)]
pub(super) struct LogSource {
    /// The log group's name.
    pub(super) group: String,
    /// The ids of the flow logs that deliver to it.
    pub(super) flow_logs: BTreeSet<String>,
    /// Their formats.
    pub(super) formats: BTreeSet<String>,
    /// The interfaces whose records are selected; `None` for all.
    pub(super) interfaces: Option<BTreeSet<String>>,
    /// The creation time of the first of them.
    pub(super) created: EpochSeconds,
    /// The state of delivery, if it has problems.
    pub(super) trouble: Option<String>,
}

/// The sources of all targets, each log group once.
pub(super) async fn sources(aws: &Aws, targets: &[Target]) -> Result<Vec<LogSource>, Error> {
    let clients = aws.clients().await?;
    let is_foreign = |target: &Target| target.kind == TargetKind::Group && !target.selectors.is_empty();
    let all =
        if targets.iter().any(is_foreign) { flow_logs::all(clients).await? } else { flow_logs::ours(clients).await? };
    let ours: Vec<ec2::FlowLog> = all.iter().filter(|flow_log| flow_logs::is_ours(flow_log)).cloned().collect();
    let flow_logs = FlowLogs { aws, all, ours: flow_logs::grouped(ours) };
    let mut sources: BTreeMap<String, LogSource> = BTreeMap::new();
    for target in targets {
        for source in flow_logs.sources(target).await? {
            match sources.get_mut(&source.group) {
                Some(same) => same.join(source),
                None => drop(sources.insert(source.group.clone(), source)),
            }
        }
    }
    Ok(sources.into_values().collect())
}

impl LogSource {
    /// The log group that a flow log delivers to; `None` for other destinations.
    fn of(flow_log: &ec2::FlowLog) -> Option<Self> {
        let status = flow_log.deliver_logs_status().filter(|status| *status != "SUCCESS");
        let message = flow_log.deliver_logs_error_message().filter(|message| !message.is_empty());
        Some(Self {
            group: flow_log.log_group_name()?.to_string(),
            flow_logs: flow_log.flow_log_id().map(Into::into).into_iter().collect(),
            formats: BTreeSet::from([flow_log.log_format().unwrap_or_default().to_string()]),
            interfaces: None,
            created: flow_log.creation_time().map_or(0, aws_sdk_ec2::primitives::DateTime::secs),
            trouble: message.or(status).map(ToString::to_string),
        })
    }

    /// Adds the records that another target selects in the same log group.
    fn join(&mut self, other: Self) {
        self.flow_logs.extend(other.flow_logs);
        self.formats.extend(other.formats);
        self.created = self.created.min(other.created);
        self.trouble = self.trouble.take().or(other.trouble);
        self.interfaces = match (self.interfaces.take(), other.interfaces) {
            (Some(one), Some(other)) => Some(one.into_iter().chain(other).collect()),
            _ => None,
        };
    }
}

fn sources_of(group: &Group) -> impl Iterator<Item = LogSource> {
    group.flow_logs.iter().filter_map(LogSource::of)
}

/// The existing flow logs.
struct FlowLogs<'a> {
    aws: &'a Aws,
    all: Vec<ec2::FlowLog>,
    ours: Vec<Group>,
}

impl FlowLogs<'_> {
    async fn sources(&self, target: &Target) -> Result<Vec<LogSource>, Error> {
        let of_kind: Vec<&Group> =
            self.ours.iter().filter(|group| !KINDS.contains(&target.kind) || group.kind == target.kind).collect();
        if target.selectors.is_empty() {
            if of_kind.is_empty() {
                return Err(SelectError::NoFlowLogs { kind: target.kind }.into());
            }
            return Ok(of_kind.into_iter().flat_map(sources_of).collect());
        }
        let mut sources = Vec::new();
        for selector in &target.selectors {
            sources.extend(match target.kind {
                TargetKind::Group => self.log_groups(selector)?,
                TargetKind::Eni => self.interfaces(selector, &of_kind).await?,
                kind => self.selected(kind, selector, &of_kind).await?,
            });
        }
        Ok(sources)
    }

    /// Log groups that any flow log delivers to.
    fn log_groups(&self, selector: &str) -> Result<Vec<LogSource>, Error> {
        let all: Vec<LogSource> = self.all.iter().filter_map(LogSource::of).collect();
        let (selected, others): (Vec<LogSource>, Vec<LogSource>) =
            all.into_iter().partition(|source| matches_glob(selector, &source.group));
        if selected.is_empty() {
            let known = others.into_iter().map(|source| source.group).collect::<BTreeSet<_>>().into_iter().collect();
            return Err(SelectError::NoMatch { kind: "group", selector: selector.into(), known }.into());
        }
        Ok(selected)
    }

    /// The flow logs of the resources that a selector matches. An id is resolved without reading the network.
    async fn selected(&self, kind: TargetKind, selector: &str, of_kind: &[&Group]) -> Result<Vec<LogSource>, Error> {
        let by_id: Vec<&&Group> = of_kind.iter().filter(|group| group.resource_id() == selector).collect();
        if !by_id.is_empty() {
            return Ok(by_id.into_iter().flat_map(|group| sources_of(group)).collect());
        }
        let inventory = self.aws.network().await?;
        let resources = Resources::new(inventory);
        let is_selected = |group: &&&Group| group.describe(&resources, &[]).is_selected(selector);
        let mut sources: Vec<LogSource> =
            of_kind.iter().filter(is_selected).flat_map(|group| sources_of(group)).collect();
        if sources.is_empty() && kind == TargetKind::Instance {
            let interfaces = inventory.instance_interfaces(selector).into_iter().collect();
            sources = self.covering(&interfaces, of_kind).await?;
        }
        if sources.is_empty() {
            let groups = self.ours.iter().map(Group::log_group).collect();
            return Err(not_recorded(inventory, kind, selector, groups).into());
        }
        Ok(sources)
    }

    async fn interfaces(&self, selector: &str, groups: &[&Group]) -> Result<Vec<LogSource>, Error> {
        let ids: Vec<String> =
            self.aws.network().await?.interfaces.iter().map(|interface| interface.id.clone()).collect();
        let selected: BTreeSet<String> = ids.iter().filter(|id| matches_glob(selector, id)).cloned().collect();
        if selected.is_empty() {
            return Err(SelectError::NoMatch { kind: "eni", selector: selector.into(), known: ids }.into());
        }
        let sources = self.covering(&selected, groups).await?;
        if sources.is_empty() {
            return Err(SelectError::NoFlowLog { what: format!("eni {selector}"), create: None }.into());
        }
        Ok(sources)
    }

    /// The log groups with records of these interfaces.
    async fn covering(&self, interfaces: &BTreeSet<String>, groups: &[&Group]) -> Result<Vec<LogSource>, Error> {
        let resources = Resources::new(self.aws.network().await?);
        let mut sources = Vec::new();
        for group in groups {
            let covered = group.describe(&resources, &[]).covered;
            let meant: BTreeSet<String> = covered.into_iter().filter(|id| interfaces.contains(id)).collect();
            if !meant.is_empty() {
                let of_group = sources_of(group);
                sources.extend(of_group.map(|source| LogSource { interfaces: Some(meant.clone()), ..source }));
            }
        }
        Ok(sources)
    }
}
