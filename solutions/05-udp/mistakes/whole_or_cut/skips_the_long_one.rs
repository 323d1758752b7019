//! hint: skips-the-long-one
//! Waits for a datagram that fits, and tells nobody about the others.

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
    loop {
        let count = socket.recv(&mut buffer)?;
        if count <= LIMIT {
            return Ok(Received::Whole(buffer[..count].to_vec()));
        }
    }
}
