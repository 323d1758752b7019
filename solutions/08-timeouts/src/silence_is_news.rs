//! Exercise: what one read heard.

use std::io::{self, ErrorKind, Read};

/// What one read heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// This many new bytes, at least one, at the beginning of the buffer.
    Bytes(usize),
    /// The end of the stream: the peer has said all that it will ever say.
    End,
    /// Nothing came before the stream's read timeout expired. The peer may still be there.
    Silence,
}

/// Reads once from `stream`, whose read timeout is set already, and says what that meant.
///
/// What will come: bytes; the end of the stream; a read timeout that expires, which has two names
/// (`WouldBlock` on Unix, `TimedOut` on Windows); a peer that is silent first and speaks later; a
/// reset; a read that is `Interrupted` (a signal came first: call it again).
///
/// Example: the peer is silent until the timeout expires, then sends `"hi"`, then closes. Three
/// calls return `Ok(Silence)`, `Ok(Bytes(2))` and `Ok(End)`.
///
/// # Errors
/// Whatever the stream reports, but not an expired timeout, and not `Interrupted`.
pub fn hear(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<Heard> {
    // BEGIN SOLUTION: read once, and tell apart bytes, the end, an expired timeout by either of its names, Interrupted, and every other error
    loop {
        match stream.read(buffer) {
            Ok(0) => return Ok(Heard::End),
            Ok(n) => return Ok(Heard::Bytes(n)),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => return Ok(Heard::Silence),
                ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
    // END SOLUTION
}
