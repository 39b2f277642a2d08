//! The command line: turns arguments into calls, and errors into exit codes.

#![cfg_attr(not(feature = "local"), allow(dead_code, reason = "what only runs need"))]

mod args;
#[cfg(feature = "local")]
mod complete;
mod completions;
#[cfg(feature = "local")]
mod demo;
mod flags;
mod manual;
#[cfg(feature = "aws")]
mod policy;
#[cfg(feature = "local")]
mod run;
mod version;

use std::process::ExitCode;

use clap::builder::StyledStr;
use jiff::tz::TimeZone;

use crate::command::manual::Page;
#[cfg(not(feature = "local"))]
use crate::command::manual::pages;
use crate::command::{Error, Exit, Out, Terminal, config, console, settings};
use crate::escape;
use crate::query::Context;
use crate::query::clock::Clock;
use args::{Args, Command};

/// The stack of the thread that runs the program: scripts recurse deeply, and the system's default may be small.
const STACK_BYTES: usize = 64 << 20;

/// Runs the program with the process's arguments.
///
/// # Panics
///
/// If the system cannot create a thread.
#[must_use]
pub fn main() -> ExitCode {
    // Completion removes its variable from the environment, which is safe only before there are threads.
    #[cfg(feature = "local")]
    let program = complete::command;
    #[cfg(not(feature = "local"))]
    let program = <Args as clap::CommandFactory>::command;
    clap_complete::CompleteEnv::with_factory(program).complete();
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run_args);
    thread.expect("a process can have a second thread").join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn run_args() -> ExitCode {
    let args = match args::read() {
        Ok(args) => args,
        Err(error) => {
            if error.use_stderr() {
                // The message quotes the arguments.
                let given: Vec<_> = std::env::args_os().collect();
                let drawn = escape::coloured(&error.render().ansi().to_string()).into_owned();
                let has_colour = Terminal::new(args::color(&given), false).colour_err();
                // The remaining escape sequences are the library's own; its text without colours has none.
                console::say_drawn(&if has_colour { drawn } else { StyledStr::from(drawn).to_string() });
                return ExitCode::from(2);
            }
            // A closed pipe after `--help` is not an error.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
    };
    let terminal = Terminal::new(args.color, args.quiet);
    args::start_log(args.log_level, terminal.colour_err());
    match dispatch(args, &terminal) {
        Ok(exit) => exit.into(),
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => error.report(&terminal),
    }
}

fn dispatch(mut args: Args, terminal: &Terminal) -> Result<Exit, Error> {
    let zone = match (args.utc, args.tz.take()) {
        (true, Some(_)) => {
            let message = "`--utc` and `--tz` do not go together".into();
            return Err(Error::Usage { message, help: Some("`--tz UTC` is `--utc`".into()) });
        }
        (true, None) => TimeZone::UTC,
        (false, zone) => zone.unwrap_or_else(TimeZone::system),
    };
    let config = config::read(args.config.as_deref())?;
    let parameters = args::parameters(&args.param)?;
    let context = Context { clock: Clock::system(zone), parameters, named: config.named };
    args.output.columns.get_or_insert(config.columns);
    #[cfg(feature = "local")]
    args.place.configure(config.aws, config.create, config.geo);
    let command = args.command.take();
    if command.is_some() && !args.lines.is_empty() {
        let message = "`-e` and a command do not go together".into();
        return Err(Error::Usage { message, help: Some("`-e 'SENTENCE'` is a query by itself".into()) });
    }
    match command {
        Some(Command::Version) => {
            console::line(&format!("flowlogs {}", version::long()))?;
            Ok(Exit::Done)
        }
        Some(Command::Shared(command)) => {
            match command.run_alone(&context, &args.output, terminal, &mut Out::default())? {
                None => Ok(Exit::Done),
                #[cfg(feature = "local")]
                Some(command) => run::command(&command, &args, context, *terminal),
                #[cfg(not(feature = "local"))]
                Some(_) => Err(nothing_to_run()),
            }
        }
        Some(Command::Config) => {
            settings::print(args.config.as_deref(), &args.output, &mut Out::default())?;
            Ok(Exit::Done)
        }
        Some(Command::Saved) => {
            settings::saved(&context.named, &args.output, &mut Out::default())?;
            Ok(Exit::Done)
        }
        Some(Command::Completions { shell }) => completions::print(shell, &mut Out::default()),
        Some(Command::Help { about }) => match (manual::help(about.as_deref()), about) {
            (Some(text), _) => {
                Out::default().print(&text)?;
                Ok(Exit::Done)
            }
            (None, about) => {
                let about = about.unwrap_or_default();
                #[cfg(feature = "local")]
                return run::manual(&mut args, context, *terminal, |shell| shell.help(&about));
                #[cfg(not(feature = "local"))]
                manual::print_about(&about)
            }
        },
        Some(Command::Man { page, dir }) => {
            let print = |pages: &[Page]| match &dir {
                Some(dir) => manual::write_all(dir, pages),
                None => manual::print(page.as_deref(), pages, &mut Out::default()),
            };
            #[cfg(feature = "local")]
            return run::manual(&mut args, context, *terminal, |shell| print(&shell.pages()));
            #[cfg(not(feature = "local"))]
            print(&pages())
        }
        #[cfg(feature = "aws")]
        Some(Command::Policy(policy)) => policy.print(),
        Some(Command::Query(flags)) => {
            let plan = flags.plan(&context, terminal)?;
            #[cfg(feature = "local")]
            return run::plan(&plan, flags.pretty, &args, context, *terminal);
            #[cfg(not(feature = "local"))]
            drop(plan);
            #[cfg(not(feature = "local"))]
            Err(nothing_to_run())
        }
        #[cfg(feature = "local")]
        Some(Command::Run(script)) => run::script(&script.file, script.args, &args, context, *terminal),
        #[cfg(feature = "local")]
        Some(Command::File(words)) => run::file(words, &args, context, *terminal),
        #[cfg(feature = "local")]
        Some(Command::Demo { dir, lines, script }) => {
            args.place = demo::place(dir, &args.place, context.clock.now)?;
            args.lines = lines;
            match script.split_first() {
                Some((file, rest)) => run::script(file.as_ref(), rest.to_vec(), &args, context, *terminal),
                None => run::lines(&args, context, *terminal),
            }
        }
        #[cfg(feature = "local")]
        None => run::lines(&args, context, *terminal),
        #[cfg(not(feature = "local"))]
        None => Err(nothing_to_run()),
    }
}

/// Without the feature `local`, sentences can be explained, but not run.
#[cfg(not(feature = "local"))]
fn nothing_to_run() -> Error {
    Error::Usage {
        message: "this flowlogs was built without the feature `local`: it reads no files".into(),
        help: Some("`flowlogs explain` works without".into()),
    }
}
