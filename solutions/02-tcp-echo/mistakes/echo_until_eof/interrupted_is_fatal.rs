//! hint: interrupted
//! Gives up when a signal interrupted the read.

use std::io::{self, Read, Write};

pub const BUFFER: usize = 1024;

pub fn echo_until_eof(stream: &mut (impl Read + Write)) -> io::Result<u64> {
    let mut buffer = [0; BUFFER];
    let mut echoed = 0;
    loop {
        let n = stream.read(&mut buffer)?;
        if n == 0 {
            return Ok(echoed);
        }
        stream.write_all(&buffer[..n])?;
        echoed += n as u64;
    }
}
