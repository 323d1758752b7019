//! Exercise: the write after the other end has closed.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

/// The byte that the server sends when it has read a message and has done what it asks for.
pub const CONFIRMED: u8 = b'+';

/// Sends `message` and returns `Ok` only when the server has confirmed it.
///
/// A write succeeds when your own kernel has taken the bytes. So the first write after the server has
/// closed succeeds too, and only the next one fails. The server's answer is the only proof.
///
/// What will come: a server that confirms, and waits for the next message on the same stream; one
/// that had closed before you wrote; one that reads the message and closes without a word; one that
/// answers with another byte than [`CONFIRMED`]; one that resets the connection.
///
/// Example: the server reads `"pay 5"` and answers `"+"`: this returns `Ok(())`. The server had
/// closed already: this returns an error, although the write was `Ok`.
///
/// # Errors
/// `UnexpectedEof` when the server ended the stream instead of confirming, `InvalidData` when it sent
/// another byte, and the errors of the stream.
pub fn deliver(mut stream: &TcpStream, message: &[u8]) -> io::Result<()> {
    todo!("write all of the message, then read one byte, and return Ok only if it is CONFIRMED")
}
