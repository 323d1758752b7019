//! hint: takes-too-much
//! Collects in a vector of its own, and drops what the caller did not ask for.

use std::io::{self, ErrorKind, Read};

pub fn read_exactly(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<()> {
    let mut collected = Vec::new();
    let mut piece = [0; 1024];
    while collected.len() < buffer.len() {
        match stream.read(&mut piece) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => collected.extend_from_slice(&piece[..n]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.copy_from_slice(&collected[..buffer.len()]);
    Ok(())
}
