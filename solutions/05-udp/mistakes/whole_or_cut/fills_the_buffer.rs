//! hint: joins-datagrams
//! Receives until the buffer is full, as from a stream.

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
    let mut filled = 0;
    while filled < buffer.len() {
        match socket.recv(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    if filled > LIMIT {
        return Ok(Received::TooLong);
    }
    Ok(Received::Whole(buffer[..filled].to_vec()))
}
