//! The destination of data: standard output, a file, or memory for a pager.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::escape;
use crate::output::wrapped;

/// The destination of data.
#[derive(Clone, Debug, Default)]
pub(crate) enum Out {
    /// Standard output.
    #[default]
    Standard,
    /// A file.
    File(Arc<File>),
    /// Memory, until the length is known.
    Memory(Arc<Mutex<Vec<u8>>>),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard => io::stdout().write(bytes),
            Self::File(file) => (&**file).write(bytes),
            Self::Memory(memory) => memory.lock().unwrap_or_else(PoisonError::into_inner).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard => io::stdout().flush(),
            Self::File(file) => (&**file).flush(),
            Self::Memory(_) => Ok(()),
        }
    }
}

impl Out {
    /// Returns whether a person reads the output, on a terminal or in a pager in front of it.
    pub(crate) fn is_terminal(&self) -> bool {
        !matches!(self, Self::File(_)) && io::stdout().is_terminal()
    }

    /// Prints lines, escaped only if a terminal shows them.
    pub(crate) fn print(&self, lines: &str) -> io::Result<()> {
        self.clone().write_all(self.shown(lines, escape::lines).as_bytes())
    }

    /// Prints text for people as it is, wrapped at words if it goes straight to a terminal.
    pub(crate) fn print_prose(&self, text: &str) -> io::Result<()> {
        let text = self.width().map_or(text.into(), |width| Cow::from(wrapped(text, width)));
        self.clone().write_all(text.as_bytes())
    }

    /// Prints a JSON document, escaped only if a terminal shows it.
    pub(crate) fn print_json(&self, document: &str) -> io::Result<()> {
        self.clone().write_all(self.shown(document, escape::json).as_bytes())
    }

    fn shown<'t>(&self, text: &'t str, escape: impl Fn(&'t str) -> Cow<'t, str>) -> Cow<'t, str> {
        if self.is_terminal() { escape(text) } else { text.into() }
    }

    /// The width of the terminal, in columns; `None` if data does not go to one.
    pub(crate) fn width(&self) -> Option<usize> {
        matches!(self, Self::Standard).then(super::Terminal::width).flatten()
    }
}
