//! The log group and the role of a resource's flow logs. Each is created, or taken over, or named by the user.

use super::client::Clients;
use super::error::Error;
use super::flow_logs::Request;
use super::naming::role_name;
use super::roll_back::Undo;
use super::run::Run;
use super::tags::Tags;
use super::{kept_settings, log_groups, roles};
use crate::account::expiry::Expiry;
use crate::account::resource::Resource;
use crate::account::settings::{DEFAULT_RETENTION_DAYS, Settings};

/// The log group and the role of new flow logs.
pub(super) struct Base<'a> {
    pub(super) clients: &'a Clients,
    pub(super) settings: &'a Settings,
    pub(super) tags: Tags,
    pub(super) expiry: Option<Expiry>,
    pub(super) log_group: String,
    pub(super) role: Role,
}

/// The role with which the service delivers records.
pub(super) enum Role {
    /// A role of this name is created.
    New(String),
    /// The user named an existing one by its ARN.
    Named(String),
}

impl Role {
    /// The name of the role, if this tool creates it.
    fn new_name(&self) -> Option<&str> {
        match self {
            Self::New(name) => Some(name),
            Self::Named(_) => None,
        }
    }
}

impl<'a> Base<'a> {
    /// The base of a resource's new flow logs, named by the settings or, by default, as the Go tool names it.
    pub(super) fn new(clients: &'a Clients, resource: &Resource, settings: &'a Settings, run: Run) -> Self {
        let name = resource.flow_log_name();
        let new = || Role::New(role_name(&clients.region, &name));
        Self {
            clients,
            settings,
            log_group: resource.log_group_by(settings),
            role: settings.role.clone().map_or_else(new, Role::Named),
            tags: Tags::new(name, settings, run),
            expiry: Expiry::of(settings),
        }
    }

    /// The base of existing flow logs.
    pub(super) fn of_existing(clients: &'a Clients, settings: &'a Settings, there: &Request) -> Self {
        let own = roles::own_name(clients, &there.tags.name, &there.role_arn);
        let role = own.map_or_else(|| Role::Named(there.role_arn.clone()), |name| Role::New(name.into()));
        let (tags, log_group) = (there.tags.clone(), there.log_group.clone());
        Self { clients, settings, tags, expiry: None, log_group, role }
    }

    /// Creates the log group and the role, or takes over those that an earlier run left; returns the role's ARN. Adds
    /// notes on what existed before.
    pub(super) async fn make(&self, undo: &mut Undo, notes: &mut Vec<String>) -> Result<String, Error> {
        let Undo { log_group, role, .. } = undo;
        let mut of_role = Vec::new();
        if self.settings.log_group.is_some() {
            // A log group that the user named is created last: the role's description leads the doctor to it.
            let arn = self.make_role(role, notes).await?;
            self.make_log_group(log_group, notes).await?;
            return Ok(arn);
        }
        // Both are awaited, even if one fails: a call in flight could not be rolled back.
        let (group_made, role_made) =
            tokio::join!(self.make_log_group(log_group, notes), self.make_role(role, &mut of_role));
        notes.extend(of_role);
        group_made?;
        role_made
    }

    pub(super) async fn is_there(&self) -> Result<bool, Error> {
        match check_still_there(self.clients, &self.log_group, self.role.new_name()).await {
            Err(Error::Gone { .. }) => Ok(false),
            outcome => outcome.map(|()| true),
        }
    }

    /// Creates the log group and the role again if they are gone, and returns those that were created. A remaining one
    /// is not changed.
    pub(super) async fn restore(&self) -> Result<Vec<String>, Error> {
        let [has_log_group, has_role] = which_are_there(self.clients, &self.log_group, self.role.new_name()).await?;
        let mut restored = Vec::new();
        if !has_log_group {
            self.make_log_group(&mut None, &mut Vec::new()).await?;
            restored.push(format!("log group {}", self.log_group));
        }
        if !has_role {
            self.make_role(&mut None, &mut Vec::new()).await?;
            restored.extend(self.role.new_name().map(|name| format!("role {name}")));
        }
        Ok(restored)
    }

    /// Creates the log group, or takes over an existing one; tries again if it is deleted meanwhile. Sets `made` if the
    /// log group may be new.
    async fn make_log_group(&self, made: &mut Option<String>, notes: &mut Vec<String>) -> Result<(), Error> {
        for _ in 1..TRIES {
            match self.try_log_group(made, notes).await {
                Err(error) if is_of_another_change(&error) => {}
                outcome => return outcome,
            }
        }
        self.try_log_group(made, notes).await
    }

    /// Creates the role, or takes over an existing one, like [`Self::make_log_group`]. Adds notes on what existed.
    async fn make_role(&self, made: &mut Option<String>, notes: &mut Vec<String>) -> Result<String, Error> {
        for _ in 1..TRIES {
            match self.try_role(made, notes).await {
                Err(error) if is_of_another_change(&error) => {}
                outcome => return outcome,
            }
        }
        self.try_role(made, notes).await
    }

