//! hint: not-text
//! Takes the bytes for UTF-8 text.

use std::io::{self, ErrorKind, Read, Write};

pub const BUFFER: usize = 1024;

pub fn echo_until_eof(stream: &mut (impl Read + Write)) -> io::Result<u64> {
    let mut buffer = [0; BUFFER];
    let mut echoed = 0;
    loop {
        let n = match stream.read(&mut buffer) {
            Ok(0) => return Ok(echoed),
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };

        let text = std::str::from_utf8(&buffer[..n]).map_err(io::Error::other)?;
        stream.write_all(text.as_bytes())?;
        echoed += n as u64;
    }
}
