//! hint: a-write-proves-nothing
//! Takes a write that succeeded for a delivery.

use std::io::{self, Write};
use std::net::TcpStream;

pub const CONFIRMED: u8 = b'+';

pub fn deliver(mut stream: &TcpStream, message: &[u8]) -> io::Result<()> {
    stream.write_all(message)
}
