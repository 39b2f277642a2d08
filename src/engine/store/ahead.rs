//! Reading ahead: another thread decompresses while this one decodes.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Bytes that are handed over at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Pieces that are on their way at most.
const PIECES: usize = 4;

/// What a reader has, read by a thread that goes on while what came is worked on.
///
/// The thread ends with the reader, or when this is dropped.
pub(crate) struct Ahead {
    pieces: Receiver<io::Result<Vec<u8>>>,
    /// Buffers go back, to be filled again.
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
            // The thread is gone once there is no more.
            let Ok(next) = self.pieces.recv() else { return Ok(0) };
            let used = std::mem::replace(&mut self.piece, next?);
            self.at = 0;
            // Nobody takes it back when all has been read.
            let _ = self.used.send(used);
        }
        let read = (&self.piece[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

/// Reads until the end, an error, or until nobody wants more.
fn read(mut reader: impl Read, pieces: &SyncSender<io::Result<Vec<u8>>>, free: &Receiver<Vec<u8>>) {
    loop {
        let mut piece = free.try_recv().unwrap_or_default();
        piece.resize(PIECE_BYTES, 0);
        let outcome = fill(&mut reader, &mut piece);
        let is_end = piece.is_empty();
        // What was read before an error counts: the error comes after it.
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

/// Reads as much as there is room for, or to the end; `piece` is what was read. The decompressor is
/// the faster the more room it has.
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

    /// Gives bytes, then an error.
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
