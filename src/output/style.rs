//! The looks of an output for people.

use jiff::tz::TimeZone;

/// The looks of an output for people.
#[derive(Clone, Debug)]
pub struct Style {
    /// Whether ANSI colours are used.
    pub colour: bool,
    /// The columns of the terminal; `None` where there is none to fit.
    pub width: Option<usize>,
    /// Whether a terminal shows it, which must not be sent hidden characters.
    pub terminal: bool,
    /// The time zone of printed times.
    pub zone: TimeZone,
    /// Whether a table that does not fit prints a line per column, rather than fewer columns.
    pub vertical: bool,
    /// Whether a table draws bars after its last column, if there is room.
    pub bars: bool,
    /// Whether bytes and counts are scaled: `1.5 GB`, `1.2M`.
    pub human: bool,
}

impl Style {
    /// Returns the style that adds nothing: no colours, no bars, one line per row.
    #[must_use]
    pub const fn plain(width: Option<usize>, zone: TimeZone) -> Self {
        Self { colour: false, width, terminal: false, zone, vertical: false, bars: false, human: false }
    }
}
