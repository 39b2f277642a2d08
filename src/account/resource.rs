//! Resources that flow logs are created for.

use super::naming::{self, LOG_GROUP_PREFIX};
use super::settings::{DEFAULT_AGGREGATION_S, DEFAULT_RETENTION_DAYS, Settings};
use crate::kind::TargetKind;
use crate::query::glob::matches_glob;

/// The kinds that flow logs are created for, in listing order.
pub const KINDS: [TargetKind; 8] = [
    TargetKind::Instance,
    TargetKind::SecurityGroup,
    TargetKind::Subnet,
    TargetKind::Vpc,
    TargetKind::NatGateway,
    TargetKind::Endpoint,
    TargetKind::TransitGateway,
    TargetKind::TransitGatewayAttachment,
];

/// A resource that flow logs can be created for: a VPC, the instances of one name, ...
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The kind.
    pub kind: TargetKind,
    /// Its id; for instances, their common name.
    pub id: String,
    /// Its `Name`, if it has one.
    pub name: Option<String>,
    /// The VPC that it is in; empty if it is in none.
    pub vpc: String,
    /// The ids of the instances that share the name; empty for other kinds.
    pub members: Vec<String>,
    /// Its current interfaces, except those that only another account can log. A resource that is logged itself is
    /// listed here instead.
    pub interfaces: Vec<String>,
    /// Its interfaces that another account owns; only that account can create flow logs for them.
    pub foreign: Vec<String>,
    /// The interfaces of instances of the same name in other VPCs.
    pub namesakes: Vec<String>,
    /// Whether its name has capitals and another resource has the same name in another case, which IAM does not
    /// distinguish.
    pub has_twin: bool,
    /// Whether its flow log is on the resource itself, although it is neither a VPC nor a subnet: a transit gateway,
    /// its attachment, a regional NAT gateway.
    pub is_logged_itself: bool,
    /// The owner, if that is another account.
    pub account: Option<String>,
}

impl Resource {
    /// Marks the resource as one whose flow log is on the resource itself.
    pub(super) fn logged_itself(self) -> Self {
        Self { interfaces: vec![self.id.clone()], foreign: Vec::new(), is_logged_itself: true, ..self }
    }

    /// The id of its flow log: the tag `Name`, and the end of the names of the log group and the role. It is changed if
    /// these would not accept it. For instances whose name is in several VPCs, it includes the VPC.
    #[must_use]
    pub fn flow_log_name(&self) -> String {
        let name = if self.namesakes.is_empty() { self.plain_name() } else { self.name_in_vpc() };
        if self.has_twin { naming::distinct(&name) } else { naming::fit(&name) }
    }

    /// The name that the Go tool gives its flow log, unchanged.
    fn plain_name(&self) -> String {
        match self.kind {
            TargetKind::Instance => format!("instance-{}", self.id),
            _ => self.id.clone(),
        }
    }

    fn name_in_vpc(&self) -> String {
        format!("{}-{}", self.plain_name(), self.vpc)
    }

    /// The names that its flow log may have: from this tool or the Go tool, and from a time with or without instances
    /// of the same name in another VPC, or of a name that differs in case.
    #[cfg(any(feature = "aws", test))]
    pub(crate) fn flow_log_names(&self) -> Vec<String> {
        let plain = self.plain_name();
        let in_vpc = (self.kind == TargetKind::Instance).then(|| self.name_in_vpc());
        let changed = [Some(&plain), in_vpc.as_ref()].map(|name| name.map(|name| naming::distinct(name)));
        let fitted = [Some(&plain), in_vpc.as_ref()].map(|name| name.map(|name| naming::fit(name)));
        fitted.into_iter().chain(changed).flatten().chain([plain]).collect()
    }

    /// Returns whether a flow log of this name, which covers these interfaces, belongs to it and not to instances of
    /// the same name in another VPC.
    #[cfg(any(feature = "aws", test))]
    pub(crate) fn has_flow_log<T: AsRef<str>>(&self, name: &str, covered: &[T]) -> bool {
        self.flow_log_names().iter().any(|known| known == name) && !self.is_namesake_of(covered)
    }

    /// Returns whether these interfaces belong to instances of the same name in another VPC.
    pub(super) fn is_namesake_of<T: AsRef<str>>(&self, covered: &[T]) -> bool {
        let covers =
            |interfaces: &[String]| covered.iter().any(|id| interfaces.iter().any(|known| known == id.as_ref()));
        covers(&self.namesakes) && !covers(&self.interfaces)
    }

    /// The log group of its flow log.
    #[must_use]
    pub fn log_group(&self) -> String {
        format!("{LOG_GROUP_PREFIX}{}", self.flow_log_name())
    }

    /// The log group of a flow log with these settings.
    #[must_use]
    pub fn log_group_by(&self, settings: &Settings) -> String {
        settings.log_group.clone().unwrap_or_else(|| self.log_group())
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

    /// The name and the id, for messages; for instances whose name is in several VPCs also the VPC; also another owner.
    #[must_use]
    pub fn label(&self) -> String {
        let label = label(self.kind, self.name.as_ref(), &self.id);
        match &self.account {
            Some(account) => format!("{label} of account {account}"),
            None if self.namesakes.is_empty() => label,
            None => format!("{label} in {}", self.vpc),
        }
    }

    /// All its interfaces, including those that only another account can log.
    pub(crate) fn all_interfaces(&self) -> impl Iterator<Item = &String> {
        self.interfaces.iter().chain(&self.foreign)
    }

    /// A selector that selects only this resource, as far as possible: for instances whose name is in several VPCs, the
    /// id of one.
    pub(crate) fn selector(&self) -> &String {
        self.members.first().filter(|_| !self.namesakes.is_empty()).unwrap_or(&self.id)
    }

    /// The resources that creating its flow log creates in every kind of account: log group and flow log.
    pub(super) fn steps(&self, settings: &Settings) -> [String; 2] {
        let retention_days = settings.retention_days.unwrap_or(DEFAULT_RETENTION_DAYS);
        let aggregation_s = settings.aggregation_s.unwrap_or(DEFAULT_AGGREGATION_S);
        [
            format!("log group {} ({retention_days} days)", self.log_group_by(settings)),
            format!("flow log of {} (every {aggregation_s} s)", self.coverage()),
        ]
    }

    /// The number of its interfaces, in words.
    #[must_use]
    pub fn coverage(&self) -> String {
        match self.interfaces.len() {
            _ if self.is_logged_itself => "all its traffic".into(),
            1 => "1 interface".into(),
            count => format!("{count} interfaces"),
        }
    }
}

/// The name of the kind, then the name and the id, or only the id if there is no other name.
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
            vpc: "vpc-1".into(),
            members: Vec::new(),
            interfaces: Vec::new(),
            foreign: Vec::new(),
            namesakes: Vec::new(),
            has_twin: false,
            is_logged_itself: false,
            account: None,
        };
        assert_eq!(resource(TargetKind::Vpc, "vpc-1").log_group(), "/fl-cli/vpc-1");
        assert_eq!(resource(TargetKind::Instance, "web").log_group(), "/fl-cli/instance-web");
    }
}
