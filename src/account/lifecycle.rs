//! What can be changed in an account: flow logs are created, looked after and deleted.

use async_trait::async_trait;

use super::cancellation::Cancellation;
use super::created::Created;
use super::error::Error;
use super::finding::{Finding, Leftover};
use super::flow_log::FlowLog;
use super::place::Place;
use super::resource::Resource;
use super::settings::Settings;

/// An account whose flow logs can be created and deleted. A change that is cancelled puts back what it did.
#[async_trait]
pub trait Lifecycle: Send + Sync {
    /// Creates the flow log of a resource that has interfaces, or lets the one it has cover those that
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

    /// What creating the flow log of a resource would make, in the order in which it is made.
    ///
    /// # Errors
    ///
    /// [`Error::Aws`] where it is not known what they would be called.
    async fn steps(&self, resource: &Resource, settings: &Settings) -> Result<Vec<String>, Error> {
        Ok(resource.steps(settings).into())
    }

    /// Deletes a flow log with all that was made for it.
    ///
    /// # Errors
    ///
    /// [`Error::Embedded`].
    async fn delete(&self, flow_log: &FlowLog, cancellation: &Cancellation) -> Result<(), Error>;

    /// What is not as it should be.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    async fn findings(&self) -> Result<Vec<Finding>, Error>;

    /// Removes what an interrupted change left behind.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    async fn remove(&self, leftover: &Leftover, cancellation: &Cancellation) -> Result<(), Error>;

    /// The account at one of several places, by what it told of that place.
    fn at(&self, _place: &Place) -> Option<&dyn Lifecycle> {
        None
    }
}
