//! The destination of a reading thread's batches, and the reasons to stop.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use tokio::sync::mpsc::Sender;

use crate::engine::Error;

/// The approximate number of records in a batch; also the batch size of the query engine.
pub(crate) const BATCH_ROWS: usize = 8192;

/// The reason why a thread stops early.
#[derive(Debug)]
pub(crate) enum Halt {
    /// No more records are needed.
    Closed,
    /// A file cannot be read.
    Failed(Error),
    /// The query engine cannot continue.
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

/// The destination of the records that are kept.
pub(crate) trait Outlet {
    /// Passes on some records.
    fn pass(&self, batch: RecordBatch) -> Result<(), Halt>;

    /// Returns [`Halt::Closed`] if no more records are needed.
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
