//! The environment of scripts: the open account, their permissions, and their console.

use std::cell::{Cell, Ref, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use rhai::{Array, EvalAltResult, FnPtr};
use tokio::runtime::Handle;

use super::convert::from_row;
use super::error::{Stop, failed};
use super::limit::OPERATIONS;
use super::made::Made;
use crate::account;
use crate::account::inventory::Inventory;
use crate::output::Style;
use crate::query::clock::Clock;
use crate::query::{Context, Named};
use crate::session::{Interrupt, Session, Waited};
use crate::value::{Column, ColumnType, Rows, RunStats};

type Thrown = Box<EvalAltResult>;

/// The time for which the network is reused after it was read.
const NETWORK_KEPT: Duration = Duration::from_mins(1);

/// The permissions of a script.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Refuse every change of an account.
    pub read_only: bool,
    /// Show what would be changed, and change nothing.
    pub dry_run: bool,
    /// Do not ask before something is deleted.
    pub yes: bool,
    /// Environment variables that may be read in addition to `FLOWLOGS_*`.
    pub allow_env: Vec<String>,
    /// Hosts that JSON may be sent to, as [`host`](super::host) reads them.
    pub allow_net: Vec<String>,
    /// The folder below which files are read; `None` for that of the script.
    pub read_dir: Option<PathBuf>,
    /// The folder below which files are written; `None` for new files below the current one.
    pub write_dir: Option<PathBuf>,
}

/// The user that a script talks to.
pub trait Console {
    /// Prints data.
    ///
    /// # Errors
    ///
    /// I/O errors of the writer, for example of a closed pipe.
    fn print(&self, text: &str) -> io::Result<()>;

    /// Prints a note for the user.
    fn note(&self, text: &str);

    /// Reports failures, even if notes are turned off.
    fn failed(&self, failures: &[String]);

    /// Asks whether to do something to each of these.
    ///
    /// # Errors
    ///
    /// The reason, if the user declines or cannot be asked.
    fn confirm(&self, what: &str, names: &[String]) -> Result<(), String>;

    /// The width of the terminal, in columns; `None` if data does not go to one.
    fn width(&self) -> Option<usize>;
}

/// The environment of scripts.
pub struct World {
    session: RefCell<Arc<Session>>,
    zone: RefCell<TimeZone>,
    named: RefCell<Named>,
    runtime: Handle,
    interrupt: Arc<Interrupt>,
    pub(super) rules: Rules,
    pub(super) console: Box<dyn Console>,
    pub(super) args: RefCell<Vec<String>>,
    folder: RefCell<Option<PathBuf>>,
    at_end: RefCell<Vec<FnPtr>>,
    /// The flow logs that scripts created here, which they may delete without confirmation.
    pub(super) made: RefCell<Made>,
    /// The columns of recent answers, the latest last, each set of names once: maps lose the order and the types.
    answers: RefCell<Vec<Vec<Column>>>,
    answer: RefCell<Rc<Rows>>,
    /// The statistics of the last query.
    stats: RefCell<RunStats>,
    /// The network, and when it was read: a script uses it repeatedly.
    network: RefCell<Option<(Instant, Rc<Inventory>)>>,
    /// Steps that a script has in addition to [`OPERATIONS`].
    more_steps: Cell<u64>,
    /// Whether tables and charts scale bytes and counts.
    human: Cell<bool>,
    /// The error of a failed print.
    unwritable: RefCell<Option<io::Error>>,
}

impl World {
    /// Creates the environment of scripts over an account.
    #[must_use]
    pub fn new(
        session: Arc<Session>,
        context: &Context,
        runtime: Handle,
        interrupt: Arc<Interrupt>,
        rules: Rules,
        console: Box<dyn Console>,
    ) -> Self {
        Self {
            session: RefCell::new(session),
            zone: context.clock.zone.clone().into(),
            named: RefCell::new(context.named.clone()),
            runtime,
            interrupt,
            rules,
            console,
            args: RefCell::default(),
            folder: RefCell::default(),
            at_end: RefCell::default(),
            made: RefCell::default(),
            answers: RefCell::default(),
            answer: RefCell::default(),
            stats: RefCell::default(),
            network: RefCell::default(),
            more_steps: Cell::default(),
            human: Cell::default(),
            unwritable: RefCell::default(),
        }
    }

    /// Changes the account that scripts work with.
    pub fn move_to(&self, session: Arc<Session>) {
        *self.session.borrow_mut() = session;
        // Flow logs that were created in another account do not count here.
        self.made.take();
        self.network.take();
    }

