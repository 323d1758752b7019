//! Exercise: upload, half-close, read the reply.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

/// Sends all of `body`, tells the server that this is all, and returns the server's whole reply.
///
/// The server finds the end of the upload by the end of the stream, and you find the end of the
/// reply by the end of the stream too. So you have to end one direction and keep the other.
///
/// What will come: an empty `body`; a reply that arrives in pieces; a server that has read enough,
/// replies before it has everything ("too long"), ends its half and then resets the connection.
/// Then your writing fails, and the reply lies in your kernel all the same: read it and return it.
///
/// Example: `body` is `"hello"`. The server reads 5 bytes and the end of the stream, and replies
/// `"5 bytes, thank you"`. This returns `Ok` with those 18 bytes.
///
/// # Errors
/// The error of the reading. If the reading went well, and the sending did not, and the reply is
/// empty: the error of the sending.
pub fn upload(mut stream: &TcpStream, body: &[u8]) -> io::Result<Vec<u8>> {
    todo!(
        "send all of the body, half-close, and read the reply until its end, also when the sending failed"
    )
}
