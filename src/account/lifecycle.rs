//! Changes to an account: creates, checks and deletes flow logs.

use std::time::Duration;

use async_trait::async_trait;

use super::cancellation::Cancellation;
use super::created::Created;
use super::error::Error;
use super::finding::{Finding, Leftover};
use super::flow_log::FlowLog;
use super::place::Place;
use super::resource::Resource;
use super::settings::Settings;

/// The steps that creating a flow log would take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The resources that would be created, in order.
    pub resources: Vec<String>,
    /// The calls that would be made, each with its parameters; empty for an account that calls no service.
    pub calls: Vec<String>,
}

/// The fate of the records of a flow log that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// They are deleted together with their log group.
    Deleted,
    /// They stay.
    Kept,
}

/// An account whose flow logs can be created and deleted. A cancelled change is rolled back.
#[async_trait]
pub trait Lifecycle: Send + Sync {
    /// Creates the flow log of a resource that has interfaces, or extends an existing one to further interfaces.
    ///
    /// # Errors
    ///
    /// [`Error::Embedded`], [`Error::Aws`].
    async fn create(
        &self,
        resource: &Resource,
        settings: &Settings,
        cancellation: &Cancellation,
    ) -> Result<Created, Error>;

    /// Returns the steps that creating the flow log of a resource would take; changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Aws`] if their names cannot be determined.
    async fn steps(&self, resource: &Resource, settings: &Settings) -> Result<Steps, Error> {
        Ok(Steps { resources: resource.steps(settings).into(), calls: Vec::new() })
    }

    /// Deletes a flow log and everything that was created for it; its records only if `records` says so.
    ///
    /// # Errors
    ///
    /// [`Error::Embedded`], [`Error::Aws`].
    async fn delete(&self, flow_log: &FlowLog, records: Records, cancellation: &Cancellation) -> Result<(), Error>;

    /// The leftovers of a resource's flow log after a delete that failed in part, in the form of a flow log; `None` if
    /// nothing is left.
    ///
    /// # Errors
    ///
    /// [`Error::Aws`].
    async fn remains(&self, _resource: &Resource) -> Result<Option<FlowLog>, Error> {
        Ok(None)
    }

    /// Returns whether deleting a flow log deletes its records, unless they are to be kept.
    fn deletes_records(&self) -> bool {
        true
    }

    /// Removes interfaces from a flow log that was extended to them; their records stay.
    ///
    /// # Errors
    ///
    /// [`Error::Embedded`], [`Error::Aws`].
    async fn shrink(&self, flow_log: &FlowLog, interfaces: &[String], cancellation: &Cancellation)
    -> Result<(), Error>;

    /// The problems of the account. An unused resource is one only if it is at least as old as `min_age`: a running
    /// create may be about to use a younger one.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    async fn findings(&self, min_age: Duration) -> Result<Vec<Finding>, Error>;

    /// Removes the leftover of an interrupted change.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    async fn remove(&self, leftover: &Leftover, cancellation: &Cancellation) -> Result<(), Error>;

    /// The account at `place`, if this account spans several places.
    fn at(&self, _place: &Place) -> Option<&dyn Lifecycle> {
        None
    }
}
