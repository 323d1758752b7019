//! hint: empty-buffer
//! Reads first and looks afterwards whether the buffer is full.

use std::io::{self, ErrorKind, Read};

pub fn read_exactly(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    loop {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => filled += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        if filled == buffer.len() {
            return Ok(());
        }
    }
}
