//! Exercise: the out-buffer.

use std::io::{self, ErrorKind, Write};

/// Bytes that are to be sent and that the socket has not taken yet, in order.
#[derive(Debug, Default)]
pub struct OutBuffer {
    waiting: Vec<u8>,
}

/// How far [`OutBuffer::flush`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Nothing waits any more.
    All,
    /// The socket takes no more now. The rest waits for the next call.
    Blocked,
}

impl OutBuffer {
    /// Puts `bytes` behind what waits already.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// What waits.
    pub fn waiting(&self) -> &[u8] {
        &self.waiting
    }

    /// Writes what waits, until nothing waits or until `socket`, which does not block, takes no
    /// more.
    ///
    /// What will come: writes that take a part of the bytes; `WouldBlock`, at any place, which
    /// means that the socket is full *now*; writes that are `Interrupted`, which are made again;
    /// `Ok(0)`, which is an error of the kind `WriteZero`; other errors, which end the connection.
    /// When nothing waits, nothing is written.
    ///
    /// Example: "hello" waits, and the socket takes three bytes and then says `WouldBlock`. This
    /// returns `Ok(Flushed::Blocked)`, and "lo" waits. Called again later, it writes "lo" and returns
    /// `Ok(Flushed::All)`.
    ///
    /// # Errors
    /// See above; never `WouldBlock`.
    pub fn flush(&mut self, socket: &mut impl Write) -> io::Result<Flushed> {
        // BEGIN SOLUTION: write until nothing waits or the socket says WouldBlock, and keep exactly the bytes that were not taken
        while !self.waiting.is_empty() {
            match socket.write(&self.waiting) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.waiting.drain(..count);
                }
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Ok(Flushed::Blocked),
                    ErrorKind::Interrupted => {}
                    _ => return Err(error),
                },
            }
        }
        Ok(Flushed::All)
        // END SOLUTION
    }
}
