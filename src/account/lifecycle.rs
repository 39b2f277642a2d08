//! Changes to an account: creating, checking and deleting flow logs.

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

/// What creating a flow log would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The resources that would be created, in order.
    pub resources: Vec<String>,
    /// The calls that would be made, each with its parameters; none where no service is called.
    pub calls: Vec<String>,
}

/// What becomes of the records of a flow log that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// They are deleted together with their log group.
    Deleted,
    /// They stay.
    Kept,
}

/// An account whose flow logs can be created and deleted. A change that is cancelled is rolled back.
#[async_trait]
pub trait Lifecycle: Send + Sync {
    /// Creates the flow log of a resource that has interfaces, or extends the existing one to the interfaces that
    /// joined.
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

    /// What creating the flow log of a resource would do.
    ///
    /// # Errors
    ///
    /// [`Error::Aws`] if their names cannot be determined.
    async fn steps(&self, resource: &Resource, settings: &Settings) -> Result<Steps, Error> {
        Ok(Steps { resources: resource.steps(settings).into(), calls: Vec::new() })
    }

    /// Deletes a flow log and everything that was created for it, records only if they are meant too.
    ///
    /// # Errors
    ///
    /// [`Error::Embedded`], [`Error::Aws`].
    async fn delete(&self, flow_log: &FlowLog, records: Records, cancellation: &Cancellation) -> Result<(), Error>;

    /// What a delete that failed in part left of the flow log of a resource, in the form of that flow log; `None` if
    /// nothing is left.
    ///
    /// # Errors
    ///
    /// [`Error::Aws`].
    async fn remains(&self, _resource: &Resource) -> Result<Option<FlowLog>, Error> {
        Ok(None)
    }

    /// Whether deleting a flow log deletes its records, unless they are to be kept.
    fn deletes_records(&self) -> bool {
        true
    }

    /// Takes interfaces out of a flow log that was extended to them; their records stay.
    ///
    /// # Errors
    ///
    /// [`Error::Embedded`], [`Error::Aws`].
    async fn shrink(&self, flow_log: &FlowLog, interfaces: &[String], cancellation: &Cancellation)
    -> Result<(), Error>;

    /// The problems of the account. What nothing uses is one once it is as old as `min_age`: a change that is running may
    /// have created it.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    async fn findings(&self, min_age: Duration) -> Result<Vec<Finding>, Error>;

    /// Removes what an interrupted change left behind.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    async fn remove(&self, leftover: &Leftover, cancellation: &Cancellation) -> Result<(), Error>;

    /// The account at one of several places, if this account has that place.
    fn at(&self, _place: &Place) -> Option<&dyn Lifecycle> {
        None
    }
}
