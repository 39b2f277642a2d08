//! The command line: arguments to calls, errors to text and exit codes.
//!
//! With the shell, the only room that prints or picks an exit code. Data goes to standard output,
//! everything else to standard error.

#![cfg_attr(not(feature = "local"), allow(dead_code, reason = "what only runs need"))]

mod args;
mod config;
#[cfg(feature = "local")]
mod demo;
mod explain;
mod fields;
mod flags;
#[cfg(feature = "local")]
mod lifecycle;
#[cfg(feature = "aws")]
mod policy;
mod print;
#[cfg(feature = "local")]
mod run;
#[cfg(not(feature = "local"))]
#[path = "cli/run_nothing.rs"]
mod run;

use std::io;
use std::process::ExitCode;

use clap::Parser;
use jiff::tz::TimeZone;

use crate::query::window::Clock;
use crate::query::{self, Context};
use args::{Args, Command};
use print::Terminal;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Done,
    /// The answer was cut and `--fail-on-truncate` asks to say so.
    Truncated,
    /// Ctrl-C.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Truncated => Self::from(3),
            Exit::Interrupted => Self::from(130),
        }
    }
}

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
enum Error {
    /// A sentence or an expression has no plan; drawn under its text.
    #[error("{drawn}")]
    Query { drawn: String },
    /// Arguments that do not fit each other.
    #[error("{message}")]
    Usage { message: String, help: Option<String> },
    /// A run failed.
    #[error("{message}")]
    Failed { message: String, help: Option<String> },
    /// Writing failed; a closed pipe is one of these.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

impl Error {
    fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Runs the program with the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // A closed pipe behind `--help` is no failure.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    args::start_log(args.log_level);
    let terminal = Terminal::new(args.color, args.quiet);
    match dispatch(args, &terminal) {
        Ok(exit) => exit.into(),
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => report(&error, &terminal),
    }
}

fn dispatch(args: Args, terminal: &Terminal) -> Result<Exit, Error> {
    let zone = if args.utc { TimeZone::UTC } else { TimeZone::system() };
    let config = config::read(args.config.as_deref())?;
    let context =
        Context { clock: Clock::system(zone), parameters: args::parameters(&args.param)?, saved: config.filters };
    let Args { sentences, command, place, output, .. } = args;
    match command {
        None if sentences.is_empty() => {
            let help = "ask with `flowlogs --local PATH -e 'where reject | top 10 src.addr'`; `flowlogs --help` lists the rest";
            Err(Error::Usage { message: "nothing to do".into(), help: Some(help.into()) })
        }
        None => {
            let plans = compile_all(&sentences, &context, terminal)?;
            run::run(&plans, false, &place, &output, &context, terminal)
        }
        Some(_) if !sentences.is_empty() => {
            let message = "`-e` and a command do not go together".into();
            Err(Error::Usage { message, help: Some("`-e 'SENTENCE'` is a query by itself".into()) })
        }
        Some(Command::Query(flags)) => {
            let plan = flags.plan(&context, terminal)?;
            run::run(&[plan], flags.pretty, &place, &output, &context, terminal)
        }
        #[cfg(feature = "local")]
        Some(Command::Demo { dir, sentences }) => {
            let plans = compile_all(&sentences, &context, terminal)?;
            demo::demo(dir, &plans, place, &output, &context, terminal)
        }
        #[cfg(feature = "local")]
        Some(Command::Create(create)) => {
            run::with_session(&place, &context, terminal, async |session| create.run(session, &output).await)
        }
        #[cfg(feature = "local")]
        Some(Command::List(list)) => run::with_session(&place, &context, terminal, async |session| {
            list.run(session, &output, &context, terminal).await
        }),
        #[cfg(feature = "local")]
        Some(Command::Delete(delete)) => {
            run::with_session(&place, &context, terminal, async |session| delete.run(session, &output).await)
        }
        #[cfg(feature = "local")]
        Some(Command::Doctor(doctor)) => {
            run::with_session(&place, &context, terminal, async |session| doctor.run(session, &output).await)
        }
        #[cfg(feature = "local")]
        Some(Command::Inventory) => run::with_session(&place, &context, terminal, lifecycle::inventory),
        #[cfg(feature = "aws")]
        Some(Command::Policy { command }) => policy::print(command),
        Some(Command::Explain { sentence }) => {
            let plan = compile(&sentence, &context, terminal)?;
            explain::explain(&plan, &context, output.format())?;
            Ok(Exit::Done)
        }
        Some(Command::Fields { name }) => {
            fields::fields(name.as_deref(), &output)?;
            Ok(Exit::Done)
        }
        Some(Command::Version) => {
            print::line(&format!("flowlogs {}", env!("CARGO_PKG_VERSION")))?;
            Ok(Exit::Done)
        }
    }
}

fn compile_all(texts: &[String], context: &Context, terminal: &Terminal) -> Result<Vec<query::Plan>, Error> {
    texts.iter().map(|text| compile(text, context, terminal)).collect()
}

fn compile(text: &str, context: &Context, terminal: &Terminal) -> Result<query::Plan, Error> {
    query::compile(text, context)
        .map_err(|error| Error::Query { drawn: error.render("query", text, terminal.colour_err()) })
}

fn report(error: &Error, terminal: &Terminal) -> ExitCode {
    match error {
        Error::Query { drawn } => eprint!("{drawn}"),
        Error::Usage { message, help } | Error::Failed { message, help } => terminal.error(message, help.as_deref()),
        Error::Write(_) => terminal.error(&error.to_string(), None),
    }
    ExitCode::from(if matches!(error, Error::Usage { .. } | Error::Query { .. }) { 2 } else { 1 })
}
