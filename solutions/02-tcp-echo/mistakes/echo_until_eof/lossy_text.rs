//! hint: not-text
//! Makes text of the bytes, and what is not text becomes U+FFFD.

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

        let text = String::from_utf8_lossy(&buffer[..n]);
        stream.write_all(text.as_bytes())?;
        echoed += n as u64;
    }
}
