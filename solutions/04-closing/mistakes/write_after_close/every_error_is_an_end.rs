//! hint: reset-is-an-error
//! Makes a reset an end of stream.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

pub const CONFIRMED: u8 = b'+';

pub fn deliver(mut stream: &TcpStream, message: &[u8]) -> io::Result<()> {
    stream.write_all(message)?;
    let mut answer = [0];
    match stream.read(&mut answer) {
        Ok(1..) if answer[0] == CONFIRMED => Ok(()),
        Ok(1..) => Err(ErrorKind::InvalidData.into()),
        _ => Err(ErrorKind::UnexpectedEof.into()),
    }
}
