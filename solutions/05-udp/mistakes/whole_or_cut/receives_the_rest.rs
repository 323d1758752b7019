//! hint: the-rest-is-gone
//! Wants to remove the rest of a long datagram, and removes the next one.

use std::io;
use std::net::UdpSocket;

pub const LIMIT: usize = 1200;

#[derive(Debug, PartialEq)]
pub enum Received {
    Whole(Vec<u8>),
    TooLong,
}

pub fn receive_whole(socket: &UdpSocket) -> io::Result<Received> {
    let mut buffer = [0; LIMIT + 1];
    let count = socket.recv(&mut buffer)?;
    if count > LIMIT {
        let mut rest = [0; 65_536];
        socket.set_nonblocking(true)?;
        let _ = socket.recv(&mut rest);
        socket.set_nonblocking(false)?;
        return Ok(Received::TooLong);
    }
    Ok(Received::Whole(buffer[..count].to_vec()))
}
