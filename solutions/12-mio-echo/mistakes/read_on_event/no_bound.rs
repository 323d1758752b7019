//! hint: no-high-water-mark
//! Reads whatever comes: the memory grows as long as the client sends.

use std::io::{self, ErrorKind, Read};

pub const BUFFER: usize = 1024;

pub const HIGH_WATER_MARK: usize = 128 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    Drained,
    Full,
    Ended,
}

pub fn read_on_event(stream: &mut impl Read, out: &mut Vec<u8>) -> io::Result<Readable> {
    let mut buffer = [0; BUFFER];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(Readable::Ended),
            Ok(count) => out.extend_from_slice(&buffer[..count]),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(Readable::Drained),
                ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
}
