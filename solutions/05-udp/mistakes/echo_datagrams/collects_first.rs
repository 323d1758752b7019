//! hint: waits-for-more
//! Receives all datagrams before it answers the first.

use std::io;
use std::net::UdpSocket;

pub const ROOM: usize = 2048;

pub fn echo_datagrams(socket: &UdpSocket, datagrams: usize) -> io::Result<usize> {
    let mut received = Vec::new();
    let mut echoed = 0;
    for _ in 0..datagrams {
        let mut buffer = [0; ROOM];
        let (count, client) = socket.recv_from(&mut buffer)?;
        received.push((buffer[..count].to_vec(), client));
        echoed += count;
    }
    for (datagram, client) in received {
        socket.send_to(&datagram, client)?;
    }
    Ok(echoed)
}
