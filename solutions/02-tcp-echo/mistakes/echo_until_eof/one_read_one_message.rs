//! hint: one-read-one-message
//! Takes one read for the whole message.

use std::io::{self, Read, Write};

pub const BUFFER: usize = 1024;

pub fn echo_until_eof(stream: &mut (impl Read + Write)) -> io::Result<u64> {
    let mut buffer = [0; BUFFER];
    let n = stream.read(&mut buffer)?;
    stream.write_all(&buffer[..n])?;
    Ok(n as u64)
}
