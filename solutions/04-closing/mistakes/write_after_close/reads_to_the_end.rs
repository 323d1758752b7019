//! hint: waits-for-the-end
//! Waits for the end of a stream that goes on.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

pub const CONFIRMED: u8 = b'+';

pub fn deliver(mut stream: &TcpStream, message: &[u8]) -> io::Result<()> {
    stream.write_all(message)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    match answer.as_slice() {
        [CONFIRMED] => Ok(()),
        [] => Err(ErrorKind::UnexpectedEof.into()),
        _ => Err(ErrorKind::InvalidData.into()),
    }
}
