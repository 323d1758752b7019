//! hint: stops-when-full
//! Reads until Ok(0), also when the buffer is full: on a socket that read waits.

use std::io::{self, ErrorKind, Read};

pub fn read_exactly(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    loop {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) if filled == buffer.len() => return Ok(()),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => filled += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
