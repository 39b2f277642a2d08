//! The IAM actions that each command needs: the table behind `flowlogs policy`, the doctor, and the advice of errors.

use serde_json::{Value, json};

use super::naming::{ROLE_PREFIX, SERVICE};
use crate::account::naming::LOG_GROUP_PREFIX;

/// A command that calls AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `create`
    Create,
    /// `list`
    List,
    /// `delete`
    Delete,
    /// `doctor`
    Doctor,
    /// `inventory`
    Inventory,
    /// `query`, and any sentence in a script or the shell
    Query,
}

impl Command {
    /// Every command.
    pub const ALL: [Self; 6] = [Self::Create, Self::List, Self::Delete, Self::Doctor, Self::Inventory, Self::Query];

    /// The command's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::List => "list",
            Self::Delete => "delete",
            Self::Doctor => "doctor",
            Self::Inventory => "inventory",
            Self::Query => "query",
        }
    }

    /// The command of this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.name() == word)
    }
}

/// The resources that an action can be restricted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Actions without resource-level permissions.
    Everything,
    /// Log groups of flow logs.
    LogGroups,
    /// All log groups: other tools' flow logs may deliver to any.
    AnyLogGroup,
    /// Roles of flow logs.
    Roles,
    /// The roles, passed to the service only.
    PassedRoles,
    /// Flow logs.
    FlowLogs,
    /// Flow logs that are being created.
    NewFlowLogs,
}

impl Scope {
    const ALL: [Self; 7] = [
        Self::Everything,
        Self::LogGroups,
        Self::AnyLogGroup,
        Self::Roles,
        Self::PassedRoles,
        Self::FlowLogs,
        Self::NewFlowLogs,
    ];

    /// The resource ARN pattern, with `*` for what is not restricted.
    fn resource(self, partition: &str, region: &str, account: &str) -> String {
        match self {
            Self::Everything => "*".into(),
            Self::LogGroups => format!("arn:{partition}:logs:{region}:{account}:log-group:{LOG_GROUP_PREFIX}*"),
            Self::AnyLogGroup => format!("arn:{partition}:logs:{region}:{account}:log-group:*"),
            Self::Roles | Self::PassedRoles => format!("arn:{partition}:iam::{account}:role/{ROLE_PREFIX}*"),
            Self::FlowLogs | Self::NewFlowLogs => format!("arn:{partition}:ec2:{region}:{account}:vpc-flow-log/*"),
        }
    }

    /// The context key that is required, and its value.
    const fn context(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::PassedRoles => Some(("iam:PassedToService", SERVICE)),
            Self::NewFlowLogs => Some(("ec2:CreateAction", "CreateFlowLogs")),
            _ => None,
        }
    }
}

/// Generates the enumeration of actions and their table from one list.
macro_rules! actions {
    ($($action:ident $name:literal $scope:ident [$($command:ident)*])*) => {
        /// An action that IAM allows or denies.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $(#[doc = $name] $action,)*
        }

        const ACTIONS: &[(Action, &str, Scope, &[Command])] =
            &[$((Action::$action, $name, Scope::$scope, &[$(Command::$command),*]),)*];
    };
}

// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.
actions! {
    DescribeVpcs "ec2:DescribeVpcs" Everything [Create List Delete Doctor Inventory Query]
    DescribeSubnets "ec2:DescribeSubnets" Everything [Create List Delete Doctor Inventory Query]
    DescribeSecurityGroups "ec2:DescribeSecurityGroups" Everything [Create List Delete Doctor Inventory Query]
    DescribeNetworkAcls "ec2:DescribeNetworkAcls" Everything [Create List Delete Doctor Inventory Query]
    DescribeInstances "ec2:DescribeInstances" Everything [Create List Delete Doctor Inventory Query]
    DescribeNatGateways "ec2:DescribeNatGateways" Everything [Create List Delete Doctor Inventory Query]
    DescribeVpcEndpoints "ec2:DescribeVpcEndpoints" Everything [Create List Delete Doctor Inventory Query]
    // Without them, nothing is known of transit gateways.
    DescribeTransitGateways "ec2:DescribeTransitGateways" Everything [Create List Delete Doctor Inventory Query]
    DescribeTransitGatewayAttachments "ec2:DescribeTransitGatewayAttachments" Everything [Create List Delete Doctor Inventory Query]
    DescribeNetworkInterfaces "ec2:DescribeNetworkInterfaces" Everything [Create List Delete Doctor Inventory Query]
    // Needs no permission; listed for completeness.
    GetCallerIdentity "sts:GetCallerIdentity" Everything [Create List Delete Doctor Inventory]
    // For `--region all`.
    DescribeRegions "ec2:DescribeRegions" Everything [List Delete Query]
    DescribeFlowLogs "ec2:DescribeFlowLogs" Everything [Create List Delete Doctor Query]
    DescribeLogGroups "logs:DescribeLogGroups" Everything [Create List Delete Doctor Query]
    StartQuery "logs:StartQuery" AnyLogGroup [Query]
    GetLogGroupFields "logs:GetLogGroupFields" AnyLogGroup [Query]
    GetQueryResults "logs:GetQueryResults" Everything [Query]
    StopQuery "logs:StopQuery" Everything [Query]
    ListTagsForResource "logs:ListTagsForResource" LogGroups [Create Delete Doctor]
    GetRole "iam:GetRole" Roles [Create Delete Doctor]
    ListRoles "iam:ListRoles" Everything [Doctor]
    // Before a role is deleted.
    ListRolePolicies "iam:ListRolePolicies" Roles [Create Delete]
    ListAttachedRolePolicies "iam:ListAttachedRolePolicies" Roles [Create Delete]
    // Whether a log group is empty.
    DescribeLogStreams "logs:DescribeLogStreams" LogGroups [Doctor]
    SimulatePrincipalPolicy "iam:SimulatePrincipalPolicy" Everything [Doctor]
    CreateLogGroup "logs:CreateLogGroup" LogGroups [Create]
    // Tags that are set on creation.
    TagLogGroup "logs:TagResource" LogGroups [Create]
    PutRetentionPolicy "logs:PutRetentionPolicy" LogGroups [Create]
    CreateRole "iam:CreateRole" Roles [Create]
    TagRole "iam:TagRole" Roles [Create]
    PutRolePolicy "iam:PutRolePolicy" Roles [Create]
    PassRole "iam:PassRole" PassedRoles [Create]
    CreateFlowLogs "ec2:CreateFlowLogs" Everything [Create]
    CreateTags "ec2:CreateTags" NewFlowLogs [Create]
    // Without it, flow logs have no ECS fields.
    ListEcs "ecs:List*" Everything [Create]
    // A create that fails is rolled back.
    DeleteFlowLogs "ec2:DeleteFlowLogs" FlowLogs [Create Delete]
    DeleteRolePolicy "iam:DeleteRolePolicy" Roles [Create Delete]
    DeleteRole "iam:DeleteRole" Roles [Create Delete]
    DeleteLogGroup "logs:DeleteLogGroup" LogGroups [Create Delete]
}

impl Action {
    /// The name in IAM.
    #[must_use]
    pub fn name(self) -> &'static str {
        // Each action has a row: the enumeration and the table come from one list.
        ACTIONS.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }
}

/// A request to IAM's simulator: whether these actions are allowed on this resource.
pub(super) struct Probe {
    pub(super) actions: Vec<&'static str>,
    pub(super) resource: String,
    pub(super) context: Option<(&'static str, &'static str)>,
}

/// The requests to the simulator for all actions.
pub(super) fn probes(partition: &str, region: &str, account: &str) -> Vec<Probe> {
    let probe = |scope: Scope| Probe {
        // The simulator accepts no wildcards in actions, nor in the resources of restricted ones.
        actions: ACTIONS.iter().filter(|row| row.2 == scope && !row.1.contains('*')).map(|row| row.1).collect(),
        resource: match scope {
            Scope::Everything => "*".into(),
            scope => scope.resource(partition, region, account).replace('*', "example"),
        },
        context: scope.context(),
    };
    Scope::ALL.into_iter().map(probe).collect()
}

/// The minimal IAM policy of a command, or of all commands together.
#[must_use]
pub fn document(command: Option<Command>) -> Value {
    let is_meant = |commands: &[Command]| command.is_none_or(|command| commands.contains(&command));
    let statement = |scope: Scope| {
        let rows = ACTIONS.iter().filter(|row| row.2 == scope && is_meant(row.3));
        let actions: Vec<&str> = rows.map(|row| row.1).collect();
        if actions.is_empty() {
            return None;
        }
        let mut statement = json!({"Effect": "Allow", "Action": actions, "Resource": scope.resource("*", "*", "*")});
        if let Some((key, value)) = scope.context() {
            statement["Condition"] = json!({"StringEquals": {key: value}});
        }
        Some(statement)
    };
    let statements: Vec<Value> = Scope::ALL.into_iter().filter_map(statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_only_looks_may_change_nothing() {
        for command in [Command::List, Command::Inventory, Command::Query] {
            for statement in document(Some(command))["Statement"].as_array().unwrap() {
                for action in statement["Action"].as_array().unwrap() {
                    let call = action.as_str().unwrap().split_once(':').unwrap().1;
                    assert!(
                        ["Describe", "Get", "List", "StartQuery", "StopQuery"]
                            .iter()
                            .any(|verb| call.starts_with(verb)),
                        "{call}"
                    );
                }
            }
        }
    }

    #[test]
    fn all_commands_together_need_each_action_once() {
        let document = document(None);
        let statements = document["Statement"].as_array().unwrap();
        let count: usize = statements.iter().map(|statement| statement["Action"].as_array().unwrap().len()).sum();
        assert_eq!(count, ACTIONS.len());
        let mut names: Vec<&str> = ACTIONS.iter().map(|row| row.1).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ACTIONS.len());
    }
}
