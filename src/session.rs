//! One way to ask, for the command line and whatever else asks.
//!
//! A [`Session`] knows where the records are; it runs checked plans and hands rows to a sink. It
//! knows neither how rows are printed nor how sentences are written.

use std::sync::Arc;

use crate::account::local::{self, PlainFiles};
use crate::engine;
use crate::query::plan::{Interval, Plan};
use crate::query::window::Clock;
use crate::value::{Progress, RowSink, RunStats};

/// Why a session cannot be opened, or a plan not be run.
pub type Error = local::Error;

/// An open place with records.
pub struct Session {
    files: PlainFiles,
    clock: Clock,
}

impl Session {
    /// Opens flow log files: looks at the head of each.
    ///
    /// # Errors
    ///
    /// [`local::Error::Engine`] where a file cannot be read or is no flow log.
    pub fn open(options: engine::Options, clock: Clock) -> Result<Self, Error> {
        Ok(Self { files: PlainFiles::open(options)?, clock })
    }

    /// The seconds that `plan` is about; `None` for all records.
    #[must_use]
    pub fn interval(&self, plan: &Plan) -> Option<Interval> {
        plan.window.as_ref()?.resolve(&self.clock)
    }

    /// Runs `plan`; rows go to `sink` as they come.
    ///
    /// # Errors
    ///
    /// [`local::Error`], by variant: a target that files cannot answer, a field that no file has,
    /// a file that cannot be read, a sink that cannot be written to.
    pub async fn run(
        &self,
        plan: &Plan,
        progress: &Arc<Progress>,
        sink: &mut (dyn RowSink + Send),
    ) -> Result<RunStats, Error> {
        self.files.run(plan, self.interval(plan), progress, sink).await
    }
}
