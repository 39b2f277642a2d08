//! Creates, reads and deletes the roles with which the service delivers records.

use aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput;
use aws_sdk_iam::types::{Role, Tag};
use serde_json::{Value, json};

use super::client::Clients;
use super::error::Error;
use super::naming::{self, NAME, POLICY, PROJECT, ROLE_PREFIX, SERVICE};
use super::policy::Action;
use super::run::{RUN, Run, began};
use super::tags::Tags;
use crate::account::settings::Settings;
use crate::value::EpochSeconds;

/// The description of a role, up to the log group.
const DESCRIPTION: &str = "flowlogs cli role";
/// The text before the log group, if the user chose one.
const OF_LOG_GROUP: &str = " for the log group ";

/// The description of a new role. It names the log group that the user chose, which is recorded nowhere else while
/// there is no flow log.
pub(super) fn description(settings: &Settings) -> String {
    let group = settings.log_group.as_ref().map(|group| format!("{OF_LOG_GROUP}{group}"));
    format!("{DESCRIPTION}{}", group.unwrap_or_default())
}

/// The log group in the description of a role.
pub(super) fn described_log_group(role: &Role) -> Option<&str> {
    role.description()?.strip_prefix(DESCRIPTION)?.strip_prefix(OF_LOG_GROUP)
}

/// Creates a role that the service can assume only for flow logs of this account and Region. If the name exists
/// already, [`Error::is_taken`] is true of the error.
pub(super) async fn create(clients: &Clients, role: &str, tags: &Tags, settings: &Settings) -> Result<String, Error> {
    let trust = trust(clients).await?;
    let tags: Result<Vec<Tag>, Error> = tags.all().iter().map(|(key, value)| tag(key, value)).collect();
    let request = (clients.iam.create_role().role_name(role).description(description(settings)))
        .set_path(settings.role_path.clone())
        .set_permissions_boundary(settings.permissions_boundary.clone())
        .set_tags(Some(tags?))
        .assume_role_policy_document(trust.to_string());
    let doing = format!("create the role {role}");
    let made = clients.call(Action::CreateRole, &doing, || request.clone().send()).await?;
    made.role.map(|role| role.arn).ok_or(Error::Incomplete { doing, what: "role" })
}

/// The trust policy of a role: it trusts the service, for flow logs of this account and Region.
pub(super) async fn trust(clients: &Clients) -> Result<Value, Error> {
    let caller = clients.caller().await?;
    let source = format!("arn:{}:ec2:{}:{}:vpc-flow-log/*", caller.partition(), clients.region, caller.account);
    Ok(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": SERVICE},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": caller.account},
                "ArnLike": {"aws:SourceArn": source}
            }
        }]
    }))
}

fn tag(key: &str, value: &str) -> Result<Tag, Error> {
    let tag = Tag::builder().key(key).value(value).build();
    tag.map_err(|_| Error::Incomplete { doing: "tag a role".into(), what: "key" })
}

/// Allows a role to write to one log group.
pub(super) async fn allow(clients: &Clients, role: &str, group: &str) -> Result<(), Error> {
    let policy = permissions(clients, group).await?;
    let request = clients.iam.put_role_policy().role_name(role).policy_name(POLICY);
    let request = request.policy_document(policy.to_string());
    let doing = format!("set the policy of the role {role}");
    clients.call(Action::PutRolePolicy, &doing, || request.clone().send()).await?;
    Ok(())
}

/// The policy of a role that may write to one log group.
pub(super) async fn permissions(clients: &Clients, group: &str) -> Result<Value, Error> {
    let caller = clients.caller().await?;
    let arn = format!("arn:{}:logs:{}:{}:log-group:{group}", caller.partition(), clients.region, caller.account);
    Ok(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams"
            ],
            "Resource": [arn, format!("{arn}:*")]
        }]
    }))
}

/// The ARN of a role that [`create`] would create.
pub(super) async fn arn(clients: &Clients, role: &str, settings: &Settings) -> Result<String, Error> {
    let caller = clients.caller().await?;
    let path = settings.role_path.as_deref().unwrap_or("/");
    Ok(format!("arn:{}:iam::{}:role{path}{role}", caller.partition(), caller.account))
}

/// Every role whose name has our prefix for this Region.
pub(super) async fn list(clients: &Clients) -> Result<Vec<Role>, Error> {
    let prefix = format!("{ROLE_PREFIX}{}-", clients.region);
    let send = |marker| clients.iam.list_roles().set_marker(marker).send();
    let roles = clients.pages(Action::ListRoles, "list roles", send, |page| (Some(page.roles), page.marker)).await?;
    Ok(roles.into_iter().filter(|role| role.role_name.starts_with(&prefix)).collect())
}

