//! Exercise: each part leaves at once.

use std::io::{self, Write};
use std::net::TcpStream;

/// Sends each of `parts` as soon as it is there, and returns how many bytes that were.
///
/// Some parts take long to make, and the other end wants each of them now. So a part is written
/// before the next one is asked for, and the kernel must not hold a small one back because an
/// earlier one is not acknowledged yet: Nagle's algorithm (RFC 9293, section 3.7.4) is switched
/// off before the first byte, and stays off.
///
/// What will come: parts of 1 to 100 bytes; an iterator that makes the next part only when the other
/// end has the one before; no parts at all; a peer that resets the connection in the middle.
///
/// Example: the parts `"tick"` and `"tock"` leave as two segments, and the function returns `Ok(8)`.
///
/// # Errors
/// The first error that the socket reports. No part is asked for after it.
pub fn send_parts(
    mut stream: &TcpStream,
    parts: impl IntoIterator<Item = Vec<u8>>,
) -> io::Result<usize> {
    todo!(
        "switch Nagle's algorithm off, then write all of each part before asking for the next, and count the bytes"
    )
}
