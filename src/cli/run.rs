//! Runs commands on an account or on files, which are opened once; stops on Ctrl-C and SIGTERM.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Runtime;

use super::args::{Args, instead_of};
use crate::command::answer::answer;
use crate::command::{Command, Desk, Error, Exit, Out, Terminal};
use crate::query::{Context, Plan};
use crate::script::Rules;
use crate::session::Interrupt;
use crate::shell::{self, Shell};

/// Runs a plan.
pub(super) fn plan(
    plan: &Plan,
    pretty: bool,
    args: &Args,
    context: Context,
    terminal: Terminal,
) -> Result<Exit, Error> {
    with_desk(args, context, terminal, |runtime, desk| runtime.block_on(answer(plan, pretty, &desk)))
}

/// Runs a command of an account.
pub(super) fn command(command: &Command, args: &Args, context: Context, terminal: Terminal) -> Result<Exit, Error> {
    with_desk(args, context, terminal, |runtime, desk| runtime.block_on(command.run(&desk)))
}

/// Runs a script.
pub(super) fn script(
    file: &Path,
    script_args: Vec<String>,
    args: &Args,
    context: Context,
    terminal: Terminal,
) -> Result<Exit, Error> {
    with_shell(args, context, terminal, |shell| shell.run_script(file, script_args))
}

/// Runs a script file that was given instead of a command.
pub(super) fn file(mut words: Vec<String>, args: &Args, context: Context, terminal: Terminal) -> Result<Exit, Error> {
    let file = PathBuf::from(words.remove(0));
    if !file.is_file() {
        let word = file.display().to_string();
        let help = Some(instead_of(&word));
        return Err(Error::Usage { message: format!("`{word}` is neither a command nor a script"), help });
    }
    script(&file, words, args, context, terminal)
}

/// Runs the lines of `-e`; without any, opens the shell.
pub(super) fn lines(args: &Args, context: Context, terminal: Terminal) -> Result<Exit, Error> {
    with_shell(args, context, terminal, |shell| {
        if !args.lines.is_empty() {
            return shell.run_lines(&args.lines);
        }
        if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
            return shell.run_terminal();
        }
        shell.run_text(std::io::stdin().lock())
    })
}

/// Runs `work` with the manual of the shell and of scripts, without opening an account or files.
pub(super) fn manual(
    args: &mut Args,
    context: Context,
    terminal: Terminal,
    work: impl FnOnce(&mut Shell) -> Result<Exit, Error>,
) -> Result<Exit, Error> {
    args.place.is_nowhere = true;
    with_shell(args, context, terminal, work)
}

fn with_shell(
    args: &Args,
    context: Context,
    terminal: Terminal,
    work: impl FnOnce(&mut Shell) -> Result<Exit, Error>,
) -> Result<Exit, Error> {
    let rules = Rules {
        read_only: args.allowed.read_only,
        dry_run: args.asking.dry_run,
        yes: args.asking.yes,
        allow_env: args.allowed.allow_env.clone(),
        allow_net: args.allowed.allow_net.clone(),
        read_dir: args.allowed.read_dir.clone(),
        write_dir: args.allowed.write_dir.clone(),
    };
    with_desk(args, context, terminal, |runtime, desk| {
        work(&mut shell::open(desk, args.place.clone(), runtime.handle().clone(), rules, args.config.clone()))
    })
}

/// Opens the account or files, and runs `work` with them.
fn with_desk(
    args: &Args,
    context: Context,
    terminal: Terminal,
    work: impl FnOnce(&Runtime, Desk) -> Result<Exit, Error>,
) -> Result<Exit, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let interrupt = Interrupt::listen(runtime.handle())?;
    let desk = Desk {
        session: Arc::new(args.place.open(terminal)?),
        context,
        output: args.output.clone(),
        asking: args.asking,
        terminal,
        interrupt: Arc::clone(&interrupt),
        out: Out::default(),
        ask_above_usd: args.place.ask_above_usd(),
        vertical: false,
        kept: None,
    };
    let session = Arc::clone(&desk.session);
    let outcome = work(&runtime, desk);
    // Does not wait for threads that still read a file.
    runtime.shutdown_background();
    match outcome {
        Err(Error::Interrupted) if interrupt.is_terminated() => Err(Error::Terminated),
        // The failure was reported when it occurred.
        Ok(Exit::Done | Exit::HasRows) if session.is_partial() => Ok(Exit::Code(1)),
        outcome => outcome,
    }
}
