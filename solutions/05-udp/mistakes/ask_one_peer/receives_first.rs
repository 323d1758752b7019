//! hint: asks-first
//! Receives before it has asked: who should answer?

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

pub const ROOM: usize = 2048;

pub fn ask(peer: SocketAddr, question: &[u8], patience: Duration) -> io::Result<Vec<u8>> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    let mut buffer = [0; ROOM];
    socket.connect(peer)?;
    socket.set_read_timeout(Some(patience))?;
    let count = socket.recv(&mut buffer)?;
    socket.send(question)?;
    Ok(buffer[..count].to_vec())
}
