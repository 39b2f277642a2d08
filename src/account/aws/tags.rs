//! The tags of what a create makes.

use std::collections::BTreeMap;

use aws_sdk_ec2::types as ec2;

use super::interface::tag;
use super::naming::{NAME, PROJECT, PROJECT_ALONE};
use super::run::{RUN, Run};
use crate::account::settings::Settings;

/// The tags of what a create makes for a flow log.
#[derive(Clone)]
pub(super) struct Tags {
    /// The `Name` of the flow log.
    pub(super) name: String,
    /// Whose it is: this tool's alone, or also that of the Go tool.
    project: String,
    pub(super) run: Run,
    /// Those that the user added.
    others: BTreeMap<String, String>,
}

impl Tags {
    /// The tags of a new flow log.
    pub(super) fn new(name: String, settings: &Settings, run: Run) -> Self {
        let project = if settings.is_shared_with_go_tool() { PROJECT.1 } else { PROJECT_ALONE };
        Self { name, project: project.into(), run, others: settings.tags.clone() }
    }

    /// The tags of one more flow log beside another of the same `Name`; `None` if that has none.
    pub(super) fn beside(first: &ec2::FlowLog, run: Run) -> Option<Self> {
        let is_others = |key: &str| ![NAME, PROJECT.0, RUN].contains(&key) && !key.starts_with("aws:");
        let pair = |tag: &ec2::Tag| Some((tag.key()?.to_string(), tag.value().unwrap_or_default().to_string()));
        let others = first.tags().iter().filter_map(pair).filter(|(key, _)| is_others(key)).collect();
        let project = tag(first.tags(), PROJECT.0).unwrap_or_else(|| PROJECT.1.into());
        Some(Self { name: tag(first.tags(), NAME)?, project, run, others })
    }

    /// Every tag.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        let own = [(NAME, self.name.as_str()), (PROJECT.0, &self.project), (RUN, self.run.value())];
        let own = own.map(|(key, value)| (key.to_string(), value.to_string()));
        self.others.clone().into_iter().chain(own).collect()
    }
}
