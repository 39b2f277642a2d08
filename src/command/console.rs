//! Output to the terminal other than data: colours, notes, errors, the closing line.
//!
//! Everything that is printed here is escaped, because it has names, values and errors from outside.

use std::io::{self, IsTerminal, Write};

use indicatif::HumanCount;
use owo_colors::OwoColorize;

use super::option::Color;
use crate::escape;
use crate::query::clock::Clock;

/// The properties of the terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    colour_out: bool,
    colour_err: bool,
    is_quiet: bool,
    has_err: bool,
}

impl Terminal {
    /// Determines the properties from the streams and the environment.
    pub(crate) fn new(color: Color, is_quiet: bool) -> Self {
        // https://no-color.org: set and not empty. A `dumb` terminal has no colours.
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let colour = |is_terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !no_color,
        };
        let has_err = io::stderr().is_terminal();
        Self { colour_out: colour(io::stdout().is_terminal()), colour_err: colour(has_err), is_quiet, has_err }
    }

    pub(crate) const fn colour_out(&self) -> bool {
        self.colour_out
    }

    pub(crate) const fn colour_err(&self) -> bool {
        self.colour_err
    }

    /// The same terminal, without the lines around an answer.
    pub(crate) const fn without_asides(self) -> Self {
        Self { is_quiet: true, ..self }
    }

    /// Returns whether notes are shown.
    pub(crate) const fn shows_notes(&self) -> bool {
        !self.is_quiet
    }

    /// Returns whether progress can be drawn.
    pub(crate) const fn shows_progress(&self) -> bool {
        self.has_err && !self.is_quiet
    }

    /// The width of the terminal, in columns; `None` if standard output is no terminal.
    pub(crate) fn width() -> Option<usize> {
        if !io::stdout().is_terminal() {
            return None;
        }
        let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(columns)).filter(|columns| *columns > 0)
    }

    /// Prints a note for the user, on one line.
    pub(crate) fn note(&self, text: &str) {
        self.mark("note:", &escape::text(text));
    }

    /// Prints a note of a script, which may have several lines.
    pub(crate) fn note_lines(&self, text: &str) {
        self.mark("note:", &escape::lines(text));
    }

    fn mark(&self, mark: &str, escaped: &str) {
        if self.is_quiet {
            return;
        }
        if self.colour_err {
            write_line(&format!("{} {escaped}", mark.cyan().bold()));
        } else {
            write_line(&format!("{mark} {escaped}"));
        }
    }

    /// Prints notes about the first few items, and the number of the others.
    ///
    /// `rest` ends the text `and 12 more`.
    pub(crate) fn notes<T>(&self, all: &[T], say: impl Fn(&T) -> String, rest: &str) {
        for one in all.iter().take(NAMED) {
            self.note(&say(one));
        }
        if let Some(more @ 1..) = all.len().checked_sub(NAMED) {
            self.note(&format!("and {} more {rest}", HumanCount(more as u64)));
        }
    }

    /// Prints the first few failures, and the number of the others.
    ///
    /// `rest` ends the text `and 12 more`.
    pub(crate) fn errors(&self, all: &[String], rest: &str) {
        for one in all.iter().take(NAMED) {
            self.error(one, None);
        }
        if let Some(more @ 1..) = all.len().checked_sub(NAMED) {
            self.error(&format!("and {} more {rest}", HumanCount(more as u64)), None);
        }
    }

    /// Prints a separate line, dimmed if there are colours.
    pub(crate) fn aside(&self, text: &str) {
        if !self.is_quiet {
            let text = escape::text(text);
            if self.colour_err {
                write_line(&text.dimmed().to_string());
            } else {
                write_line(&text);
            }
        }
    }

    /// Prints an error, and its help.
    pub(crate) fn error(&self, message: &str, help: Option<&str>) {
        let message = escape::text(message);
        if self.colour_err {
            write_line(&format!("{} {message}", "error:".red().bold()));
        } else {
            write_line(&format!("error: {message}"));
        }
        if let Some(help) = help {
            write_line(&format!("  = help: {}", escape::text(help)));
        }
    }

    /// Prints the statistics of a run as JSON; escaped only if a terminal shows them.
    pub(crate) fn stats(&self, document: &str) {
        write_line(&if self.has_err { escape::json(document) } else { document.into() });
    }
}

/// The most notes or errors of one kind that are printed; the others are counted.
const NAMED: usize = 5;

/// Prints a line on standard error.
pub(crate) fn say(text: &str) {
    write_line(&escape::text(text));
}

/// Prints a drawn text on standard error, with or without colours.
pub(crate) fn say_drawn(drawn: &str) {
    let _ = write!(io::stderr(), "{}", escape::coloured(drawn));
}

/// Writes a line to standard error; ignores a closed one.
fn write_line(escaped: &str) {
    let _ = writeln!(io::stderr(), "{escaped}");
}

/// Writes a line to standard output.
pub(crate) fn line(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// The zone's name, or its current offset if it has none.
pub(crate) fn zone_name(clock: &Clock) -> String {
    clock.zone.iana_name().map_or_else(
        || {
            let offset = jiff::Timestamp::from_second(clock.now).map(|now| clock.zone.to_offset(now));
            offset.map_or_else(|_| "local time".into(), |offset| offset.to_string())
        },
        ToString::to_string,
    )
}
