//! hint: end-of-stream-is-no-error
//! Insists on a full buffer, and calls everything else an error.

use std::io::{self, Read, Write};

pub const BUFFER: usize = 1024;

pub fn echo_until_eof(stream: &mut (impl Read + Write)) -> io::Result<u64> {
    let mut buffer = [0; BUFFER];
    let mut echoed = 0;
    loop {
        stream.read_exact(&mut buffer)?;
        stream.write_all(&buffer)?;
        echoed += BUFFER as u64;
    }
}
