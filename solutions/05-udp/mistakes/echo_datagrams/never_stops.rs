//! hint: counts-datagrams
//! Serves for ever, as a real server does.

use std::io;
use std::net::UdpSocket;

pub const ROOM: usize = 2048;

pub fn echo_datagrams(socket: &UdpSocket, datagrams: usize) -> io::Result<usize> {
    let mut buffer = [0; ROOM];
    let mut _echoed = 0;
    let _ = datagrams;
    loop {
        let (count, client) = socket.recv_from(&mut buffer)?;
        socket.send_to(&buffer[..count], client)?;
        _echoed += count;
    }
}
