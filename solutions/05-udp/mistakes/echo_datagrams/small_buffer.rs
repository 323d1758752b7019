//! hint: buffer-too-small
//! Has a small buffer, and hopes that the rest comes with the next call, as in TCP.

use std::io;
use std::net::UdpSocket;

pub const ROOM: usize = 2048;

pub fn echo_datagrams(socket: &UdpSocket, datagrams: usize) -> io::Result<usize> {
    let mut buffer = [0; 512];
    let mut echoed = 0;
    for _ in 0..datagrams {
        let (count, client) = socket.recv_from(&mut buffer)?;
        socket.send_to(&buffer[..count], client)?;
        echoed += count;
    }
    Ok(echoed)
}
