//! hint: would-block
//! Reads again at once, until something comes.

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
            Ok(count) => input.extend_from_slice(&chunk[..count]),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
}
