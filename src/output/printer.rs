//! The interface of outputs.

use std::io;

use crate::value::RowSink;

/// An output that needs to know when the rows end.
pub trait Output: RowSink + Send {
    /// Writes what is left.
    ///
    /// # Errors
    ///
    /// I/O errors of the writer; a closed pipe is one.
    fn finish(&mut self) -> io::Result<()>;

    /// Writes the rows so far: more will come after a while.
    ///
    /// # Errors
    ///
    /// I/O errors of the writer; a closed pipe is one.
    fn pause(&mut self) -> io::Result<()> {
        self.finish()
    }

    /// Returns a note for people about the rows that were printed.
    fn remark(&self) -> Option<String> {
        None
    }
}
