//! Completions for shells.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Args;
use crate::command::{Error, Exit, Out};

/// Prints what a shell completes by.
pub(super) fn print(shell: Shell, out: &mut Out) -> Result<Exit, Error> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "flowlogs", &mut text);
    out.write_all(&text)?;
    Ok(Exit::Done)
}
