//! hint: reset-is-an-error
//! Takes an error of the stream for its end.

use std::io::{self, Read, Write};

pub const BUFFER: usize = 1024;

pub fn echo_until_eof(stream: &mut (impl Read + Write)) -> io::Result<u64> {
    let mut buffer = [0; BUFFER];
    let mut echoed = 0;
    while let Ok(n) = stream.read(&mut buffer) {
        if n == 0 {
            break;
        }
        stream.write_all(&buffer[..n])?;
        echoed += n as u64;
    }
    Ok(echoed)
}
