//! hint: a-write-proves-nothing
//! Looks whether the server is still there, and takes that for an answer.

use std::io::{self, ErrorKind, Write};
use std::net::TcpStream;

pub const CONFIRMED: u8 = b'+';

pub fn deliver(mut stream: &TcpStream, message: &[u8]) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let gone = matches!(stream.peek(&mut [0]), Ok(0));
    stream.set_nonblocking(false)?;
    if gone {
        return Err(ErrorKind::BrokenPipe.into());
    }
    stream.write_all(message)
}
