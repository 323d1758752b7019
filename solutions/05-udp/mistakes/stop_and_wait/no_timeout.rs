//! hint: no-timeout
//! Waits for ever for an acknowledgement that was lost.

use std::io;
use std::net::UdpSocket;
use std::time::Duration;

pub const MAX_DATAGRAM: usize = 1200;
pub const NUMBER: usize = 4;
pub const ATTEMPTS: usize = 20;

pub fn send_message(socket: &UdpSocket, message: &[u8], patience: Duration) -> io::Result<()> {
    let _ = patience;
    let pieces = message.chunks(MAX_DATAGRAM - NUMBER).chain([&[][..]]);
    for (number, piece) in (0_u32..).zip(pieces) {
        let number = number.to_be_bytes();
        let datagram = [&number[..], piece].concat();
        loop {
            socket.send(&datagram)?;
            let mut answer = [0; NUMBER];
            socket.recv(&mut answer)?;
            if answer == number {
                break;
            }
        }
    }
    Ok(())
}
