//! What the command line and the shell do alike: answer a plan, and the commands that need no more
//! than an open session.
//!
//! With the two of them the only room that prints. Data goes to standard output, everything else to
//! standard error.

#![cfg_attr(not(feature = "local"), allow(dead_code, reason = "what only runs need"))]

#[cfg(feature = "local")]
pub(crate) mod answer;
pub(crate) mod config;
pub(crate) mod console;
#[cfg(feature = "local")]
mod doctor;
mod explain;
mod fields;
#[cfg(feature = "local")]
mod inventory;
pub(crate) mod kind;
#[cfg(feature = "local")]
mod lifecycle;
#[cfg(feature = "local")]
mod list;
mod out;
#[cfg(feature = "local")]
mod outcome;
#[cfg(feature = "local")]
mod pick;
mod place;

use std::io;
use std::process::ExitCode;
#[cfg(feature = "local")]
use std::sync::{Arc, Mutex};

use clap::{Subcommand, ValueEnum};

use crate::output::Format;
use crate::query::{self, Context};
#[cfg(feature = "local")]
use crate::session::{Interrupt, Session, Waited};
#[cfg(feature = "local")]
use crate::value::Rows;
pub(crate) use console::Terminal;
pub(crate) use out::Out;
#[cfg(feature = "local")]
pub(crate) use pick::confirm;
pub(crate) use place::Place;

/// How a command ends.
///
/// In the order of what says more: of several lines the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    Done,
    /// The answer was cut and `--fail-on-truncate` asks to say so.
    Truncated,
    /// The answer has rows and `--fail-if-rows` asks to say so.
    HasRows,
    /// Another code: what a script asked for, or 1 where a part failed that was told of.
    Code(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Truncated => Self::from(3),
            Exit::HasRows => Self::from(4),
            Exit::Code(code) => Self::from(code),
        }
    }
}

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A sentence, an expression or a script is wrong; drawn under its text.
    #[error("{drawn}")]
    Query { drawn: String },
    /// A script failed; drawn under its text.
    #[error("{drawn}")]
    Drawn { drawn: String },
    /// Arguments that do not fit each other.
    #[error("{message}")]
    Usage { message: String, help: Option<String> },
    /// A run failed.
    #[error("{message}")]
    Failed { message: String, help: Option<String> },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// SIGTERM.
    #[error("terminated")]
    Terminated,
    /// Writing failed; a closed pipe is one of these.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

impl Error {
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Says it, and how the process ends if that was all.
    pub(crate) fn report(&self, terminal: &Terminal) -> ExitCode {
        match self {
            Self::Query { drawn } | Self::Drawn { drawn } => console::say_drawn(drawn),
            Self::Usage { message, help } | Self::Failed { message, help } => terminal.error(message, help.as_deref()),
            Self::Write(_) => terminal.error(&self.to_string(), None),
            Self::Interrupted | Self::Terminated => console::say(&self.to_string()),
        }
        ExitCode::from(self.code())
    }

    /// The exit code of a process that ends so.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Query { .. } | Self::Usage { .. } => 2,
            Self::Failed { .. } | Self::Drawn { .. } | Self::Write(_) => 1,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

/// How the answer is printed.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "How the answer is printed")]
#[allow(clippy::struct_field_names, reason = "the field is the flag `--output`")]
pub(crate) struct Output {
    /// How to print rows
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = OutputFormat::Table, global = true)]
    pub(crate) output: OutputFormat,

    /// Scale bytes and counts in tables and charts: 1.5 GB, 1.2M
    #[arg(long, global = true)]
    pub(crate) human: bool,

    /// Print the numbers of the run as one JSON object on standard error
    #[arg(long, value_enum, value_name = "FORMAT", global = true)]
    pub(crate) stats: Option<StatsFormat>,

    /// Exit with 3 when the default limit or a cap cut the answer
    #[arg(long, global = true)]
    pub(crate) fail_on_truncate: bool,

    /// Exit with 4 when the answer has a row, also one that is cut: for checks that run by themselves
    #[arg(long, global = true)]
    pub(crate) fail_if_rows: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    Table,
    /// One array of objects
    Json,
    /// One object a line
    Ndjson,
    /// A header line, then a line a row
    Csv,
}

