//! Rolls back a create that failed.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::FlowLog;

use super::client::Clients;
use super::error::Error;
use super::run::Run;
use super::{flow_logs, log_groups, roles};
use crate::account::cancellation::Cancellation;

/// The resources that a run created, or may have created if a call had no response.
pub(super) struct Undo {
    /// The `Name` of its flow logs.
    pub(super) name: String,
    pub(super) run: Run,
    /// The ids of flow logs that the service returned.
    pub(super) flow_logs: Vec<String>,
    /// The log group, if it did not exist before.
    pub(super) log_group: Option<String>,
    /// The role, if it did not exist before.
    pub(super) role: Option<String>,
}

impl Undo {
    pub(super) const fn new(name: String, run: Run) -> Self {
        Self { name, run, flow_logs: Vec::new(), log_group: None, role: None }
    }

    /// The id of the only flow log, or the `Name` that several share.
    pub(super) fn id(&self) -> String {
        match self.flow_logs.as_slice() {
            [one] => one.clone(),
            _ => self.name.clone(),
        }
    }

    /// Rolls back what the run created, and nothing else: a resource is deleted only if it still has the run's tag, as
    /// another run may have taken it over. Returns an error that lists the outcome.
    pub(super) async fn roll_back(self, clients: &Clients, cause: Error) -> Error {
        // The interrupt that ended the create must not end the rollback.
        Cancellation::default().scope(self.rolled_back(clients, cause)).await
    }

    async fn rolled_back(self, clients: &Clients, cause: Error) -> Error {
        let (mut undone, mut left) = (Vec::new(), Vec::new());
        self.roll_back_flow_logs(clients, &mut undone, &mut left).await;
        if left.is_empty() {
            let (role, group) = tokio::join!(self.roll_back_role(clients), self.roll_back_log_group(clients));
            for (what, outcome) in [role, group].into_iter().flatten() {
                match outcome {
                    Ok(()) => undone.push(what),
                    Err(error) => left.push(format!("{what}: {error}")),
                }
            }
        } else {
            left.extend(self.role.map(|role| format!("the role {role} is kept for them")));
            left.extend(self.log_group.map(|group| format!("the log group {group} is kept for them")));
        }
        Error::RolledBack { cause: Box::new(cause), undone, left }
    }

    async fn roll_back_flow_logs(&self, clients: &Clients, undone: &mut Vec<String>, left: &mut Vec<String>) {
        let mut ids: BTreeSet<String> = self.flow_logs.iter().cloned().collect();
        // A call without a response may have created some too.
        match flow_logs::named(clients, std::slice::from_ref(&self.name)).await {
            Ok(now) => {
                let own = now.iter().filter(|flow_log| self.run.is(flow_logs::run(flow_log).as_deref()));
                ids.extend(own.filter_map(FlowLog::flow_log_id).map(Into::into));
            }
            Err(error) => left.push(format!("flow logs named {}, if any: {error}", self.name)),
        }
        let ids: Vec<String> = ids.into_iter().collect();
        let errors = flow_logs::delete(clients, &ids).await;
        if errors.is_empty() {
            undone.extend(ids.iter().map(|id| format!("flow log {id}")));
        }
        left.extend(errors.iter().map(ToString::to_string));
    }

    async fn roll_back_role(&self, clients: &Clients) -> Undone {
        let role = self.role.as_deref()?;
        let outcome = match roles::check(clients, role).await {
            Ok(Some(found)) if self.run.is(roles::run(&found)) => roles::delete(clients, role).await,
            Ok(_) => return None,
            Err(error) => Err(error),
        };
        Some((format!("role {role}"), outcome))
    }

    async fn roll_back_log_group(&self, clients: &Clients) -> Undone {
        let group = self.log_group.as_deref()?;
        let outcome = match log_groups::check(clients, group).await {
            Ok(Some(found)) if self.run.is(found.run.as_deref()) => log_groups::delete(clients, group).await,
            Ok(_) => return None,
            Err(error) => Err(error),
        };
        Some((format!("log group {group}"), outcome))
    }
}

/// A resource and the outcome of deleting it; `None` if there was nothing to delete.
type Undone = Option<(String, Result<(), Error>)>;
