//! hint: a-write-proves-nothing
//! Tries a second, empty write, to see whether the first one failed.

use std::io::{self, Write};
use std::net::TcpStream;

pub const CONFIRMED: u8 = b'+';

pub fn deliver(mut stream: &TcpStream, message: &[u8]) -> io::Result<()> {
    stream.write_all(message)?;
    stream.write_all(b"")
}
