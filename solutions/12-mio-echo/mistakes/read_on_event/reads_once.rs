//! hint: reads-once
//! Reads once for each event: 1,024 of 65,536 bytes.

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
    let room = HIGH_WATER_MARK - out.len();
    if room == 0 {
        return Ok(Readable::Full);
    }
    match stream.read(&mut buffer[..room.min(BUFFER)]) {
        Ok(0) => Ok(Readable::Ended),
        Ok(count) => {
            out.extend_from_slice(&buffer[..count]);
            Ok(Readable::Drained)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Readable::Drained),
        Err(error) => Err(error),
    }
}
