//! hint: longer-than-the-buffer
//! Stops when as much has come as the buffer holds.

use std::io::{self, ErrorKind, Read, Write};

pub const BUFFER: usize = 1024;

pub fn echo_until_eof(stream: &mut (impl Read + Write)) -> io::Result<u64> {
    let mut buffer = [0; BUFFER];
    let mut filled = 0;
    while filled < BUFFER {
        let n = match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        stream.write_all(&buffer[filled..filled + n])?;
        filled += n;
    }
    Ok(filled as u64)
}
