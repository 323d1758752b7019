//! hint: one-read-one-message
//! Takes a read that does not fill the buffer for the last one.

use std::io::{self, Read, Write};

pub const BUFFER: usize = 1024;

pub fn echo_until_eof(stream: &mut (impl Read + Write)) -> io::Result<u64> {
    let mut buffer = [0; BUFFER];
    let mut echoed = 0;
    loop {
        let n = stream.read(&mut buffer)?;
        stream.write_all(&buffer[..n])?;
        echoed += n as u64;
        if n < BUFFER {
            return Ok(echoed);
        }
    }
}
