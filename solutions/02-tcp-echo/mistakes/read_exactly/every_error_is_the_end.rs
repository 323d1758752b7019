//! hint: reset-is-an-error
//! Takes every error for the end of the stream.

use std::io::{self, ErrorKind, Read};

pub fn read_exactly(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(n) if n > 0 => filled += n,
            _ => return Err(ErrorKind::UnexpectedEof.into()),
        }
    }
    Ok(())
}
