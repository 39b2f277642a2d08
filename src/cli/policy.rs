//! `policy`: what an administrator has to allow.

use crate::account::aws::policy::{self, Command};
use crate::command::{Error, Exit, console};

/// Prints the least policy of a command, or of all together.
pub(super) fn print(command: Option<Command>) -> Result<Exit, Error> {
    console::line(&format!("{:#}", policy::document(command)))?;
    Ok(Exit::Done)
}

pub(super) fn parse_command(text: &str) -> Result<Command, String> {
    Command::named(text).ok_or_else(|| format!("expected one of {}", Command::ALL.map(Command::name).join(", ")))
}