/// A role with its tags, which only this call returns; `None` if it does not exist.
pub(super) async fn get(clients: &Clients, role: &str) -> Result<Option<Role>, Error> {
    let send = || clients.iam.get_role().role_name(role).send();
    match clients.call(Action::GetRole, &format!("read the role {role}"), send).await {
        Ok(got) => Ok(got.role),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Checks that a role is ours; `None` if it does not exist.
pub(super) async fn check(clients: &Clients, role: &str) -> Result<Option<Role>, Error> {
    match get(clients, role).await? {
        Some(found) if !is_ours(&found) => Err(Error::NotOurs { what: format!("the role {role}") }),
        found => Ok(found),
    }
}

/// The name of the role in an ARN, if this tool creates a role of that name for the flow log `name`. Any other role was
/// named by the user, and the caller may not be allowed to read it.
pub(super) fn own_name<'a>(clients: &Clients, name: &str, arn: &'a str) -> Option<&'a str> {
    let own = naming::role_name(&clients.region, name);
    arn.rsplit('/').next().filter(|role| *role == own)
}

/// Returns whether a role has our tag.
pub(super) fn is_ours(role: &Role) -> bool {
    naming::is_ours(value_of(role, PROJECT.0))
}

/// The `Name` of the flow log that a role was created for.
pub(super) fn owner(role: &Role) -> Option<&str> {
    value_of(role, NAME)
}

/// The run that created a role, or took it over last.
pub(super) fn run(role: &Role) -> Option<&str> {
    value_of(role, RUN)
}

/// The time when a role was created, or taken over last.
pub(super) fn touched(role: &Role) -> EpochSeconds {
    let created = role.create_date.secs();
    run(role).and_then(began).map_or(created, |began| began.max(created))
}

/// Marks a role of an earlier run as one that this run uses.
pub(super) async fn take_over(clients: &Clients, role: &str, run: &Run) -> Result<(), Error> {
    let mark = tag(RUN, run.value())?;
    let send = || clients.iam.tag_role().role_name(role).tags(mark.clone()).send();
    clients.call(Action::TagRole, &format!("tag the role {role}"), send).await?;
    Ok(())
}

fn value_of<'a>(role: &'a Role, key: &str) -> Option<&'a str> {
    role.tags().iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
}

/// Deletes a role that was checked, its policy first; a role that is already gone is a success.
pub(super) async fn delete(clients: &Clients, role: &str) -> Result<(), Error> {
    let empty = || clients.iam.delete_role_policy().role_name(role).policy_name(POLICY).send();
    let doing = format!("delete the policy of the role {role}");
    missing_is_done(clients.call(Action::DeleteRolePolicy, &doing, empty).await)?;
    // Checked before the delete, because a recently deleted policy makes it fail with the same error for a moment.
    let policies = policies(clients, role).await?;
    if !policies.is_empty() {
        return Err(Error::Held { role: role.into(), policies });
    }
    let delete = || clients.iam.delete_role().role_name(role).send();
    missing_is_done(clients.call(Action::DeleteRole, &format!("delete the role {role}"), delete).await)
}

/// The policies on a role except ours, which a delete may leave listed for a moment; empty if the role is gone.
async fn policies(clients: &Clients, role: &str) -> Result<Vec<String>, Error> {
    let doing = format!("list the policies of the role {role}");
    let inline = |marker| clients.iam.list_role_policies().role_name(role).set_marker(marker).send();
    let attached = |marker| clients.iam.list_attached_role_policies().role_name(role).set_marker(marker).send();
    let parts = |page: ListAttachedRolePoliciesOutput| (page.attached_policies, page.marker);
    let listed = tokio::try_join!(
        clients.pages(Action::ListRolePolicies, &doing, inline, |page| (Some(page.policy_names), page.marker)),
        clients.pages(Action::ListAttachedRolePolicies, &doing, attached, parts),
    );
    match listed {
        Ok((inline, attached)) => {
            let inline = inline.into_iter().filter(|name| name != POLICY);
            Ok(inline.chain(attached.into_iter().filter_map(|policy| policy.policy_arn)).collect())
        }
        Err(error) if error.is_missing() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn missing_is_done<T>(outcome: Result<T, Error>) -> Result<(), Error> {
    match outcome {
        Err(error) if !error.is_missing() => Err(error),
        _ => Ok(()),
    }
}
