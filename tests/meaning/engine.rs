//! The engine, in this process.

use std::sync::Arc;

use flowlogs::engine::Options;
use flowlogs::query::clock::Clock;
use flowlogs::query::{Context, Plan};
use flowlogs::session::Session;
use flowlogs::value::{Progress, Rows, RunStats};
use jiff::tz::TimeZone;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Files that are queried many times.
pub(crate) struct Engine {
    pub(crate) session: Session,
    runtime: Runtime,
    pub(crate) clock: Clock,
    _folder: TempDir,
}

pub(crate) fn context() -> Context {
    Context::new(Clock { now: 1_795_435_200, zone: TimeZone::UTC })
}

impl Engine {
    /// Opens files with these texts.
    pub(crate) fn open(texts: &[&str], context: &Context) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut paths = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            let path = folder.path().join(format!("{number}.log"));
            std::fs::write(&path, text).map_err(|error| error.to_string())?;
            paths.push(path.display().to_string());
        }
        let options = Options { paths, memory_limit_bytes: 256 << 20, ..Options::default() };
        let session = Session::open(options, None).map_err(|error| error.to_string())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let clock = context.clock.clone();
        Ok(Self { session, clock, runtime: runtime.map_err(|error| error.to_string())?, _folder: folder })
    }

    pub(crate) fn run(&self, plan: &Plan) -> Result<(Rows, RunStats), String> {
        let mut rows = Rows::default();
        let stats =
            self.runtime.block_on(self.session.run(plan, &self.clock, &Arc::new(Progress::default()), &mut rows));
        stats.map(|stats| (rows, stats)).map_err(|error| error.to_string())
    }
}
