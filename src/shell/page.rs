//! Shows long and wide answers in a pager.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::output::width;

/// The use of a pager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pager {
    /// For answers that do not fit the terminal.
    Auto,
    /// For every answer.
    On,
    /// For no answer: rows that are too wide are printed with a line for each column.
    Off,
}

impl Pager {
    /// The pager: `$PAGER`, or `less`; `None` if answers are not paged, or if there is no such program.
    pub(super) fn program(self) -> Option<String> {
        let wanted = std::env::var("PAGER").ok().filter(|program| !program.trim().is_empty());
        // -R keeps colours, -S keeps a row on its line, -F and -X leave short answers on the screen.
        let program = wanted.unwrap_or_else(|| "less -RSFX".into());
        (self != Self::Off && is_there(&program)).then_some(program)
    }
}

/// Returns whether the program of a shell command exists.
fn is_there(command: &str) -> bool {
    let Some(program) = command.split_whitespace().find(|word| !word.contains('=')) else { return false };
    // The default of shells without the variable.
    let folders = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    // A path with a folder is used as it is; `join` returns an absolute one unchanged.
    let is_program = |path: &Path| path.is_file() || path.with_extension(std::env::consts::EXE_EXTENSION).is_file();
    std::env::split_paths(&folders).any(|folder| is_program(&folder.join(program))) || is_program(Path::new(program))
}

/// The number of lines around an answer: its window, its closing line, and the prompt.
const AROUND: u16 = 3;

/// Shows printed text, in a pager if it does not fit.
pub(super) fn show(text: &[u8], pager: Pager) -> io::Result<()> {
    let fits = || {
        terminal_size::terminal_size()
            .is_none_or(|(width, height)| fits(text, width.0, height.0.saturating_sub(AROUND)))
    };
    let Some(program) = pager.program().filter(|_| !text.is_empty() && (pager == Pager::On || !fits())) else {
        return io::stdout().write_all(text);
    };
    let [shell, option] = if cfg!(windows) { ["cmd", "/C"] } else { ["sh", "-c"] };
    let child = Command::new(shell).args([option, &program]).stdin(Stdio::piped()).spawn();
    let Ok(mut child) = child else { return io::stdout().write_all(text) };
    if let Some(mut input) = child.stdin.take() {
        // A user who quits the pager early has seen enough.
        let _ = input.write_all(text);
    }
    let status = child.wait()?;
    // A shell exits with 127 if there is no such program.
    if status.code() == Some(127) { io::stdout().write_all(text) } else { Ok(()) }
}

/// Returns whether a text fits this many columns and lines.
fn fits(text: &[u8], columns: u16, lines: u16) -> bool {
    let text = String::from_utf8_lossy(text);
    text.lines().count() <= usize::from(lines) && text.lines().all(|line| visible(line) <= usize::from(columns))
}

/// Returns the number of terminal cells of a line, without escape sequences.
fn visible(line: &str) -> usize {
    let mut text = String::new();
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            text.push(letter);
        }
    }
    width(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_take_no_place() {
        assert_eq!(visible("\u{1b}[31mREJECT\u{1b}[0m 1"), 8);
        assert_eq!(visible("\u{1b}[1m東京\u{1b}[0m e\u{301}"), 6);
        assert!(fits(b"12345\n1\n", 5, 2) && !fits(b"123456\n", 5, 2) && !fits(b"1\n2\n3\n", 5, 2));
    }
}
