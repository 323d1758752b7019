//! hint: waits-for-the-acknowledgement
//! Sends all pieces, and then waits for the acknowledgements.

use std::io;
use std::net::UdpSocket;
use std::time::Duration;

pub const MAX_DATAGRAM: usize = 1200;
pub const NUMBER: usize = 4;
pub const ATTEMPTS: usize = 20;

pub fn send_message(socket: &UdpSocket, message: &[u8], patience: Duration) -> io::Result<()> {
    let pieces = message.chunks(MAX_DATAGRAM - NUMBER).chain([&[][..]]);
    let mut sent = 0;
    for (number, piece) in (0_u32..).zip(pieces) {
        socket.send(&[&number.to_be_bytes()[..], piece].concat())?;
        sent += 1;
    }
    socket.set_read_timeout(Some(patience))?;
    for _ in 0..sent {
        socket.recv(&mut [0; NUMBER])?;
    }
    Ok(())
}
