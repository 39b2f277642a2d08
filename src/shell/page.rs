//! Long and wide answers, through a pager.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::output::width;

/// When answers are paged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pager {
    /// Answers that do not fit the terminal.
    Auto,
    /// Everything.
    On,
    /// Nothing: rows that are too wide have a line a column instead.
    Off,
}

impl Pager {
    /// The program that answers go through: `$PAGER`, or less; `None` where they are not paged, or there is no such program.
    pub(super) fn program(self) -> Option<String> {
        let wanted = std::env::var("PAGER").ok().filter(|program| !program.trim().is_empty());
        // -R keeps colours, -S keeps a row on its line, -F and -X leave short answers on the screen.
        let program = wanted.unwrap_or_else(|| "less -RSFX".into());
        (self != Self::Off && is_there(&program)).then_some(program)
    }
}

/// Whether the program of a shell's command is there.
fn is_there(command: &str) -> bool {
    let Some(program) = command.split_whitespace().find(|word| !word.contains('=')) else { return false };
    // Where a shell looks without it.
    let folders = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    // A name with a folder in it stands by itself, which `join` minds.
    let is_program = |path: &Path| path.is_file() || path.with_extension(std::env::consts::EXE_EXTENSION).is_file();
    std::env::split_paths(&folders).any(|folder| is_program(&folder.join(program))) || is_program(Path::new(program))
}

/// Lines around an answer: its window, its closing line, and the prompt.
const AROUND: u16 = 3;

/// Shows what was printed, through a program where it does not fit.
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
        // A reader who leaves the pager early has seen enough.
        let _ = input.write_all(text);
    }
    let status = child.wait()?;
    // A shell says 127 where there is no such program.
    if status.code() == Some(127) { io::stdout().write_all(text) } else { Ok(()) }
}

/// Whether a text fits so many columns and lines.
fn fits(text: &[u8], columns: u16, lines: u16) -> bool {
    let text = String::from_utf8_lossy(text);
    text.lines().count() <= usize::from(lines) && text.lines().all(|line| visible(line) <= usize::from(columns))
}

/// Returns the cells that a line takes, which the sequences that colour it do not.
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
