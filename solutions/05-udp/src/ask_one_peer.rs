//! Exercise: ask one peer, and hear nobody else.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// Bytes of room for the answer. None that comes is longer.
pub const ROOM: usize = 2048;

/// Sends `question` to `peer` (an IPv4 address) in one datagram, from a socket of its own, and
/// returns the datagram with which `peer` answers.
///
/// What will come: an answer; an answer of length 0, which is an answer; no answer at all; a
/// datagram of a stranger, who has guessed the port, before the answer of `peer`; a `peer` whose port
/// is closed, so that its kernel says so (ICMP "port unreachable"). Only a *connected* UDP socket
/// hears of the last one, at its next call.
///
/// Example: `ask(peer, b"how much?", …)`. A stranger sends `"1 won"`, then `peer` sends `"5000 won"`.
/// This returns `Ok` with `"5000 won"`.
///
/// # Errors
/// - `WouldBlock` or `TimedOut` (which of them depends on the system) when no answer has come for
///   `patience`;
/// - `ConnectionRefused` when nobody has that port, without waiting for `patience` to pass.
pub fn ask(peer: SocketAddr, question: &[u8], patience: Duration) -> io::Result<Vec<u8>> {
    // BEGIN SOLUTION: bind a socket, make it hear from the peer only, and not for ever; then send the question and return what comes
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    // Sends nothing: the kernel remembers the peer, and filters what comes.
    socket.connect(peer)?;
    socket.set_read_timeout(Some(patience))?;
    socket.send(question)?;
    let mut buffer = [0; ROOM];
    let count = socket.recv(&mut buffer)?;
    Ok(buffer[..count].to_vec())
    // END SOLUTION
}
