//! hint: echoes-the-whole-buffer
//! Sends the buffer back, and not only what came.

use std::io;
use std::net::UdpSocket;

pub const ROOM: usize = 2048;

pub fn echo_datagrams(socket: &UdpSocket, datagrams: usize) -> io::Result<usize> {
    let mut buffer = [0; ROOM];
    let mut echoed = 0;
    for _ in 0..datagrams {
        let (count, client) = socket.recv_from(&mut buffer)?;
        socket.send_to(&buffer, client)?;
        echoed += count;
    }
    Ok(echoed)
}
