//! hint: buffer-without-room
//! Reads into a vector that has capacity, but no length.

use std::io::{self, ErrorKind, Read, Write};

pub const BUFFER: usize = 1024;

pub fn echo_until_eof(stream: &mut (impl Read + Write)) -> io::Result<u64> {
    let mut buffer = Vec::with_capacity(BUFFER);
    let mut echoed = 0;
    loop {
        let n = match stream.read(&mut buffer) {
            Ok(0) => return Ok(echoed),
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        stream.write_all(&buffer[..n])?;
        echoed += n as u64;
    }
}
