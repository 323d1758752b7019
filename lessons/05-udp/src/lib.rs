//! Lesson 05: a datagram arrives whole, once, twice, or never.
//!
//! UDP keeps what TCP does not, the boundaries between messages, and promises nothing else: what one
//! send call took arrives in one receive call or not at all, perhaps twice, perhaps after a later
//! one. There is no connection, so there is no end of stream either: a datagram of length 0 is a
//! datagram.
//!
//! - [`serve`] sends each datagram back to where it came from;
//! - [`ask`] is a client that waits for an answer, and not for ever;
//! - [`Lossy`] loses, doubles and reorders datagrams by the dice of a seed;
//! - [`relay`] puts two of those between a client and a server.

mod lossy;
mod proxy;

pub use lossy::{Chances, Fate, Lossy};
pub use proxy::{Direction, FORGET_AFTER, MAX_CLIENTS, Passage, relay};

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

// ANCHOR: sizes
/// Bytes of payload that a datagram may carry to almost anywhere without being cut up on the way.
///
/// IPv6 asks every network to carry packets of 1,280 bytes (RFC 8200, section 5); headers of IPv6
/// and UDP take 48 of them, and tunnels want some too. QUIC made the same choice (RFC 9000,
/// section 14).
pub const MAX_PAYLOAD: usize = 1200;

/// Bytes of payload that the UDP header could describe at most, over IPv4: its length field has 16
/// bits and counts 8 bytes of its own header, and the IP packet counts 20 more.
pub const LARGEST_PAYLOAD: usize = 65_535 - 8 - 20;
// ANCHOR_END: sizes

// ANCHOR: serve
/// Sends every datagram of `socket` back to where it came from, and tells `report` about each.
///
/// No client is held up by another: there is nothing to accept, and each datagram is a conversation
/// of its own. One of more than [`MAX_PAYLOAD`] bytes gets no answer and is reported as
/// `InvalidData`. `report` gets the client's address and the number of bytes that went back, or the
/// error; when it says `Break`, `serve` returns `Ok`.
///
/// # Errors
///
/// When receiving fails for a reason that is not one client's, recv(2).
pub fn serve(
    socket: &UdpSocket,
    mut report: impl FnMut(SocketAddr, io::Result<usize>) -> ControlFlow<()>,
) -> io::Result<()> {
    // The byte more than we want shows whether there was more: the kernel throws away, without a
    // word, what does not fit.
    let mut buffer = [0; MAX_PAYLOAD + 1];
    loop {
        let (count, client) = match socket.recv_from(&mut buffer) {
            // Also when `count` is 0: that is an empty datagram, and nobody has left.
            Ok(received) => received,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // Windows tells a server here that an earlier *answer* found nobody. Policy: go on.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => continue,
            Err(error) => return Err(error),
        };
        // Policy, failed answer: it is reported, and the next datagram is served.
        let outcome = match count {
            0..=MAX_PAYLOAD => socket.send_to(&buffer[..count], client),
            _ => Err(io::Error::new(ErrorKind::InvalidData, TOO_LONG)),
        };
        if report(client, outcome).is_break() {
            return Ok(());
        }
    }
}

const TOO_LONG: &str = "a datagram of more than 1200 bytes, cut by our buffer: no answer";
// ANCHOR_END: serve

// ANCHOR: ask
/// Sends `question` to the peer of `socket`, which must be connected, and waits for one datagram.
///
/// It may be the answer to an earlier question: UDP cannot tell. Returns the part of `buffer` that
/// is filled; what does not fit into `buffer` is lost.
///
/// # Errors
///
/// - `TimedOut` when nothing has come for `patience`, which must not be zero: question or answer
///   was lost, and nobody can say which;
/// - `ConnectionRefused` when the peer's kernel has answered that the port is closed: a connected
///   socket gets to know that, udp(7).
pub fn ask<'a>(
    socket: &UdpSocket,
    question: &[u8],
    buffer: &'a mut [u8],
    patience: Duration,
) -> io::Result<&'a [u8]> {
    socket.send(question)?;
    let deadline = Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        socket.set_read_timeout(Some(left))?;
        match socket.recv(buffer) {
            Ok(count) => return Ok(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // Unix says "would block" when the time is over, Windows "timed out".
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
// ANCHOR_END: ask
