//! What goes to the terminal beside data: colours, notes, errors, the closing line.

use std::io::{self, IsTerminal, Write};

use owo_colors::OwoColorize;

use super::Color;
use crate::query::window::Clock;

/// What is known of the terminal.
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
        // https://no-color.org: set and not empty.
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
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

    /// Something a person should know.
    pub(crate) fn note(&self, text: &str) {
        if !self.is_quiet {
            if self.colour_err {
                say(&format!("{} {text}", "note:".cyan().bold()));
            } else {
                say(&format!("note: {text}"));
            }
        }
    }

    /// A line of its own, dimmed where there are colours.
    pub(crate) fn aside(&self, text: &str) {
        if !self.is_quiet {
            if self.colour_err {
                say(&text.dimmed().to_string());
            } else {
                say(text);
            }
        }
    }

    pub(crate) fn error(&self, message: &str, help: Option<&str>) {
        if self.colour_err {
            say(&format!("{} {message}", "error:".red().bold()));
        } else {
            say(&format!("error: {message}"));
        }
        if let Some(help) = help {
            say(&format!("  = help: {help}"));
        }
    }
}

/// A line on standard error; that it is closed is nobody's failure.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
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