impl Output {
    pub(crate) const fn format(&self) -> Format {
        match self.output {
            OutputFormat::Table => Format::Table,
            OutputFormat::Json => Format::Json,
            OutputFormat::Ndjson => Format::Ndjson,
            OutputFormat::Csv => Format::Csv,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatsFormat {
    /// One object
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Whether and how to ask before something changes.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "What may be changed")]
pub(crate) struct Asking {
    /// Do not ask before something changes
    #[arg(short, long, global = true)]
    pub(crate) yes: bool,

    /// Say what would be changed, and change nothing
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
}

/// What the command line and the shell call by the same words.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create the flow logs of resources; of one that exists, cover interfaces that joined since
    #[cfg(feature = "local")]
    Create(lifecycle::Create),
    /// List the flow logs that this tool created
    #[cfg(feature = "local")]
    List(list::List),
    /// Delete flow logs with all that was made for them
    #[cfg(feature = "local")]
    Delete(lifecycle::Delete),
    /// Look for what is not as it should be in an account; exit 1 on findings
    #[cfg(feature = "local")]
    Doctor(doctor::Doctor),
    /// Print what there is in an account's network, as JSON
    #[cfg(feature = "local")]
    Inventory,
    /// Show what a sentence means, and its Logs Insights text; reads nothing
    Explain {
        /// Ask AWS how much the query would scan, which costs nothing
        #[cfg(feature = "local")]
        #[arg(long)]
        estimate: bool,

        /// The sentence
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        sentence: Vec<String>,
    },
    /// Show the fields of the language
    Fields {
        /// One field, by any of its names
        name: Option<String>,
    },
}

impl Command {
    /// Runs a command that needs no session; gives it back where it does.
    pub(crate) fn run_alone(
        self,
        context: &Context,
        output: &Output,
        terminal: &Terminal,
        out: &mut Out,
    ) -> Result<Option<Self>, Error> {
        match self {
            #[cfg(feature = "local")]
            Self::Explain { estimate: true, .. } => return Ok(Some(self)),
            Self::Explain { sentence, .. } => {
                let plan = compile(&sentence.join(" "), context, terminal)?;
                explain::explain(&plan, context, output.format(), out)?;
            }
            Self::Fields { name } => fields::fields(name.as_deref(), output, out)?,
            #[cfg(feature = "local")]
            command => return Ok(Some(command)),
        }
        Ok(None)
    }

    /// Runs a command of an account. On Ctrl-C a change that is under way puts back what it did.
    #[cfg(feature = "local")]
    pub(crate) async fn run(&self, desk: &Desk) -> Result<Exit, Error> {
        let tell = |news: &str| desk.terminal.note(news);
        match desk.interrupt.wait_for(&desk.session, self.carry_out(desk), tell).await {
            Waited::Done(outcome) => outcome,
            Waited::Stopped(Some(outcome)) => outcome.map_err(said_and_interrupted),
            Waited::Stopped(None) => Err(Error::Interrupted),
        }
    }

    #[cfg(feature = "local")]
    async fn carry_out(&self, desk: &Desk) -> Result<Exit, Error> {
        match self {
            Self::Create(create) => create.run(desk).await,
            Self::List(list) => list.run(desk).await,
            Self::Delete(delete) => delete.run(desk).await,
            Self::Doctor(doctor) => doctor.run(desk).await,
            Self::Inventory => inventory::print(desk).await,
            Self::Explain { sentence, .. } => {
                let plan = compile(&sentence.join(" "), &desk.context, &desk.terminal)?;
                let estimate = desk.session.estimate(&plan, &desk.context.clock).await?;
                explain::estimate(&estimate, desk.output.format(), &mut desk.out.clone())?;
                Ok(Exit::Done)
            }
            Self::Fields { .. } => Ok(Exit::Done),
        }
    }
}

/// What was put back stands in the report; how the command ends is the interruption.
#[cfg(feature = "local")]
fn said_and_interrupted(error: Error) -> Error {
    match error {
        Error::Failed { message, .. } => {
            console::say(&message);
            Error::Interrupted
        }
        error => error,
    }
}

/// What is at hand to answer with: an open account, and how its user wants to be spoken to.
#[cfg(feature = "local")]
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) session: Arc<Session>,
    pub(crate) context: Context,
    pub(crate) output: Output,
    pub(crate) asking: Asking,
    pub(crate) terminal: Terminal,
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) out: Out,
    /// Bytes of a query above which a person is asked before it is run.
    pub(crate) ask_above_bytes: f64,
    /// Whether tables that do not fit have a line a column.
    pub(crate) vertical: bool,
    /// Where rows are kept beside being printed, up to [`KEPT_ROWS`].
    pub(crate) kept: Option<Arc<Mutex<Rows>>>,
}

/// Rows that are kept of an answer.
#[cfg(feature = "local")]
pub(crate) const KEPT_ROWS: usize = 100_000;

/// Compiles a sentence; what is wrong is drawn.
pub(crate) fn compile(text: &str, context: &Context, terminal: &Terminal) -> Result<query::Plan, Error> {
    query::compile(text, context)
        .map_err(|error| Error::Query { drawn: error.render("query", text, terminal.colour_err()) })
}
