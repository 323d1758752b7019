//! hint: waits-for-more
//! Receives until the buffer is full: one receive is a datagram, and there is no stream.

use std::io;
use std::net::UdpSocket;

pub const ROOM: usize = 2048;

pub fn echo_datagrams(socket: &UdpSocket, datagrams: usize) -> io::Result<usize> {
    let mut buffer = [0; ROOM];
    let mut echoed = 0;
    for _ in 0..datagrams {
        let (mut filled, client) = socket.recv_from(&mut buffer)?;
        while filled < buffer.len() {
            filled += socket.recv(&mut buffer[filled..])?;
        }
        socket.send_to(&buffer[..filled], client)?;
        echoed += filled;
    }
    Ok(echoed)
}
