//! hint: stops-too-early
//! One read is not all that has come.

use std::io::{self, ErrorKind, Read};

pub const CHUNK: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    NotYet,
    End,
    Full,
}

pub fn read_what_came(
    socket: &mut impl Read,
    input: &mut Vec<u8>,
    limit: usize,
) -> io::Result<Stopped> {
    let mut chunk = [0; CHUNK];
    loop {
        let room = limit.saturating_sub(input.len()).min(CHUNK);
        if room == 0 {
            return Ok(Stopped::Full);
        }
        match socket.read(&mut chunk[..room]) {
            Ok(0) => return Ok(Stopped::End),
            Ok(count) => {
                input.extend_from_slice(&chunk[..count]);
                return Ok(Stopped::NotYet);
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(Stopped::NotYet),
                ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
}
