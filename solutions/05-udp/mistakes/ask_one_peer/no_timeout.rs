//! hint: no-timeout
//! Waits for ever for an answer that was lost.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

pub const ROOM: usize = 2048;

pub fn ask(peer: SocketAddr, question: &[u8], patience: Duration) -> io::Result<Vec<u8>> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    let mut buffer = [0; ROOM];
    let _ = patience;
    socket.connect(peer)?;
    socket.send(question)?;
    let count = socket.recv(&mut buffer)?;
    Ok(buffer[..count].to_vec())
}
