//! hint: a-write-proves-nothing
//! Believes that flush() waits for the server.

use std::io::{self, Write};
use std::net::TcpStream;

pub const CONFIRMED: u8 = b'+';

pub fn deliver(mut stream: &TcpStream, message: &[u8]) -> io::Result<()> {
    stream.write_all(message)?;
    stream.flush()
}
