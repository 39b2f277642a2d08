//! Reading ahead: another thread decompresses while this one decodes.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// The size of a piece.
const PIECE_BYTES: usize = 1 << 20;

/// The largest number of pieces in flight.
const PIECES: usize = 4;

/// The bytes of a reader, which another thread reads ahead.
///
/// The thread ends with the reader, or when this is dropped.
pub(crate) struct Ahead {
    pieces: Receiver<io::Result<Vec<u8>>>,
    /// Returns buffers, to be filled again.
    used: Sender<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
}

impl Ahead {
    /// Starts to read.
    pub(crate) fn new(reader: impl Read + Send + 'static) -> Self {
        let (sender, pieces) = sync_channel(PIECES);
        let (used, free) = channel();
        thread::spawn(move || read(reader, &sender, &free));
        Self { pieces, used, piece: Vec::new(), at: 0 }
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            // The thread ends when everything is read.
            let Ok(next) = self.pieces.recv() else { return Ok(0) };
            let used = std::mem::replace(&mut self.piece, next?);
            self.at = 0;
            // The thread may have ended already.
            let _ = self.used.send(used);
        }
        let read = (&self.piece[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

/// Reads until the end, an error, or until no more pieces are needed.
fn read(mut reader: impl Read, pieces: &SyncSender<io::Result<Vec<u8>>>, free: &Receiver<Vec<u8>>) {
    loop {
        let mut piece = free.try_recv().unwrap_or_default();
        piece.resize(PIECE_BYTES, 0);
        let outcome = fill(&mut reader, &mut piece);
        let is_end = piece.is_empty();
        // The bytes before an error are passed on first, then the error.
        if !is_end && pieces.send(Ok(piece)).is_err() {
            return;
        }
        match outcome {
            Ok(()) if is_end => return,
            Ok(()) => {}
            Err(error) => {
                let _ = pieces.send(Err(error));
                return;
            }
        }
    }
}

/// Fills `piece` up to its capacity, or to the end of the reader. A larger output buffer makes the decompressor faster.
fn fill(reader: &mut impl Read, piece: &mut Vec<u8>) -> io::Result<()> {
    let mut filled = 0;
    let outcome = loop {
        match reader.read(&mut piece[filled..]) {
            Ok(0) => break Ok(()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    piece.truncate(filled);
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that returns bytes, then an error.
    struct Failing(usize);

    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let bytes = buffer.len().min(self.0);
            buffer[..bytes].fill(b'x');
            self.0 -= bytes;
            Ok(bytes)
        }
    }

    #[test]
    fn all_bytes_come_in_order() {
        let bytes: Vec<u8> = (0..3 * PIECE_BYTES + 7).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let mut read = Vec::new();
        Ahead::new(io::Cursor::new(bytes.clone())).read_to_end(&mut read).unwrap();
        assert!(read == bytes);
        assert_eq!(Ahead::new(io::empty()).read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn an_error_comes_behind_what_was_read_before_it() {
        let mut read = Vec::new();
        let error = Ahead::new(Failing(2 * PIECE_BYTES + 7)).read_to_end(&mut read).unwrap_err();
        assert_eq!((error.kind(), read.len()), (io::ErrorKind::InvalidData, 2 * PIECE_BYTES + 7));
    }

    #[test]
    fn a_reader_that_is_dropped_stops_the_thread() {
        struct Endless(Sender<()>);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                Ok(buffer.len())
            }
        }
        impl Drop for Endless {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        let (stopped, wait) = channel();
        drop(Ahead::new(Endless(stopped)));
        wait.recv_timeout(std::time::Duration::from_mins(1)).unwrap();
    }
}
