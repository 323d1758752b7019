//! hint: not-a-confirmation
//! Takes any byte for a confirmation.

use std::io::{self, Read, Write};
use std::net::TcpStream;

pub const CONFIRMED: u8 = b'+';

pub fn deliver(mut stream: &TcpStream, message: &[u8]) -> io::Result<()> {
    stream.write_all(message)?;
    stream.read_exact(&mut [0])
}
