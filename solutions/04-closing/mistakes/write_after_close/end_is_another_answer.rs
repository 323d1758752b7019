//! hint: end-is-no-confirmation
//! Does not tell an end of stream from a wrong answer.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

pub const CONFIRMED: u8 = b'+';

pub fn deliver(mut stream: &TcpStream, message: &[u8]) -> io::Result<()> {
    stream.write_all(message)?;
    let mut answer = [0];
    let count = stream.read(&mut answer)?;
    if count == 1 && answer[0] == CONFIRMED {
        Ok(())
    } else {
        Err(ErrorKind::InvalidData.into())
    }
}
