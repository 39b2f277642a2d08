//! Where a reading thread passes on batches, and why it stops.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use tokio::sync::mpsc::Sender;

use crate::engine::Error;

/// Records of a batch, about; also what the query engine makes of them.
pub(crate) const BATCH_ROWS: usize = 8192;

/// Why a thread stops before the end.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Nobody wants more.
    Closed,
    /// A file cannot be read.
    Failed(Error),
    /// The query engine cannot go on.
    Engine(DataFusionError),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<DataFusionError> for Halt {
    fn from(error: DataFusionError) -> Self {
        Self::Engine(error)
    }
}

impl From<ArrowError> for Halt {
    fn from(error: ArrowError) -> Self {
        Self::Engine(error.into())
    }
}

/// Where a reading thread passes on what is kept.
pub(crate) trait Outlet {
    /// Passes on some records.
    fn pass(&self, batch: RecordBatch) -> Result<(), Halt>;

    /// Stops the thread when nobody wants more.
    fn check_open(&self) -> Result<(), Halt>;
}

impl Outlet for Sender<Result<RecordBatch, DataFusionError>> {
    fn pass(&self, batch: RecordBatch) -> Result<(), Halt> {
        self.blocking_send(Ok(batch)).map_err(|_| Halt::Closed)
    }

    fn check_open(&self) -> Result<(), Halt> {
        if self.is_closed() { Err(Halt::Closed) } else { Ok(()) }
    }
}
