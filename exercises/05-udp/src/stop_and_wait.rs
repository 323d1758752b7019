//! Exercise: stop and wait, the sender.

use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::time::{Duration, Instant};

/// Bytes of payload that a datagram may have, number included.
pub const MAX_DATAGRAM: usize = 1200;

/// Bytes of the number in front of each piece.
pub const NUMBER: usize = 4;

/// How often a piece is sent before the receiver is given up.
pub const ATTEMPTS: usize = 20;

/// Sends `message` to the peer of `socket`, which is connected, over a network that loses, doubles
/// and reorders datagrams.
///
/// A message travels in pieces. Each piece is one datagram: its number (0, 1, 2 … as a `u32`, big
/// endian), and behind it some bytes of the message, at least one. A piece without bytes, with the
/// next number, says that the message is complete. No datagram has more than [`MAX_DATAGRAM`] bytes.
///
/// The receiver acknowledges a piece with a datagram that holds its number, the same four bytes. The
/// next piece is sent when this one is acknowledged. When that has not happened for `patience`, the
/// same datagram is sent again, up to [`ATTEMPTS`] times in all. The end is acknowledged like every
/// other piece.
///
/// What will come: acknowledgements that are lost; the same one twice; one of an earlier piece, which
/// says nothing about this one and is ignored (it neither ends the wait nor makes you send again);
/// nothing at all.
///
/// Example: `message` is `"hello"`. The datagrams are `00 00 00 00 h e l l o` and, after the
/// acknowledgement `00 00 00 00`, `00 00 00 01`. After the acknowledgement `00 00 00 01` this
/// returns `Ok(())`.
///
/// # Errors
/// `TimedOut` when a piece was sent [`ATTEMPTS`] times and none was acknowledged; else the first error
/// of the socket.
pub fn send_message(socket: &UdpSocket, message: &[u8], patience: Duration) -> io::Result<()> {
    todo!(
        "send each piece and the end, each with its number, again and again until it is acknowledged, but not for ever"
    )
}

/// The read timeout is over (its kind depends on the system), or a signal came first.
fn is_no_answer_yet(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
