//! The scripts that make the system's shells ask the program for completions.

use std::io::Write;

use clap_complete::Shell;
use clap_complete::env::Shells;

use crate::command::{Error, Exit, Out};

/// zsh reads a file of its completions folder at the first Tab; without these lines that Tab would be lost.
const ZSH_FIRST_TAB: &str = "
if [[ $funcstack[1] = _flowlogs ]]; then
    _clap_dynamic_completer_flowlogs \"$@\"
fi
";

/// Prints the completion script of a shell.
pub(super) fn print(shell: Shell, out: &mut Out) -> Result<Exit, Error> {
    let mut text = Vec::new();
    let shells = Shells::builtins();
    let Some(completer) = shells.completer(&shell.to_string()) else {
        return Err(Error::Failed { message: format!("there are no completions for {shell}"), help: None });
    };
    completer.write_registration("COMPLETE", "flowlogs", "flowlogs", "flowlogs", &mut text)?;
    if shell == Shell::Zsh {
        text.extend_from_slice(ZSH_FIRST_TAB.as_bytes());
    }
    out.write_all(&text)?;
    Ok(Exit::Done)
}