    /// Changes the names that sentences may use.
    pub fn set_named(&self, named: &Named) {
        self.named.borrow_mut().clone_from(named);
    }

    /// Changes the time zone in which times are read and shown.
    pub fn set_zone(&self, zone: &TimeZone) {
        self.zone.borrow_mut().clone_from(zone);
    }

    /// Sets the rows of `ans`.
    pub fn set_answer(&self, rows: Rc<Rows>) {
        *self.answer.borrow_mut() = rows;
    }

    /// Sets whether tables and charts scale bytes and counts.
    pub fn set_human(&self, human: bool) {
        self.human.set(human);
    }

    /// Returns the style of tables and charts.
    pub(super) fn style(&self) -> Style {
        Style { human: self.human.get(), ..Style::plain(self.console.width(), self.zone.borrow().clone()) }
    }

    /// The rows of the last answer, as values of scripts.
    pub(super) fn answer(&self) -> Array {
        let answer = self.answer.borrow();
        let names: Vec<String> = answer.columns.iter().map(|column| column.name.clone()).collect();
        self.remember(&answer.columns);
        answer.rows.iter().map(|row| from_row(&names, row)).collect()
    }

    pub(super) fn begin(&self, args: Vec<String>, folder: Option<PathBuf>) {
        *self.args.borrow_mut() = args;
        self.more_steps.set(0);
        // A script path without a folder is in the current one.
        *self.folder.borrow_mut() =
            folder.map(|folder| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder });
    }

    pub(super) fn folder(&self) -> Option<PathBuf> {
        self.folder.borrow().clone()
    }

    pub(super) fn session(&self) -> Arc<Session> {
        Arc::clone(&self.session.borrow())
    }

    pub(super) fn interrupt(&self) -> &Arc<Interrupt> {
        &self.interrupt
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub(super) fn clock(&self) -> Clock {
        Clock::system(self.zone.borrow().clone())
    }

    /// Returns the context to compile a sentence with these parameters.
    pub(super) fn context(&self, parameters: BTreeMap<String, Vec<String>>) -> Context {
        Context { clock: self.clock(), parameters, named: self.named.borrow().clone() }
    }

    /// The network, at most a minute old.
    pub(super) fn network(&self) -> Result<Rc<Inventory>, Thrown> {
        if let Some((at, network)) = self.network.borrow().as_ref()
            && at.elapsed() < NETWORK_KEPT
        {
            return Ok(Rc::clone(network));
        }
        let session = self.session();
        let network = Rc::new(self.call(session.inventory())?);
        *self.network.borrow_mut() = Some((Instant::now(), Rc::clone(&network)));
        Ok(network)
    }

    /// Gives the script more steps, for the data that it reads.
    pub(super) fn add_steps(&self, steps: u64) {
        self.more_steps.set(self.more_steps.get() + steps);
    }

    /// The steps that the script may take.
    pub(super) fn steps(&self) -> u64 {
        OPERATIONS + self.more_steps.get()
    }

    /// Waits for a future; fails after Ctrl-C.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Thrown> {
        self.runtime.block_on(async {
            tokio::select! {
                done = work => Ok(done),
                () = self.interrupt.raised() => Err(Stop::Interrupted.into_error()),
            }
        })
    }

    /// Pauses; fails after Ctrl-C.
    pub(super) fn pause(&self, time: Duration) -> Result<(), Thrown> {
        self.wait(async { tokio::time::sleep(time).await })
    }

    /// Waits for work on an account. After Ctrl-C, a change rolls back and a query stops before this returns; a second
    /// Ctrl-C does not wait for that.
    pub(super) fn change<T>(&self, work: impl Future<Output = T>) -> Result<T, Thrown> {
        self.change_noted(work, |_, _| ())
    }

    /// Like [`Self::change`]; `note` gets the outcome, even of interrupted work, and whether it was interrupted.
    pub(super) fn change_noted<T>(
        &self,
        work: impl Future<Output = T>,
        note: impl FnOnce(&T, bool),
    ) -> Result<T, Thrown> {
        let tell = |news: &str| self.console.note(news);
        match self.runtime.block_on(self.interrupt.wait_for(work, tell)) {
            Waited::Done(done) => {
                note(&done, false);
                Ok(done)
            }
            Waited::Stopped(done) => {
                if let Some(done) = done {
                    note(&done, true);
                }
                Err(Stop::Interrupted.into_error())
            }
        }
    }

    /// Waits for a call of an account.
    pub(super) fn call<T>(&self, work: impl Future<Output = Result<T, account::Error>>) -> Result<T, Thrown> {
        self.change(work)?.map_err(|error| failed(&error))
    }

    pub(super) fn at_end(&self, function: FnPtr) {
        self.at_end.borrow_mut().push(function);
    }

    pub(super) fn next_at_end(&self) -> Option<FnPtr> {
        self.at_end.borrow_mut().pop()
    }

    /// Prints data; if that fails, the script ends.
    pub(super) fn print(&self, text: &str) -> Result<(), Thrown> {
        self.console.print(text).map_err(|error| {
            *self.unwritable.borrow_mut() = Some(error);
            Stop::Unwritable.into_error()
        })
    }

    /// The reason to stop the script now, if there is one.
    pub(super) fn stop(&self) -> Option<Stop> {
        match (self.unwritable.borrow().is_some(), self.interrupt.is_raised()) {
            (true, _) => Some(Stop::Unwritable),
            (_, true) => Some(Stop::Interrupted),
            _ => None,
        }
    }

    /// Takes the error of a failed print.
    pub(super) fn unwritable(&self) -> Option<io::Error> {
        self.unwritable.borrow_mut().take()
    }

    /// Remembers the statistics of a query, and reports its failures.
    pub(super) fn ended(&self, stats: RunStats) {
        self.console.failed(&stats.failures());
        *self.stats.borrow_mut() = stats;
    }

    /// The statistics of the last query.
    pub(super) fn stats(&self) -> Ref<'_, RunStats> {
        self.stats.borrow()
    }

    /// Remembers the columns of an answer.
    pub(super) fn remember(&self, columns: &[Column]) {
        let mut answers = self.answers.borrow_mut();
        answers.retain(|known| !(known.len() == columns.len() && known.iter().all(|column| is_among(columns, column))));
        if answers.len() == REMEMBERED {
            answers.remove(0);
        }
        answers.push(columns.to_vec());
    }

    /// Returns the columns with these names, in the order and with the types of the answers that they probably came
    /// from; then the names that no answer had, in alphabetical order.
    pub(super) fn columns(&self, names: &BTreeSet<String>) -> Vec<Column> {
        let answers = self.answers.borrow();
        let mut left = names.clone();
        let mut columns = Vec::new();
        while let Some(answer) = likeliest(&answers, &left) {
            columns.extend(answer.iter().filter(|column| left.remove(&column.name)).cloned());
        }
        columns.extend(left.iter().map(|name| Column::new(name, ColumnType::Text)));
        columns
    }

    /// Returns the column with this name from the latest answer that has one.
    pub(super) fn column(&self, name: &str) -> Column {
        let answers = self.answers.borrow();
        let known = answers.iter().rev().flatten().find(|column| column.name == name);
        known.map_or_else(|| Column::new(name, ColumnType::Text), Clone::clone)
    }
}

