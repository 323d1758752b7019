//! Exercise: notice that a datagram was cut.

use std::io;
use std::net::UdpSocket;

/// Bytes that a datagram may have to be of use to us.
pub const LIMIT: usize = 1200;

/// One datagram, as far as we want it.
#[derive(Debug, PartialEq)]
pub enum Received {
    /// All of its bytes: 0 to [`LIMIT`].
    Whole(Vec<u8>),
    /// It had more than [`LIMIT`] bytes. It is gone: half a message is no message.
    TooLong,
}

/// Receives the next datagram of `socket`, and notices when it is longer than [`LIMIT`].
///
/// A receive call takes one datagram out of the queue. What does not fit into the buffer is thrown
/// away, and the call says only how many bytes it put into the buffer, which is never more than
/// there was room for.
///
/// What will come: short datagrams, one of length 0, one of exactly `LIMIT` bytes, one of `LIMIT` + 1
/// bytes, and much longer ones, each followed by others that want to be received by the next call.
///
/// Example: datagrams of 3, 1,201 and 5 bytes come. Three calls return `Whole` with 3 bytes,
/// `TooLong`, and `Whole` with 5 bytes.
///
/// # Errors
/// The first error of the socket.
pub fn receive_whole(socket: &UdpSocket) -> io::Result<Received> {
    // BEGIN SOLUTION: receive one datagram with enough room to see that it is too long; then return Whole with its bytes, or TooLong
    // One byte more than we want: it is used only by a datagram that is too long.
    let mut buffer = [0; LIMIT + 1];
    let count = socket.recv(&mut buffer)?;
    if count > LIMIT {
        return Ok(Received::TooLong);
    }
    Ok(Received::Whole(buffer[..count].to_vec()))
    // END SOLUTION
}
