//! hint: reads-past-the-end
//! Reads on after the end of the stream.

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
        let room = HIGH_WATER_MARK - out.len().min(HIGH_WATER_MARK);
        if room == 0 {
            return Ok(Readable::Full);
        }
        match stream.read(&mut buffer[..room.min(BUFFER)]) {
            Ok(count) => out.extend_from_slice(&buffer[..count]),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(Readable::Drained),
                ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
}
