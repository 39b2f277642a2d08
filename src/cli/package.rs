//! Files for packages of the program: completions for shells, and pages of the manual.

use std::io::Write;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_complete::env::Shells;

use super::args::{Args, instead_of};
use crate::command::{Error, Exit, Out};

/// Prints the lines by which a shell asks the program for completions.
pub(super) fn completions(shell: Shell, out: &mut Out) -> Result<Exit, Error> {
    let mut text = Vec::new();
    let shells = Shells::builtins();
    let Some(completer) = shells.completer(&shell.to_string()) else {
        return Err(Error::Failed { message: format!("there are no completions for {shell}"), help: None });
    };
    completer.write_registration("COMPLETE", "flowlogs", "flowlogs", "flowlogs", &mut text)?;
    out.write_all(&text)?;
    Ok(Exit::Done)
}

/// Prints the page of the program, or of one of its commands, for `man -l -`.
pub(super) fn man(command: Option<&str>, out: &mut Out) -> Result<Exit, Error> {
    let mut program = Args::command();
    program.build();
    let page = match command {
        None => program,
        Some(name) => of_command(&program, name)?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    out.write_all(&text)?;
    Ok(Exit::Done)
}

fn of_command(program: &Command, name: &str) -> Result<Command, Error> {
    let unknown = || Error::Usage { message: format!("there is no command `{name}`"), help: Some(instead_of(name)) };
    program.find_subcommand(name).cloned().ok_or_else(unknown)
}
