//! Exercise: a deadline for a whole request.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Bytes that a request may have, its newline included.
pub const MAX_REQUEST: usize = 1024;

/// Why there is no request.
#[derive(Debug)]
pub enum Refused {
    /// The newline did not come in time.
    TooSlow,
    /// More than [`MAX_REQUEST`] bytes came, or as many without a newline.
    TooLong,
    /// The stream ended before the newline.
    Ended,
    /// The connection failed, for instance with a reset.
    Failed(io::Error),
}

/// Reads one request, which is everything up to a newline, and returns it without the newline.
///
/// `limit` is for the whole request, from this call to the newline, however many reads that
/// takes. The client sends nothing behind the newline.
///
/// What will come: a request in one piece, or byte by byte; a client that says nothing; one that
/// stops in the middle; one that sends a byte again and again, each of them in time; one that
/// ends its stream or resets the connection in the middle; one that never ends the line; a
/// `limit` of zero, for which it is too late at once (and `set_read_timeout` refuses a timeout of
/// zero).
///
/// Example: the client sends `"hel"`, waits a moment and sends `"lo\n"`. This returns `Ok` with
/// the five bytes of `"hello"`.
///
/// # Errors
/// [`Refused`] says which one comes when.
pub fn read_request(stream: &TcpStream, limit: Duration) -> Result<Vec<u8>, Refused> {
    todo!(
        "fix the deadline once; before each read set the read timeout to what is left of it; stop at the newline, the deadline, the end, or too many bytes"
    )
}
