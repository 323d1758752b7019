//! What a socket did not take.

use std::io::{self, ErrorKind, Write};

// ANCHOR: out_buffer
/// Bytes that are to be sent and that no socket has taken yet.
///
/// Empty, it has no memory of its own: most connections are idle most of the time.
#[derive(Debug, Default)]
pub struct OutBuffer {
    bytes: Vec<u8>,
    /// So many of `bytes` have been taken.
    taken: usize,
}

/// How far [`OutBuffer::flush`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Nothing waits any more.
    All,
    /// The socket takes no more now. The rest waits until it is writable.
    Blocked,
}

impl OutBuffer {
    /// These come after all that waits already.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes that wait.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.taken
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes until nothing waits, or until `socket` takes no more.
    ///
    /// A write has three outcomes: some bytes were taken, perhaps not all of them; none now,
    /// `WouldBlock`, which is no failure; or none ever, which is any other error. Not `write_all`:
    /// when it fails with `WouldBlock`, nobody knows how many bytes were taken before.
    ///
    /// # Errors
    ///
    /// `WriteZero` when a write takes nothing and does not say why; otherwise what `socket`
    /// reports, but neither `WouldBlock` nor `Interrupted`.
    pub fn flush(&mut self, mut socket: impl Write) -> io::Result<Flushed> {
        while !self.is_empty() {
            match socket.write(&self.bytes[self.taken..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.taken += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Flushed::Blocked),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        *self = Self::default();
        Ok(Flushed::All)
    }
}
// ANCHOR_END: out_buffer