    async fn try_log_group(&self, made: &mut Option<String>, notes: &mut Vec<String>) -> Result<(), Error> {
        let Self { clients, log_group: group, tags, settings, .. } = self;
        // A caller who may not create log groups can still use an existing one.
        if self.has_log_group_of_others().await? {
            notes.push(format!("the log group {group} was there: it stays as it is, and `delete` leaves it"));
            return Ok(());
        }
        match log_groups::create(clients, group, tags, settings).await {
            Ok(()) => *made = Some(group.clone()),
            Err(error) if error.is_taken() => {
                let ours = log_groups::check(clients, group).await?.ok_or(error)?;
                // The log group has the tag of this run: an earlier try created it, but its response was lost.
                if tags.run.is(ours.run.as_deref()) {
                    *made = Some(group.clone());
                } else {
                    log_groups::take_over(clients, &ours, &tags.run).await?;
                    notes.extend(kept_settings::of_log_group(settings, &ours.group));
                }
                if let Some(kept) = ours.group.retention_in_days() {
                    let asked = settings.retention_days.and_then(|days| i32::try_from(days).ok());
                    // A shorter time would delete records.
                    if asked.is_none_or(|asked| asked <= kept) {
                        return Ok(());
                    }
                }
            }
            Err(error) => {
                *made = may_be_made(&error).then(|| group.clone());
                return Err(error);
            }
        }
        log_groups::keep(clients, group, settings.retention_days.unwrap_or(DEFAULT_RETENTION_DAYS)).await
    }

    /// Returns whether the user named a log group that exists and that neither this tool nor the Go tool created.
    pub(super) async fn has_log_group_of_others(&self) -> Result<bool, Error> {
        if self.settings.log_group.is_none() {
            return Ok(false);
        }
        match log_groups::check(self.clients, &self.log_group).await {
            Err(Error::NotOurs { .. }) => Ok(true),
            outcome => outcome.map(|_| false),
        }
    }

    async fn try_role(&self, made: &mut Option<String>, notes: &mut Vec<String>) -> Result<String, Error> {
        let Self { clients, tags, settings, .. } = self;
        let role = match &self.role {
            Role::New(name) => name,
            Role::Named(arn) => return Ok(arn.clone()),
        };
        let arn = match roles::create(clients, role, tags, settings).await {
            Ok(arn) => {
                *made = Some(role.clone());
                arn
            }
            Err(error) if error.is_taken() => {
                let found = roles::check(clients, role).await?.ok_or(error)?;
                if roles::owner(&found) != Some(&tags.name) {
                    let owner = roles::owner(&found).unwrap_or("nothing").to_string();
                    return Err(Error::OfAnother { what: format!("the role {role}"), owner });
                }
                if tags.run.is(roles::run(&found)) {
                    *made = Some(role.clone());
                } else {
                    roles::take_over(clients, role, &tags.run).await?;
                    notes.extend(kept_settings::of_role(settings, &found));
                }
                found.arn
            }
            Err(error) => {
                *made = may_be_made(&error).then(|| role.clone());
                return Err(error);
            }
        };
        roles::allow(clients, role, &self.log_group).await?;
        Ok(arn)
    }
}

/// The number of tries to create or take over a resource that others delete and create at the same time.
const TRIES: usize = 3;

/// Returns whether a resource has just appeared or disappeared: another create, delete or doctor is at work on it.
fn is_of_another_change(error: &Error) -> bool {
    error.is_missing() || error.is_taken()
}

/// Returns whether a resource may have been created although the call failed.
fn may_be_made(error: &Error) -> bool {
    !error.is_refusal()
}

/// Fails if the log group or the role was deleted meanwhile.
pub(super) async fn check_still_there(clients: &Clients, group: &str, role: Option<&str>) -> Result<(), Error> {
    match which_are_there(clients, group, role).await? {
        [false, _] => Err(Error::Gone { what: format!("the log group {group}") }),
        [_, false] => Err(Error::Gone { what: format!("the role {}", role.unwrap_or_default()) }),
        _ => Ok(()),
    }
}

/// Returns whether the log group exists, and whether the role does; a role that the user named counts as existing.
async fn which_are_there(clients: &Clients, group: &str, role: Option<&str>) -> Result<[bool; 2], Error> {
    let role_is_there = async {
        match role {
            Some(role) => roles::get(clients, role).await.map(|found| found.is_some()),
            None => Ok(true),
        }
    };
    let (groups, role_is_there) = tokio::try_join!(log_groups::named(clients, vec![group.to_string()]), role_is_there)?;
    Ok([!groups.is_empty(), role_is_there])
}
