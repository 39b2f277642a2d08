//! Rows that a script reads one by one while the query runs.

use std::io;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rhai::{Dynamic, EvalAltResult};

use super::convert::from_row;
use super::error::{Stop, failed};
use super::limit::STEPS_A_ROW;
use super::world::World;
use crate::account::{self, Cancellation};
use crate::query::Plan;
use crate::session::Interrupt;
use crate::value::{Column, Progress, Row, RowSink, RunStats};

/// The number of buffered batches: the query must not run far ahead of the reader.
const AHEAD: usize = 4;
/// The interval at which a waiting reader checks whether it should stop.
const LOOK: Duration = Duration::from_millis(50);

enum Part {
    Columns(Vec<Column>),
    Rows(Vec<Row>),
    Ended(Box<RunStats>),
    Failed(account::Error),
}

/// The rows of a running query; they can be read once.
#[derive(Clone)]
pub(super) struct Stream {
    world: Rc<World>,
    parts: Arc<Mutex<Receiver<Part>>>,
    interrupt: Arc<Interrupt>,
    query: Arc<CancelOnDrop>,
    columns: Vec<String>,
    rows: std::vec::IntoIter<Row>,
    is_over: bool,
}

impl Stream {
    pub(super) fn start(world: &Rc<World>, plan: Plan) -> Self {
        let (sender, parts) = sync_channel(AHEAD);
        let (session, clock, runtime) = (world.session(), world.clock(), world.runtime().clone());
        let cancellation = Cancellation::default();
        let query = Arc::new(CancelOnDrop(cancellation.clone()));
        world.runtime().spawn_blocking(move || {
            let mut sink = Sender(sender.clone());
            let progress = Arc::new(Progress::default());
            let ran = runtime.block_on(cancellation.scope(session.run(&plan, &clock, &progress, &mut sink)));
            // The reader may be gone, in which case the result is not needed.
            let _ = sender.send(ran.map_or_else(Part::Failed, |stats| Part::Ended(Box::new(stats))));
        });
        Self {
            world: Rc::clone(world),
            parts: Arc::new(Mutex::new(parts)),
            interrupt: Arc::clone(world.interrupt()),
            query,
            columns: Vec::new(),
            rows: Vec::new().into_iter(),
            is_over: false,
        }
    }

    fn part(&self) -> Result<Option<Part>, Box<EvalAltResult>> {
        let parts = self.parts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        loop {
            match parts.recv_timeout(LOOK) {
                Ok(part) => return Ok(Some(part)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) if self.interrupt.is_raised() => {
                    // The query ends by itself, after the script.
                    self.query.cancel();
                    return Err(Stop::Interrupted.into_error());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn next_row(&mut self) -> Result<Option<Dynamic>, Box<EvalAltResult>> {
        loop {
            if let Some(row) = self.rows.next() {
                self.world.add_steps(STEPS_A_ROW);
                return Ok(Some(from_row(&self.columns, &row)));
            }
            match self.part()? {
                None => return Ok(None),
                Some(Part::Columns(columns)) => {
                    self.world.remember(&columns);
                    self.columns = columns.into_iter().map(|column| column.name).collect();
                }
                Some(Part::Rows(rows)) => self.rows = rows.into_iter(),
                Some(Part::Ended(stats)) => self.world.ended(*stats),
                Some(Part::Failed(error)) => return Err(failed(&error)),
            }
        }
    }
}

impl Iterator for Stream {
    type Item = Result<Dynamic, Box<EvalAltResult>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.next_row().transpose();
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}

/// Cancels a query when nothing can read its rows any more.
struct CancelOnDrop(Cancellation);

impl CancelOnDrop {
    fn cancel(&self) {
        // A query that is still running ends after the script.
        let _ = self.0.cancel();
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Passes rows to the reader; an error ends the query if there is no reader.
struct Sender(SyncSender<Part>);

impl Sender {
    fn send(&self, part: Part) -> io::Result<()> {
        self.0.send(part).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl RowSink for Sender {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.send(Part::Columns(columns.to_vec()))
    }

    fn rows(&mut self, rows: Vec<Row>) -> io::Result<()> {
        self.send(Part::Rows(rows))
    }
}
