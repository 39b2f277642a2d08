//! The IAM actions that each command needs: a table for `flowlogs policy`, the doctor, and the help of errors.

mod scope;

use std::collections::BTreeSet;

use serde_json::{Value, json};

pub use scope::Names;
use scope::Scope;
pub(super) use scope::{Condition, Home};

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
    /// `query` and `why`, and any sentence in a script or the shell
    Query,
}

impl Command {
    /// Every command.
    pub const ALL: [Self; 6] = [Self::Create, Self::List, Self::Delete, Self::Doctor, Self::Inventory, Self::Query];

    /// The command's name.
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

    /// The command with this name.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.name() == word)
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
    // The inventory is read without transit gateways if these are denied.
    DescribeTransitGateways "ec2:DescribeTransitGateways" Everything [Create List Delete Doctor Inventory Query]
    DescribeTransitGatewayAttachments "ec2:DescribeTransitGatewayAttachments" Everything [Create List Delete Doctor Inventory Query]
    DescribeNetworkInterfaces "ec2:DescribeNetworkInterfaces" Everything [Create List Delete Doctor Inventory Query]
    DescribeManagedPrefixLists "ec2:DescribeManagedPrefixLists" Everything [Inventory Query]
    GetManagedPrefixListEntries "ec2:GetManagedPrefixListEntries" PrefixLists [Inventory Query]
    // `why` cannot judge routes if these are denied.
    DescribeRouteTables "ec2:DescribeRouteTables" Everything [Inventory Query]
    DescribeVpcPeeringConnections "ec2:DescribeVpcPeeringConnections" Everything [Inventory Query]
    DescribeVpcBlockPublicAccessOptions "ec2:DescribeVpcBlockPublicAccessOptions" Everything [Inventory Query]
    DescribeVpcBlockPublicAccessExclusions "ec2:DescribeVpcBlockPublicAccessExclusions" Everything [Inventory Query]
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
    // Called before a role is deleted.
    ListRolePolicies "iam:ListRolePolicies" Roles [Create Delete]
    ListAttachedRolePolicies "iam:ListAttachedRolePolicies" Roles [Create Delete]
    // Shows whether a log group is empty.
    DescribeLogStreams "logs:DescribeLogStreams" LogGroups [Doctor]
    SimulatePrincipalPolicy "iam:SimulatePrincipalPolicy" Everything [Doctor]
    CreateLogGroup "logs:CreateLogGroup" NewLogGroups [Create]
    // Tags that are set on creation.
    TagLogGroup "logs:TagResource" TaggedLogGroups [Create]
    PutRetentionPolicy "logs:PutRetentionPolicy" OwnLogGroups [Create]
    CreateRole "iam:CreateRole" NewRoles [Create]
    TagRole "iam:TagRole" TaggedRoles [Create]
    PutRolePolicy "iam:PutRolePolicy" BoundedRoles [Create]
    PassRole "iam:PassRole" PassedRoles [Create]
    // Checked for the resource and for the new flow log.
    CreateFlowLogs "ec2:CreateFlowLogs" LoggedResources [Create]
    CreateFlowLogsTagged "ec2:CreateFlowLogs" NewFlowLogs [Create]
    CreateTags "ec2:CreateTags" TagsOfNewFlowLogs [Create]
    // Flow logs have no ECS fields if this is denied.
    ListEcs "ecs:List*" Everything [Create]
    // Rolls back a create that fails.
    DeleteFlowLogs "ec2:DeleteFlowLogs" OwnFlowLogs [Create Delete]
    DeleteRolePolicy "iam:DeleteRolePolicy" OwnRoles [Create Delete]
    DeleteRole "iam:DeleteRole" OwnRoles [Create Delete]
    DeleteLogGroup "logs:DeleteLogGroup" OwnLogGroups [Create Delete]
}

impl Action {
    /// The name in IAM.
    #[must_use]
    pub fn name(self) -> &'static str {
        // Each action has a row: the enumeration and the table come from one list.
        ACTIONS.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }
}

/// A request to IAM's simulator: whether the actions are allowed on the resource.
pub(super) struct Probe {
    pub(super) actions: Vec<&'static str>,
    pub(super) resource: String,
    /// The values of condition keys that the simulated request has.
    pub(super) context: Vec<Condition>,
}

