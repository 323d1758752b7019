//! hint: not-text
//! Makes text of the bytes before it sends them back.

use std::io;
use std::net::UdpSocket;

pub const ROOM: usize = 2048;

pub fn echo_datagrams(socket: &UdpSocket, datagrams: usize) -> io::Result<usize> {
    let mut buffer = [0; ROOM];
    let mut echoed = 0;
    for _ in 0..datagrams {
        let (count, client) = socket.recv_from(&mut buffer)?;
        let text = String::from_utf8_lossy(&buffer[..count]);
        socket.send_to(text.as_bytes(), client)?;
        echoed += count;
    }
    Ok(echoed)
}
