//! hint: length-0-is-no-end
//! Takes a datagram of length 0 for the end of a stream.

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
    match socket.recv(&mut buffer)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count if count > LIMIT => Ok(Received::TooLong),
        count => Ok(Received::Whole(buffer[..count].to_vec())),
    }
}
