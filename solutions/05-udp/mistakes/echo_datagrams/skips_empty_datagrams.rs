//! hint: length-0-is-no-end
//! Thinks that a datagram without bytes is not worth an answer.

use std::io;
use std::net::UdpSocket;

pub const ROOM: usize = 2048;

pub fn echo_datagrams(socket: &UdpSocket, datagrams: usize) -> io::Result<usize> {
    let mut buffer = [0; ROOM];
    let mut echoed = 0;
    for _ in 0..datagrams {
        let (count, client) = socket.recv_from(&mut buffer)?;
        if count > 0 {
            socket.send_to(&buffer[..count], client)?;
            echoed += count;
        }
    }
    Ok(echoed)
}
