//! Exercise: echo until end of stream.

use std::io::{self, ErrorKind, Read, Write};

/// Bytes that one read may bring. What the client sends may be far longer, or shorter.
pub const BUFFER: usize = 1024;

/// Sends back every byte that `stream` brings, in order, until the end of the stream, and
/// returns how many bytes that were.
///
/// A read has three outcomes: some bytes (`Ok(n)`), the end of the stream (`Ok(0)`: the client
/// has said all it will ever say), or an error.
///
/// What will come: bytes that are split anywhere; bytes that are not text; a client that says
/// nothing at all; far more bytes than the buffer holds; a `write` that takes fewer bytes than
/// it was given; a read that is `Interrupted` (a signal came first: call it again).
///
/// Example: the client sends `"hel"`, then `"lo"`, then closes its side. It gets `"hello"`, and
/// this function returns `Ok(5)`.
///
/// # Errors
/// The first error of the stream, such as a reset, but not `Interrupted`.
pub fn echo_until_eof(stream: &mut (impl Read + Write)) -> io::Result<u64> {
    todo!(
        "read, write back all that came, and again, until a read returns Ok(0); then return the number of bytes"
    )
}
