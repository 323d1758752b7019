//! hint: interrupted
//! Gives up when a signal interrupted the read.

use std::io::{self, ErrorKind, Read};

pub fn read_exactly(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        let n = stream.read(&mut buffer[filled..])?;
        if n == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        filled += n;
    }
    Ok(())
}
