//! `help` and `man`: the pages of the commands, which clap writes, and those of `command::manual`.

use std::fs;
use std::io::Write;
use std::path::Path;

use clap::{Command, CommandFactory};

use super::args::{Args, instead_of};
#[cfg(not(feature = "local"))]
use crate::command::manual;
use crate::command::manual::Page;
use crate::command::{Error, Exit, Out};

/// The page of the program or of a command, built with all that its pages need.
fn command(name: Option<&str>) -> Option<Command> {
    let mut program = Args::command();
    program.build();
    match name {
        None => Some(program),
        Some(name) => program.find_subcommand(name).cloned(),
    }
}

/// Returns the help about the program or a command; nothing where the name is none of a command.
pub(super) fn help(name: Option<&str>) -> Option<String> {
    Some(command(name)?.render_long_help().to_string())
}

/// Prints what the manual of the language says of something.
#[cfg(not(feature = "local"))]
pub(super) fn print_about(name: &str) -> Result<Exit, Error> {
    let text = manual::about(name, &manual::pages()).ok_or_else(|| unknown(name))?;
    Out::default().print(&text)?;
    Ok(Exit::Done)
}

/// Prints a page for `man -l -`.
pub(super) fn print(name: Option<&str>, pages: &[Page], out: &mut Out) -> Result<Exit, Error> {
    let page = match name.and_then(|name| pages.iter().find(|page| page.name == name)) {
        Some(page) => page.roff().into_bytes(),
        None => match command(name) {
            Some(command) => roff(command)?,
            None => return Err(unknown(name.unwrap_or_default())),
        },
    };
    out.write_all(&page)?;
    Ok(Exit::Done)
}

/// Writes every page into the folders `man1` and `man7` below `folder`.
pub(super) fn write_all(folder: &Path, pages: &[Page]) -> Result<Exit, Error> {
    let [commands, topics] = ["man1", "man7"].map(|section| folder.join(section));
    fs::create_dir_all(&commands)?;
    fs::create_dir_all(&topics)?;
    let program = command(None).unwrap_or_default();
    fs::write(commands.join("flowlogs.1"), roff(program.clone())?)?;
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        let file = format!("flowlogs-{}.1", command.get_name());
        fs::write(commands.join(file), roff(command.clone())?)?;
    }
    for page in pages {
        fs::write(topics.join(format!("flowlogs-{}.7", page.name)), page.roff())?;
    }
    Ok(Exit::Done)
}

fn roff(command: Command) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text)?;
    Ok(text)
}

/// There is no such page.
fn unknown(name: &str) -> Error {
    Error::Usage { message: format!("there is no page `{name}`"), help: Some(instead_of(name)) }
}
