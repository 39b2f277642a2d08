//! Output to the terminal beside data: colours, notes, errors, the closing line.
//!
//! Everything that is printed here is escaped, as names, values and errors in it come from outside.

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
    /// Looks at the streams and the environment.
    pub(crate) fn new(color: Color, is_quiet: bool) -> Self {
        // https://no-color.org: set and not empty. A terminal that calls itself dumb knows no colours.
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

    /// The same, without the lines around an answer.
    pub(crate) const fn without_asides(self) -> Self {
        Self { is_quiet: true, ..self }
    }

    /// Whether notes are shown.
    pub(crate) const fn shows_notes(&self) -> bool {
        !self.is_quiet
    }

    /// Whether progress can be drawn.
    pub(crate) const fn shows_progress(&self) -> bool {
        self.has_err && !self.is_quiet
    }

    /// The columns of the terminal that data goes to, if it goes to one.
    pub(crate) fn width() -> Option<usize> {
        if !io::stdout().is_terminal() {
            return None;
        }
        let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(columns)).filter(|columns| *columns > 0)
    }

    /// Says something that a person should know, on a line.
    pub(crate) fn note(&self, text: &str) {
        self.mark("note:", &escape::text(text));
    }

    /// Says what a script has to say, which may have several lines.
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

    /// Says the first few of things that may be thousands, and how many more there are.
    ///
    /// `rest` ends the sentence `and 12 more`.
    pub(crate) fn notes<T>(&self, all: &[T], say: impl Fn(&T) -> String, rest: &str) {
        for one in all.iter().take(NAMED) {
            self.note(&say(one));
        }
        if let Some(more @ 1..) = all.len().checked_sub(NAMED) {
            self.note(&format!("and {} more {rest}", HumanCount(more as u64)));
        }
    }

    /// Says the first few of failures that may be thousands, and how many more there are.
    ///
    /// `rest` ends the sentence `and 12 more`.
    pub(crate) fn errors(&self, all: &[String], rest: &str) {
        for one in all.iter().take(NAMED) {
            self.error(one, None);
        }
        if let Some(more @ 1..) = all.len().checked_sub(NAMED) {
            self.error(&format!("and {} more {rest}", HumanCount(more as u64)), None);
        }
    }

    /// A line of its own, dimmed where there are colours.
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

    /// Says what went wrong, and what to do about it.
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

    /// Says the numbers of a run as JSON, exact where no terminal shows them.
    pub(crate) fn stats(&self, document: &str) {
        write_line(&if self.has_err { escape::json(document) } else { document.into() });
    }
}

/// Notes of a kind that are said; the others are counted.
const NAMED: usize = 5;

/// Says a line on standard error.
pub(crate) fn say(text: &str) {
    write_line(&escape::text(text));
}

/// Says what was drawn, in colours or without.
pub(crate) fn say_drawn(drawn: &str) {
    let _ = write!(io::stderr(), "{}", escape::coloured(drawn));
}

/// Writes a line to standard error; that it is closed is nobody's failure.
fn write_line(escaped: &str) {
    let _ = writeln!(io::stderr(), "{escaped}");
}

/// A line on standard output.
pub(crate) fn line(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// The zone's name, or its offset now where it has none.
pub(crate) fn zone_name(clock: &Clock) -> String {
    clock.zone.iana_name().map_or_else(
        || {
            let offset = jiff::Timestamp::from_second(clock.now).map(|now| clock.zone.to_offset(now));
            offset.map_or_else(|_| "local time".into(), |offset| offset.to_string())
        },
        ToString::to_string,
    )
}
