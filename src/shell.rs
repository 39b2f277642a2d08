//! The `flowlogs>` shell: sentences, commands, dot-commands and Rhai, a line at a time.
//!
//! A line's first word determines its kind ([`mod@line`]). Lines of `-e` and standard input run the same way.

mod complete;
mod dot;
mod folder;
mod helper;
mod highlight;
mod hint;
mod history;
mod known;
mod line;
mod lines;
mod manual;
mod offer;
mod page;
mod terminal;

use std::path::PathBuf;

use tokio::runtime::Handle;

use crate::command::{Desk, Place};
use crate::script::Rules;

pub(crate) use lines::Shell;
pub(crate) use offer::offered;

/// Opens a shell.
pub(crate) fn open(desk: Desk, place: Place, runtime: Handle, rules: Rules, config: Option<PathBuf>) -> Shell {
    Shell::new(desk, place, runtime, rules, config, dot::run)
}
