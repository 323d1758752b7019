//! Exercise: echo datagrams.

use std::io;
use std::net::UdpSocket;

/// Bytes of room for one datagram. None that comes is longer.
pub const ROOM: usize = 2048;

/// Sends each of the next `datagrams` that `socket` receives back to the address that it came from,
/// whole and one by one, and returns how many bytes that were in all.
///
/// What will come: datagrams of several clients in turn; several datagrams before this function is
/// even called; bytes that are not text; datagrams of 1,200 bytes; and one of length 0, which wants
/// an answer of length 0. (UDP has no connection, so nothing can say here that somebody has left.)
///
/// Example: with `datagrams` = 2, one client sends `"hel"` and another one `"lo"`. The first gets
/// `"hel"`, the second `"lo"`, and this returns `Ok(5)`.
///
/// # Errors
/// The first error of the socket.
pub fn echo_datagrams(socket: &UdpSocket, datagrams: usize) -> io::Result<usize> {
    // BEGIN SOLUTION: so many times: receive one datagram, send the bytes that came to the address that they came from; then return the number of bytes
    let mut buffer = [0; ROOM];
    let mut echoed = 0;
    for _ in 0..datagrams {
        let (count, client) = socket.recv_from(&mut buffer)?;
        // Also when count is 0: an empty datagram is a datagram.
        socket.send_to(&buffer[..count], client)?;
        echoed += count;
    }
    Ok(echoed)
    // END SOLUTION
}
