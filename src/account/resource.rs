//! Resources that flow logs are created for.

use super::naming::{self, LOG_GROUP_PREFIX};
use super::settings::Settings;
use crate::kind::TargetKind;
use crate::query::glob::matches_glob;

/// The kinds that flow logs are created for, in the order in which they are listed.
pub const KINDS: [TargetKind; 6] = [
    TargetKind::Instance,
    TargetKind::SecurityGroup,
    TargetKind::Subnet,
    TargetKind::Vpc,
    TargetKind::NatGateway,
    TargetKind::Endpoint,
];

/// Something that flow logs can be created for: a VPC, a group of instances of one name, ...
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The kind.
    pub kind: TargetKind,
    /// Its id; for instances their common name.
    pub id: String,
    /// Its `Name`, if it has one.
    pub name: Option<String>,
    /// The VPC that it lives in.
    pub vpc: Option<String>,
    /// The ids of the instances that share the name; empty for other kinds.
    pub members: Vec<String>,
    /// The interfaces that belong to it now.
    pub interfaces: Vec<String>,
}

impl Resource {
    /// The id of its flow log: the tag `Name`, and the end of the names of log group and role. It is changed where
    /// those would not accept it.
    #[must_use]
    pub fn flow_log_name(&self) -> String {
        naming::fit(&self.plain_name())
    }

    /// The name that the Go tool gives its flow log, unchanged.
    fn plain_name(&self) -> String {
        match self.kind {
            TargetKind::Instance => format!("instance-{}", self.id),
            _ => self.id.clone(),
        }
    }

    /// The names that its flow log may have: by this tool and by the Go tool.
    pub(crate) fn flow_log_names(&self) -> [String; 2] {
        [self.flow_log_name(), self.plain_name()]
    }

    /// The log group of its flow log.
    #[must_use]
    pub fn log_group(&self) -> String {
        format!("{LOG_GROUP_PREFIX}{}", self.flow_log_name())
    }

    /// The names that a selector can match: its name if it has one, its id, and the ids of its instances.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.name.iter().chain([&self.id]).chain(&self.members)
    }

    /// Returns whether a selector (an id, a name, or a glob over either) matches it.
    #[must_use]
    pub fn is_selected(&self, selector: &str) -> bool {
        self.names().any(|name| matches_glob(selector, name))
    }

    /// The name and the id, for messages.
    #[must_use]
    pub fn label(&self) -> String {
        label(self.kind, self.name.as_ref(), &self.id)
    }

    /// The resources that creating its flow log creates in every account: log group and flow log.
    pub(super) fn steps(&self, settings: &Settings) -> [String; 2] {
        let Settings { retention_days, aggregation_s, .. } = settings;
        [
            format!("log group {} ({retention_days} days)", self.log_group()),
            format!("flow log of {} (every {aggregation_s} s)", self.coverage()),
        ]
    }

    /// The number of its interfaces, in words.
    #[must_use]
    pub fn coverage(&self) -> String {
        match self.interfaces.len() {
            1 => "1 interface".into(),
            count => format!("{count} interfaces"),
        }
    }
}

/// The word of the kind, then the name and the id, or the id alone if there is no other name.
pub(crate) fn label(kind: TargetKind, name: Option<&String>, id: &str) -> String {
    match name {
        Some(name) if name != id => format!("{} {name} ({id})", kind.name()),
        _ => format!("{} {id}", kind.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
