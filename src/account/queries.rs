//! The interface for queries, common to all kinds of accounts.

use std::sync::Arc;

use async_trait::async_trait;

use super::answering::Answers;
use super::belonging;
use super::cancellation::Cancellation;
use super::error::Error;
use super::estimate::Estimate;
use super::flow_log::{AnyFlowLog, FlowLog};
use super::identity::Identity;
use super::inventory::Inventory;
use super::lifecycle::Lifecycle;
use super::place::Place;
use super::resource::Resource;
use crate::engine::Schema;
use crate::kind::TargetKind;
use crate::query::plan::Plan;
use crate::query::window::Interval;
use crate::value::{EpochSeconds, Progress, RowSink, RunStats};

/// The default window of a query of an account, in seconds: one hour, as in the Go tool.
pub const DEFAULT_WINDOW_S: i64 = 60 * 60;

/// An account that can be queried. A cancelled query stops and keeps its rows so far.
#[async_trait]
pub trait Account: Send + Sync {
    /// Returns whether names of interfaces are known.
    fn has_names(&self) -> bool;

    /// The part of the account that changes it.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`].
    fn lifecycle(&self) -> Result<&dyn Lifecycle, Error>;

    /// The resources of a kind, by id.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`].
    async fn resources(&self, kind: TargetKind) -> Result<Vec<Resource>, Error>;

    /// Every flow log, by kind and resource.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    async fn flow_logs(&self) -> Result<Vec<FlowLog>, Error>;

    /// Every flow log, including those of other tools.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    async fn any_flow_logs(&self) -> Result<Vec<AnyFlowLog>, Error>;

    /// The log groups that would answer a plan.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], and [`Error::Select`] for a target that no flow log records.
    async fn answers(&self, plan: &Plan, interval: Option<Interval>) -> Result<Answers, Error>;

    /// The plan with every resource and name resolved to the current addresses and interfaces.
    ///
    /// # Errors
    ///
    /// [`Error::Select`] for a selector that matches nothing, [`Error::NotAnAccount`] without an inventory.
    async fn resolved(&self, plan: &Plan) -> Result<Plan, Error> {
        Ok(belonging::resolved(plan, &self.inventory().await?, |_| true)?.into_owned())
    }

    /// Returns whether two concurrent queries take less time than one after the other.
    fn answers_at_once(&self) -> bool {
        false
    }

    /// Returns whether an answer so far lacks a place that failed.
    fn is_partial(&self) -> bool {
        false
    }

    /// The cost of scanning `bytes`, in US dollars; `None` if it is free.
    fn cost_usd(&self, _bytes: u64) -> Option<f64> {
        None
    }

    /// Sends a note to the user before the answer is complete.
    fn tell(&self, _news: &str) {}

    /// Forgets the network that was read, so that the next query reads it again.
    async fn refresh(&self) {}

    /// Begins a command: a place that failed in an earlier command is reported again.
    fn begin(&self) {}

    /// The accounts and Regions in use; failing ones are reported, unless all fail.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`].
    async fn identities(&self) -> Result<Vec<Identity>, Error> {
        let Inventory { account, region, .. } = self.inventory().await?;
        Ok(vec![Identity { place: Place { region, account }, arn: None, profile: None }])
    }

    /// The Region in use, if there is only one; calls no service.
    async fn region(&self) -> Option<String> {
        None
    }

    /// The inventory of the network.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`].
    async fn inventory(&self) -> Result<Inventory, Error>;

    /// The files, grouped by their fields.
    ///
    /// # Errors
    ///
    /// [`Error::NoFiles`] on AWS, [`Error::Engine`] if the files cannot be read.
    fn schemas(&self) -> Result<Vec<Schema>, Error> {
        Err(Error::NoFiles)
    }

    /// The default window of a plan that has none, up to `now`; `None` for all records.
    fn default_interval(&self, now: EpochSeconds) -> Option<Interval> {
        Some(Interval { from: now - DEFAULT_WINDOW_S, until: now })
    }

    /// Estimates the bytes that a plan would scan, if scanning costs something. A guess is enough if it is far below
    /// `above_usd`; `None` asks for an estimate in any case.
    ///
    /// # Errors
    ///
    /// [`Error::NoCost`] if scanning is free, and the errors of [`Account::run`].
    async fn estimate(
        &self,
        _plan: &Plan,
        _interval: Option<Interval>,
        _above_usd: Option<f64>,
        _cancellation: &Cancellation,
    ) -> Result<Estimate, Error> {
        Err(Error::NoCost)
    }

    /// The addresses of the pages of the service's console with the queries of a plan.
    ///
    /// # Errors
    ///
    /// [`Error::NoConsole`] if there is no console, and the errors of [`Account::run`].
    async fn console_links(&self, _plan: &Plan, _interval: Option<Interval>) -> Result<Vec<String>, Error> {
        Err(Error::NoConsole)
    }

    /// Returns whether the records that `plan` sums include both ends of some traffic; `None` if that would cost money.
    ///
    /// # Errors
    ///
    /// The errors of [`Account::run`].
    async fn records_both_ends(
        &self,
        _plan: &Plan,
        _interval: Option<Interval>,
        _cancellation: &Cancellation,
    ) -> Result<Option<bool>, Error> {
        Ok(None)
    }

    /// The longest delay of new records, in seconds; `None` if records of any time may be added.
    ///
    /// # Errors
    ///
    /// [`Error::NotFollowed`] if no new records can arrive.
    fn lateness_s(&self) -> Result<Option<i64>, Error> {
        Ok(None)
    }

    /// Waits until there may be new records.
    ///
    /// # Errors
    ///
    /// [`Error::Engine`] if the files cannot be read.
    async fn more(&self, cancellation: &Cancellation) -> Result<(), Error>;

    /// Runs `plan` over the records of its targets; rows go to `sink` as they arrive.
    ///
    /// # Errors
    ///
    /// Any variant of [`Error`]: a target that matches nothing, a field that no record has, a file that cannot be read,
    /// a sink that cannot be written to.
    async fn run(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
        cancellation: &Cancellation,
    ) -> Result<RunStats, Error>;
}
