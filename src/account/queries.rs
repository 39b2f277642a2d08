//! What can be asked of wherever flow logs live.

use std::sync::Arc;

use async_trait::async_trait;

use super::cancellation::Cancellation;
use super::error::Error;
use super::estimate::Estimate;
use super::flow_log::FlowLog;
use super::inventory::Inventory;
use super::lifecycle::Lifecycle;
use super::resource::Resource;
use crate::kind::TargetKind;
use crate::query::plan::Plan;
use crate::query::window::Interval;
use crate::value::{EpochSeconds, Progress, RowSink, RunStats};

/// Seconds that a query looks back on an account, where its sentence has no window: an hour, as in the Go tool.
pub const DEFAULT_WINDOW_S: i64 = 60 * 60;

/// A place where flow logs live, and what can be asked of it. A query that is cancelled stops and keeps what it
/// found.
#[async_trait]
pub trait Account: Send + Sync {
    /// Whether names of interfaces are known here.
    fn has_names(&self) -> bool;

    /// What can be changed here.
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

    /// Whether anything that was asked so far went without a place that failed.
    fn is_partial(&self) -> bool {
        false
    }

    /// A command begins: a place that failed in an earlier one is told of again.
    fn begin(&self) {}

    /// What there is in the network.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnAccount`].
    async fn inventory(&self) -> Result<Inventory, Error>;

    /// The seconds that a plan without a window is about now; `None` for all records.
    fn default_interval(&self, now: EpochSeconds) -> Option<Interval> {
        Some(Interval { from: now - DEFAULT_WINDOW_S, until: now })
    }

    /// How many bytes a plan would scan, where that costs something.
    ///
    /// # Errors
    ///
    /// [`Error::NoCost`] where it does not, and those of [`Account::run`].
    async fn estimate(
        &self,
        _plan: &Plan,
        _interval: Option<Interval>,
        _cancellation: &Cancellation,
    ) -> Result<Estimate, Error> {
        Err(Error::NoCost)
    }

    /// Whether the records that `plan` sums hold both ends of some traffic; `None` where that would cost
    /// something to find out.
    ///
    /// # Errors
    ///
    /// Those of [`Account::run`].
    async fn records_both_ends(
        &self,
        _plan: &Plan,
        _interval: Option<Interval>,
        _cancellation: &Cancellation,
    ) -> Result<Option<bool>, Error> {
        Ok(None)
    }

    /// How many seconds behind their time new records may come; `None` where they may be of any time.
    ///
    /// # Errors
    ///
    /// [`Error::NotFollowed`] where there are none.
    fn lateness_s(&self) -> Result<Option<i64>, Error> {
        Ok(None)
    }

    /// Waits until there may be new records.
    ///
    /// # Errors
    ///
    /// [`Error::Engine`] where the files cannot be looked at.
    async fn more(&self, cancellation: &Cancellation) -> Result<(), Error>;

    /// Runs `plan` over what its targets recorded; rows go to `sink` as they come.
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