/// The simulator requests for all actions, one for each kind of resource.
pub(super) fn probes(home: Home<'_>) -> Vec<Probe> {
    let names = Names::default();
    let mut probes: Vec<Probe> = Vec::new();
    for scope in Scope::ALL {
        let Some(resource) = scope.resources(home, &names).into_iter().next() else { continue };
        // The simulator accepts no wildcards in actions, nor in the resources of restricted ones.
        let resource = if scope == Scope::Everything { resource } else { resource.replace('*', "example") };
        let actions = ACTIONS.iter().filter(|row| row.2 == scope && !row.1.contains('*')).map(|row| row.1);
        match probes.iter_mut().find(|probe| probe.resource == resource) {
            Some(probe) => {
                probe.actions.extend(actions);
                probe.context.extend(scope.conditions(&names));
            }
            None => probes.push(Probe { actions: actions.collect(), resource, context: scope.conditions(&names) }),
        }
    }
    for probe in &mut probes {
        let mut keys = BTreeSet::new();
        probe.context.retain(|(_, key, _)| keys.insert(*key));
    }
    probes
}

/// The minimal IAM policy of a command, or of all commands together, for these names.
#[must_use]
pub fn document(command: Option<Command>, names: &Names) -> Value {
    let is_meant = |commands: &[Command]| command.is_none_or(|command| commands.contains(&command));
    // The role that the user named is neither read nor changed.
    let is_needed = |scope: &Scope| names.role.is_none() || !scope.is_of_roles();
    let statement = |scope: Scope| {
        let rows = ACTIONS.iter().filter(|row| row.2 == scope && is_meant(row.3));
        let actions: Vec<&str> = rows.map(|row| row.1).collect();
        (!actions.is_empty()).then(|| scope.statement(&actions, names))
    };
    let statements: Vec<Value> = Scope::ALL.into_iter().filter(is_needed).filter_map(statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Returns whether the policy of a command lets its holder become an administrator, by creating a role.
#[must_use]
pub fn is_unbounded(command: Option<Command>, names: &Names) -> bool {
    let creates = command.is_none_or(|command| command == Command::Create);
    creates && names.role.is_none() && names.permissions_boundary.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_only_looks_may_change_nothing() {
        for command in [Command::List, Command::Inventory, Command::Query] {
            for statement in document(Some(command), &Names::default())["Statement"].as_array().unwrap() {
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
        let document = document(None, &Names::default());
        let statements = document["Statement"].as_array().unwrap();
        let count: usize = statements.iter().map(|statement| statement["Action"].as_array().unwrap().len()).sum();
        assert_eq!(count, ACTIONS.len());
        let mut rows: Vec<String> = ACTIONS.iter().map(|row| format!("{} {:?}", row.1, row.2)).collect();
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), ACTIONS.len());
    }

    #[test]
    fn the_simulator_is_asked_once_for_a_kind_of_resource_and_told_each_key_once() {
        let probes = probes(Home { partition: "aws", region: "eu-west-1", account: "123456789012" });
        let resources: BTreeSet<&String> = probes.iter().map(|probe| &probe.resource).collect();
        assert_eq!((resources.len(), probes.len()), (7, 7));
        let actions: usize = probes.iter().map(|probe| probe.actions.len()).sum();
        assert_eq!(actions, ACTIONS.iter().filter(|row| !row.1.contains('*')).count());
        let roles =
            probes.iter().find(|probe| probe.resource == "arn:aws:iam::123456789012:role/fl-cli-example").unwrap();
        let keys: BTreeSet<&str> = roles.context.iter().map(|(_, key, _)| *key).collect();
        let expected = ["aws:RequestTag/Project", "iam:PassedToService", "iam:ResourceTag/Project"];
        assert_eq!((keys, roles.context.len()), (expected.into(), 3));
    }

    #[test]
    fn names_are_added_and_roles_are_bounded_or_not_created() {
        let arn = |text: &str| Some(format!("arn:aws:iam::123456789012:{text}"));
        let of = |names: &Names| document(Some(Command::Create), names).to_string();
        let bounded =
            Names { permissions_boundary: arn("policy/b"), role_path: Some("/net/".into()), ..Names::default() };
        let text = of(&bounded);
        assert_eq!(
            text.matches(r#""iam:PermissionsBoundary":"arn:aws:iam::123456789012:policy/b""#).count(),
            2,
            "{text}"
        );
        assert!(text.contains(":role/net/fl-cli-*") && !text.contains(":role/fl-cli-*"), "{text}");
        let named = Names { role: arn("role/theirs"), log_groups: vec!["/corp/flows".into()], ..Names::default() };
        let text = of(&named);
        assert!(!text.contains("iam:CreateRole") && !text.contains("iam:PutRolePolicy"), "{text}");
        assert!(
            text.contains("arn:aws:iam::123456789012:role/theirs") && text.contains("log-group:/corp/flows:*"),
            "{text}"
        );
        assert!(is_unbounded(None, &Names::default()) && is_unbounded(Some(Command::Create), &Names::default()));
        assert!(!is_unbounded(Some(Command::Create), &bounded) && !is_unbounded(None, &named));
        assert!(!is_unbounded(Some(Command::Delete), &Names::default()));
    }
}
