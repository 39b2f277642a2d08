//! The surroundings of a script: the open account, its permissions, and its console.

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

/// The time for which the network is used that was read.
const NETWORK_KEPT: Duration = Duration::from_mins(1);

/// The permissions of a script.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Nothing that would change an account.
    pub read_only: bool,
    /// Say what would be changed, and change nothing.
    pub dry_run: bool,
    /// Do not ask before something is deleted.
    pub yes: bool,
    /// Environment variables that may be read beside `FLOWLOGS_*`.
    pub allow_env: Vec<String>,
    /// Hosts that JSON may be sent to, as [`host`](super::host) reads them.
    pub allow_net: Vec<String>,
    /// The folder below which files are read; `None` for that of the script.
    pub read_dir: Option<PathBuf>,
    /// The folder below which files may be written.
    pub write_dir: Option<PathBuf>,
}

/// Whom a script talks to.
pub trait Console {
    /// Prints data.
    ///
    /// # Errors
    ///
    /// I/O errors of the writer; a closed pipe is one.
    fn print(&self, text: &str) -> io::Result<()>;

    /// Says something that a person should know.
    fn note(&self, text: &str);

    /// Says what failed, even to who wants no notes.
    fn failed(&self, failures: &[String]);

    /// Asks whether to do something to each of these.
    ///
    /// # Errors
    ///
    /// Why not.
    fn confirm(&self, what: &str, names: &[String]) -> Result<(), String>;

    /// The columns of the terminal that data goes to, if it goes to one.
    fn width(&self) -> Option<usize>;
}

/// All of it.
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
    /// What scripts created here: deleting that needs no confirmation.
    pub(super) made: RefCell<Made>,
    /// The columns of answers, which maps forget: the latest last, each set of names once.
    answers: RefCell<Vec<Vec<Column>>>,
    answer: RefCell<Rc<Rows>>,
    /// The statistics of the last query.
    stats: RefCell<RunStats>,
    /// The network as it was read last, and when: a script asks about it again and again.
    network: RefCell<Option<(Instant, Rc<Inventory>)>>,
    /// Steps that a script has beside those that every script has.
    more_steps: Cell<u64>,
    /// Whether tables and charts scale bytes and counts.
    human: Cell<bool>,
    /// Why something could not be printed.
    unwritable: RefCell<Option<io::Error>>,
}

impl World {
    /// Scripts over this account.
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

    /// From now on scripts work with another account.
    pub fn move_to(&self, session: Arc<Session>) {
        *self.session.borrow_mut() = session;
        // What was created elsewhere says nothing about what is here.
        self.made.take();
        self.network.take();
    }

    /// From now on these are the names that a sentence may refer to.
    pub fn set_named(&self, named: &Named) {
        self.named.borrow_mut().clone_from(named);
    }

    /// From now on times are read and shown in this zone.
    pub fn set_zone(&self, zone: &TimeZone) {
        self.zone.borrow_mut().clone_from(zone);
    }

    /// Sets the rows of `ans`.
    pub fn set_answer(&self, rows: Rc<Rows>) {
        *self.answer.borrow_mut() = rows;
    }

    /// From now on tables and charts scale bytes and counts, or do not.
    pub fn set_human(&self, human: bool) {
        self.human.set(human);
    }

    /// Returns how tables and charts look.
    pub(super) fn style(&self) -> Style {
        Style { human: self.human.get(), ..Style::plain(self.console.width(), self.zone.borrow().clone()) }
    }

    /// The rows of the last answer, as scripts have them.
    pub(super) fn answer(&self) -> Array {
        let answer = self.answer.borrow();
        let names: Vec<String> = answer.columns.iter().map(|column| column.name.clone()).collect();
        self.remember(&answer.columns);
        answer.rows.iter().map(|row| from_row(&names, row)).collect()
    }

    pub(super) fn begin(&self, args: Vec<String>, folder: Option<PathBuf>) {
        *self.args.borrow_mut() = args;
        self.more_steps.set(0);
        // A script without a folder in its path lies in the current one.
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

    /// Returns the names that a sentence may refer to, with these parameters.
    pub(super) fn context(&self, parameters: BTreeMap<String, Vec<String>>) -> Context {
        Context { clock: self.clock(), parameters, named: self.named.borrow().clone() }
    }

    /// The network, as it was a minute ago at most.
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

    /// Gives the script more steps, for data that it is handed.
    pub(super) fn add_steps(&self, steps: u64) {
        self.more_steps.set(self.more_steps.get() + steps);
    }

    /// The steps that the script may take.
    pub(super) fn steps(&self) -> u64 {
        OPERATIONS + self.more_steps.get()
    }

    /// Waits for something, unless Ctrl-C comes first.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Thrown> {
        self.runtime.block_on(async {
            tokio::select! {
                done = work => Ok(done),
                () = self.interrupt.raised() => Err(Stop::Interrupted.into_error()),
            }
        })
    }

    /// Lets time pass, unless Ctrl-C comes first.
    pub(super) fn pause(&self, time: Duration) -> Result<(), Thrown> {
        self.wait(async { tokio::time::sleep(time).await })
    }

    /// Waits for work on an account. On Ctrl-C a change puts back what it did, and a query stops, unless
    /// Ctrl-C comes again.
    pub(super) fn change<T>(&self, work: impl Future<Output = T>) -> Result<T, Thrown> {
        self.change_noted(work, |_, _| ())
    }

    /// The same; `note` gets the outcome, also the one of work that was interrupted, and whether it was.
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

    /// Waits for what an account does.
    pub(super) fn call<T>(&self, work: impl Future<Output = Result<T, account::Error>>) -> Result<T, Thrown> {
        self.change(work)?.map_err(|error| failed(&error))
    }

    pub(super) fn at_end(&self, function: FnPtr) {
        self.at_end.borrow_mut().push(function);
    }

    pub(super) fn next_at_end(&self) -> Option<FnPtr> {
        self.at_end.borrow_mut().pop()
    }

    /// Prints; where that fails, the script ends.
    pub(super) fn print(&self, text: &str) -> Result<(), Thrown> {
        self.console.print(text).map_err(|error| {
            *self.unwritable.borrow_mut() = Some(error);
            Stop::Unwritable.into_error()
        })
    }

    /// How a script has to stop, if it has to.
    pub(super) fn stop(&self) -> Option<Stop> {
        match (self.unwritable.borrow().is_some(), self.interrupt.is_raised()) {
            (true, _) => Some(Stop::Unwritable),
            (_, true) => Some(Stop::Interrupted),
            _ => None,
        }
    }

    /// Why something could not be printed, told once.
    pub(super) fn unwritable(&self) -> Option<io::Error> {
        self.unwritable.borrow_mut().take()
    }

    /// Remembers the statistics of a query, and says what failed.
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

    /// Returns columns of these names as the answer had them that the names came from; behind them, in order of
    /// their names, those that no answer had.
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

    /// Returns the column of this name, as the last answer had it that has one.
    pub(super) fn column(&self, name: &str) -> Column {
        let answers = self.answers.borrow();
        let known = answers.iter().rev().flatten().find(|column| column.name == name);
        known.map_or_else(|| Column::new(name, ColumnType::Text), Clone::clone)
    }
}

/// Answers whose columns are remembered.
const REMEMBERED: usize = 256;

fn is_among(columns: &[Column], column: &Column) -> bool {
    columns.iter().any(|known| known.name == column.name)
}

/// Returns the columns of the answer that has the most of these names, if one has any: of those the one with the
/// fewest others, and of those the latest.
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
