//! hint: exactly-full
//! Has room for the limit only, and takes a full buffer for one that was too small.

use std::io;
use std::net::UdpSocket;

pub const LIMIT: usize = 1200;

#[derive(Debug, PartialEq)]
pub enum Received {
    Whole(Vec<u8>),
    TooLong,
}

pub fn receive_whole(socket: &UdpSocket) -> io::Result<Received> {
    let mut buffer = [0; LIMIT];
    let count = socket.recv(&mut buffer)?;
    if count == LIMIT {
        return Ok(Received::TooLong);
    }
    Ok(Received::Whole(buffer[..count].to_vec()))
}
