//! Queries of every place where flow logs live.

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

/// The default window, in seconds, of a query of an account: one hour, as in the Go tool.
pub const DEFAULT_WINDOW_S: i64 = 60 * 60;

/// A place where flow logs live and can be queried. A query that is cancelled stops and keeps the rows that it found.
#[async_trait]
pub trait Account: Send + Sync {
    /// Returns whether names of interfaces are known here.
    fn has_names(&self) -> bool;

    /// The part of the account that can be changed.
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

    /// Every flow log, whoever created it.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], [`Error::Embedded`].
    async fn any_flow_logs(&self) -> Result<Vec<AnyFlowLog>, Error>;

    /// What would answer a plan.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`], and [`Error::Select`] for a target that nothing records.
    async fn answers(&self, plan: &Plan, interval: Option<Interval>) -> Result<Answers, Error>;

    /// The plan with every resource and name put into addresses and interfaces of now.
    ///
    /// # Errors
    ///
    /// [`Error::Select`] for a selector that matches nothing, [`Error::NotAnAccount`] without an inventory.
    async fn resolved(&self, plan: &Plan) -> Result<Plan, Error> {
        Ok(belonging::resolved(plan, &self.inventory().await?, |_| true)?.into_owned())
    }

    /// Returns whether two questions at the same time are answered sooner than one after the other.
    fn answers_at_once(&self) -> bool {
        false
    }

    /// Returns whether an answer so far lacks a place that failed.
    fn is_partial(&self) -> bool {
        false
    }

    /// The cost of scanning so many bytes, in US dollars; `None` where it costs nothing.
    fn cost_usd(&self, _bytes: u64) -> Option<f64> {
        None
    }

    /// Tells the user something before the answer is complete.
    fn tell(&self, _news: &str) {}

    /// Forgets what was read of the network, which changes: what is asked next reads it anew.
    async fn refresh(&self) {}

    /// Begins a command: a place that failed in an earlier command is reported again.
    fn begin(&self) {}

    /// The accounts and Regions in use; those that fail are reported, unless all fail.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`].
    async fn identities(&self) -> Result<Vec<Identity>, Error> {
        let Inventory { account, region, .. } = self.inventory().await?;
        Ok(vec![Identity { place: Place { region, account }, arn: None, profile: None }])
    }

    /// The Region in use, if it is one; no service is called.
    async fn region(&self) -> Option<String> {
        None
    }

    /// The inventory of the network.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`].
    async fn inventory(&self) -> Result<Inventory, Error>;

    /// The files by the fields that they have.
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

    /// Estimates the bytes that a plan would scan, where scanning costs something. A guess that is far below `above_usd`
    /// is enough; `None` for an estimate in any case.
    ///
    /// # Errors
    ///
    /// [`Error::NoCost`] where it costs nothing, and those of [`Account::run`].
    async fn estimate(
        &self,
        _plan: &Plan,
        _interval: Option<Interval>,
        _above_usd: Option<f64>,
        _cancellation: &Cancellation,
    ) -> Result<Estimate, Error> {
        Err(Error::NoCost)
    }

    /// The pages of the service's own console on which the queries of a plan stand.
    ///
    /// # Errors
    ///
    /// [`Error::NoConsole`] where there is none, and those of [`Account::run`].
    async fn console_links(&self, _plan: &Plan, _interval: Option<Interval>) -> Result<Vec<String>, Error> {
        Err(Error::NoConsole)
    }

    /// Returns whether the records that `plan` sums were recorded at both ends of some traffic; `None` where finding
    /// out would cost something.
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

    /// The longest delay of new records, in seconds; `None` if they may have any time.
    ///
    /// # Errors
    ///
    /// [`Error::NotFollowed`] where no new records can arrive.
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
    /// [`Error`], by variant: a target that matches nothing, a field that no record has, a file that
    /// cannot be read, a sink that cannot be written to.
    async fn run(
        &self,
        plan: &Plan,
        interval: Option<Interval>,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
        cancellation: &Cancellation,
    ) -> Result<RunStats, Error>;
}