/// The number of answers whose columns are remembered.
const REMEMBERED: usize = 256;

fn is_among(columns: &[Column], column: &Column) -> bool {
    columns.iter().any(|known| known.name == column.name)
}

/// Returns the columns of the answer with the most of these names, or `None` if no answer has any. Ties go to the
/// answer with the fewest other columns, then to the latest.
fn likeliest<'a>(answers: &'a [Vec<Column>], names: &BTreeSet<String>) -> Option<&'a Vec<Column>> {
    let shared = |answer: &Vec<Column>| answer.iter().filter(|column| names.contains(&column.name)).count();
    let likeliest = answers.iter().max_by_key(|answer| (shared(answer), Reverse(answer.len())))?;
    (shared(likeliest) > 0).then_some(likeliest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(names: &str) -> Vec<Column> {
        names.split(' ').map(|name| Column::new(name, ColumnType::Text)).collect()
    }

    #[test]
    fn the_likeliest_answer_has_the_most_names_and_the_fewest_others() {
        let answers = [answer("src dst flows"), answer("dst src bytes flows"), answer("flows src dst extra")];
        let found = |names: &str| {
            let names: BTreeSet<String> = names.split(' ').map(str::to_string).collect();
            let place = |found: &Vec<Column>| answers.iter().position(|answer| answer == found);
            likeliest(&answers, &names).and_then(place)
        };
        assert_eq!(found("dst flows src"), Some(0));
        assert_eq!(found("bytes dst flows src"), Some(1));
        assert_eq!(found("extra src"), Some(2));
        assert_eq!(found("bytes cost"), Some(1));
        assert_eq!(found("cost"), None);
    }
}
