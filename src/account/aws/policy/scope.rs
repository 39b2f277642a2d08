//! The restriction of an action: resources by their names, and conditions on their tags, so that a policy to create and
//! delete flow logs gives no access to anything else.
//!
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.

use serde_json::{Map, Value, json};

use super::super::naming::{PROJECT, PROJECT_ALONE, ROLE_PREFIX, SERVICE};
use crate::account::naming::LOG_GROUP_PREFIX;

/// The names that a policy allows in addition to the default ones, and the requirements on roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The ARN of the permissions boundary that every role must have.
    pub permissions_boundary: Option<String>,
    /// The ARN of an existing role that delivers the records; none is created then.
    pub role: Option<String>,
    /// The path of roles that are created.
    pub role_path: Option<String>,
    /// The names of further log groups; `*` matches anything.
    pub log_groups: Vec<String>,
}

/// The location of resources; `*` for any.
#[derive(Clone, Copy)]
pub(in super::super) struct Home<'h> {
    pub(in super::super) partition: &'h str,
    pub(in super::super) region: &'h str,
    pub(in super::super) account: &'h str,
}

impl Home<'static> {
    /// Anywhere.
    pub(super) const ANY: Self = Self { partition: "*", region: "*", account: "*" };
}

/// The resources that an action can be restricted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Actions without resource-level permissions.
    Everything,
    /// Log groups of flow logs, for reading.
    LogGroups,
    /// All prefix lists, because AWS owns some.
    PrefixLists,
    /// All log groups, because flow logs of other tools may deliver to any.
    AnyLogGroup,
    /// Log groups that are created, with our tag.
    NewLogGroups,
    /// Log groups that are tagged: new ones, and those with our tag.
    TaggedLogGroups,
    /// Log groups with our tag.
    OwnLogGroups,
    /// Roles of flow logs, for reading.
    Roles,
    /// Roles that are created, with our tag and the required boundary.
    NewRoles,
    /// Roles that are tagged: new ones, and those with our tag.
    TaggedRoles,
    /// Roles with our tag and the required boundary, whose policy is set.
    BoundedRoles,
    /// Roles with our tag.
    OwnRoles,
    /// Roles that are passed to the flow logs service only.
    PassedRoles,
    /// The resources that flow logs are created on.
    LoggedResources,
    /// Flow logs that are created, with our tag.
    NewFlowLogs,
    /// The tags of flow logs that are created.
    TagsOfNewFlowLogs,
    /// Flow logs with our tag.
    OwnFlowLogs,
}

/// An operator, a condition key, and the allowed values.
pub(in super::super) type Condition = (&'static str, &'static str, Vec<String>);

impl Scope {
    pub(super) const ALL: [Self; 17] = [
        Self::Everything,
        Self::PrefixLists,
        Self::LogGroups,
        Self::AnyLogGroup,
        Self::NewLogGroups,
        Self::TaggedLogGroups,
        Self::OwnLogGroups,
        Self::Roles,
        Self::NewRoles,
        Self::TaggedRoles,
        Self::BoundedRoles,
        Self::OwnRoles,
        Self::PassedRoles,
        Self::LoggedResources,
        Self::NewFlowLogs,
        Self::TagsOfNewFlowLogs,
        Self::OwnFlowLogs,
    ];

    /// Returns whether it is about creating, changing and deleting roles: not needed if the user named a role.
    pub(super) const fn is_of_roles(self) -> bool {
        matches!(self, Self::Roles | Self::NewRoles | Self::TaggedRoles | Self::BoundedRoles | Self::OwnRoles)
    }

