//! Where data goes: standard output, or a file or a pager in its place.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Where data goes.
#[derive(Clone, Debug, Default)]
pub(crate) enum Out {
    /// Standard output.
    #[default]
    Standard,
    /// A file.
    File(Arc<File>),
    /// Memory, until it is known how long it gets.
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
    /// The columns of the terminal that data goes to, if it goes to one.
    pub(crate) fn width(&self) -> Option<usize> {
        matches!(self, Self::Standard).then(super::Terminal::width).flatten()
    }
}
