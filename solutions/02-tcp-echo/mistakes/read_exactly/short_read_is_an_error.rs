//! hint: one-read-one-message
//! Takes a read that brings less than the buffer holds for the end.

use std::io::{self, ErrorKind, Read};

pub fn read_exactly(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<()> {
    if stream.read(buffer)? < buffer.len() {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