    /// The patterns of the resources' ARNs.
    pub(super) fn resources(self, home: Home<'_>, names: &Names) -> Vec<String> {
        let Home { partition, region, account } = home;
        let log_group = |name: &str| format!("arn:{partition}:logs:{region}:{account}:log-group:{name}");
        let of_ec2 = |kind: &str| format!("arn:{partition}:ec2:{region}:{account}:{kind}/*");
        match self {
            Self::Everything => vec!["*".into()],
            Self::PrefixLists => vec![format!("arn:{partition}:ec2:{region}:*:prefix-list/*")],
            Self::AnyLogGroup => vec![log_group("*")],
            Self::LogGroups | Self::NewLogGroups | Self::TaggedLogGroups | Self::OwnLogGroups => {
                // Some actions take the ARN with a `:*` at the end.
                let others =
                    names.log_groups.iter().flat_map(|name| [log_group(name), log_group(&format!("{name}:*"))]);
                [log_group(&format!("{LOG_GROUP_PREFIX}*"))].into_iter().chain(others).collect()
            }
            Self::Roles | Self::NewRoles | Self::TaggedRoles | Self::BoundedRoles | Self::OwnRoles => {
                vec![role(home, names)]
            }
            Self::PassedRoles => vec![names.role.clone().unwrap_or_else(|| role(home, names))],
            Self::LoggedResources => {
                ["vpc", "subnet", "network-interface", "natgateway", "transit-gateway", "transit-gateway-attachment"]
                    .map(of_ec2)
                    .into()
            }
            Self::NewFlowLogs | Self::TagsOfNewFlowLogs | Self::OwnFlowLogs => vec![of_ec2("vpc-flow-log")],
        }
    }

    /// The conditions, all of which must hold.
    pub(super) fn conditions(self, names: &Names) -> Vec<Condition> {
        let ours = || vec![PROJECT.1.to_string(), PROJECT_ALONE.to_string()];
        let boundary = names.permissions_boundary.clone();
        let boundary = boundary.map(|arn| ("StringEquals", "iam:PermissionsBoundary", vec![arn]));
        match self {
            Self::Everything
            | Self::PrefixLists
            | Self::LogGroups
            | Self::AnyLogGroup
            | Self::Roles
            | Self::LoggedResources => Vec::new(),
            Self::NewLogGroups | Self::NewFlowLogs => vec![("StringEquals", "aws:RequestTag/Project", ours())],
            Self::NewRoles => {
                [("StringEquals", "aws:RequestTag/Project", ours())].into_iter().chain(boundary).collect()
            }
            // A new log group has no tag yet. One with a foreign tag stays foreign, and ours stay ours.
            Self::TaggedLogGroups => vec![
                ("StringEqualsIfExists", "aws:ResourceTag/Project", ours()),
                ("StringEqualsIfExists", "aws:RequestTag/Project", ours()),
            ],
            Self::TaggedRoles => vec![
                ("StringEqualsIfExists", "iam:ResourceTag/Project", ours()),
                ("StringEqualsIfExists", "aws:RequestTag/Project", ours()),
            ],
            Self::OwnLogGroups | Self::OwnFlowLogs => vec![("StringEquals", "aws:ResourceTag/Project", ours())],
            Self::BoundedRoles => {
                [("StringEquals", "iam:ResourceTag/Project", ours())].into_iter().chain(boundary).collect()
            }
            Self::OwnRoles => vec![("StringEquals", "iam:ResourceTag/Project", ours())],
            Self::PassedRoles => vec![("StringEquals", "iam:PassedToService", vec![SERVICE.into()])],
            Self::TagsOfNewFlowLogs => vec![("StringEquals", "ec2:CreateAction", vec!["CreateFlowLogs".into()])],
        }
    }

    /// A statement that allows actions.
    pub(super) fn statement(self, actions: &[&str], names: &Names) -> Value {
        let mut resources: Vec<Value> = self.resources(Home::ANY, names).into_iter().map(Value::from).collect();
        let resource = if resources.len() == 1 { resources.remove(0) } else { resources.into() };
        let mut statement = json!({"Effect": "Allow", "Action": actions, "Resource": resource});
        let mut operators = Map::new();
        for (operator, key, mut values) in self.conditions(names) {
            let value = if values.len() == 1 { values.remove(0).into() } else { json!(values) };
            operators.entry(operator).or_insert_with(|| json!({}))[key] = value;
        }
        if !operators.is_empty() {
            statement["Condition"] = operators.into();
        }
        statement
    }
}

/// The pattern of roles that are created.
fn role(home: Home<'_>, names: &Names) -> String {
    let Home { partition, account, .. } = home;
    let path = names.role_path.as_deref().unwrap_or("/");
    format!("arn:{partition}:iam::{account}:role{path}{ROLE_PREFIX}*")
}
