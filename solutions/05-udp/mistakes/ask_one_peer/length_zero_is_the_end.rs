//! hint: length-0-is-no-end
//! Takes an answer of length 0 for the end of a connection.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

pub const ROOM: usize = 2048;

pub fn ask(peer: SocketAddr, question: &[u8], patience: Duration) -> io::Result<Vec<u8>> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    let mut buffer = [0; ROOM];
    socket.connect(peer)?;
    socket.set_read_timeout(Some(patience))?;
    socket.send(question)?;
    match socket.recv(&mut buffer)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count => Ok(buffer[..count].to_vec()),
    }
}
