//! The members of a gzip file, read as one text.
//!
//! `cat a.gz b.gz`, and delivery that appends, make files of several members. Zero bytes after the last member are
//! padding, as `gzip` takes them; anything else there is damage.
//!
//! See <https://www.rfc-editor.org/rfc/rfc1952#section-2.2>.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// The first bytes of a member.
pub(super) const MAGIC: &[u8] = b"\x1f\x8b";

/// Reads all members of a gzip file.
pub(super) struct Members<R> {
    /// The current member; `None` after the last one.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    /// The members of `stored`, which begins with one.
    pub(super) fn new(stored: R) -> Self {
        Self { member: Some(GzDecoder::new(stored)) }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let ended = self.member.take().map(GzDecoder::into_inner);
            self.member = ended.map(next_member).transpose()?.flatten();
        }
        Ok(0)
    }
}

/// The member that follows; `None` if the file ends, perhaps with padding.
fn next_member<R: BufRead>(mut stored: R) -> io::Result<Option<GzDecoder<R>>> {
    let mut is_padded = false;
    loop {
        let bytes = stored.fill_buf()?;
        match bytes.first() {
            None => return Ok(None),
            Some(0) => {
                let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                stored.consume(zeros);
                is_padded = true;
            }
            Some(byte) if *byte == MAGIC[0] && !is_padded => return Ok(Some(GzDecoder::new(stored))),
            Some(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the bytes after its last gzip member are not gzip",
                ));
            }
        }
    }
}
