//! hint: end-is-no-confirmation
//! Takes the end of the stream for a confirmation.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

pub const CONFIRMED: u8 = b'+';

pub fn deliver(mut stream: &TcpStream, message: &[u8]) -> io::Result<()> {
    stream.write_all(message)?;
    let mut answer = [CONFIRMED];
    stream.read(&mut answer)?;
    if answer[0] == CONFIRMED {
        Ok(())
    } else {
        Err(ErrorKind::InvalidData.into())
    }
}
