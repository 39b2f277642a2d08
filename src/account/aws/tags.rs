//! The tags of the resources that a create makes.

use std::collections::BTreeMap;

use aws_sdk_ec2::types as ec2;

use super::interface::tag;
use super::naming::{NAME, PROJECT, PROJECT_ALONE};
use super::run::{RUN, Run};
use crate::account::expiry::Expiry;
use crate::account::settings::Settings;
use crate::value::time_utc;

/// The key of the tag with the time when a flow log expires.
const EXPIRES: &str = "flowlogs:expires";
/// The key of the tag of a flow log whose records are deleted with it when it expires.
const DROPS_RECORDS: &str = "flowlogs:drops-records";

/// The expiry of flow logs with these tags, if there is one.
pub(super) fn expiry(tags: &[ec2::Tag]) -> Option<Expiry> {
    let at: jiff::Timestamp = tag(tags, EXPIRES)?.parse().ok()?;
    Some(Expiry { at: at.as_second(), drops_records: tag(tags, DROPS_RECORDS).is_some() })
}

/// The tags of the resources that a create makes for a flow log.
#[derive(Clone)]
pub(super) struct Tags {
    /// The `Name` of the flow log.
    pub(super) name: String,
    /// The owner: this tool alone, or also the Go tool.
    project: String,
    pub(super) run: Run,
    /// The tags that the user added.
    others: BTreeMap<String, String>,
}

impl Tags {
    /// The tags of a new flow log.
    pub(super) fn new(name: String, settings: &Settings, run: Run) -> Self {
        let project = if settings.is_shared_with_go_tool() { PROJECT.1 } else { PROJECT_ALONE };
        Self { name, project: project.into(), run, others: settings.tags.clone() }
    }

    /// The tags of a further flow log with the same `Name` as an existing one; `None` if that has no `Name`.
    pub(super) fn beside(first: &ec2::FlowLog, run: Run) -> Option<Self> {
        let is_others = |key: &str| ![NAME, PROJECT.0, RUN].contains(&key) && !key.starts_with("aws:");
        let pair = |tag: &ec2::Tag| Some((tag.key()?.to_string(), tag.value().unwrap_or_default().to_string()));
        let others = first.tags().iter().filter_map(pair).filter(|(key, _)| is_others(key)).collect();
        let project = tag(first.tags(), PROJECT.0).unwrap_or_else(|| PROJECT.1.into());
        Some(Self { name: tag(first.tags(), NAME)?, project, run, others })
    }

    /// Adds the time when the flow log expires.
    pub(super) fn expiring(mut self, expiry: Option<Expiry>) -> Self {
        if let Some(expiry) = expiry {
            self.others.insert(EXPIRES.into(), time_utc(expiry.at));
            self.others.extend(expiry.drops_records.then(|| (DROPS_RECORDS.into(), "true".into())));
        }
        self
    }

    /// Every tag.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        let own = [(NAME, self.name.as_str()), (PROJECT.0, &self.project), (RUN, self.run.value())];
        let own = own.map(|(key, value)| (key.to_string(), value.to_string()));
        self.others.clone().into_iter().chain(own).collect()
    }
}
