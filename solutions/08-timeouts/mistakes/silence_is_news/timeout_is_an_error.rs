//! hint: silence-is-no-error
//! Hands an expired timeout on as an error.

use std::io::{self, ErrorKind, Read};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Bytes(usize),
    End,
    Silence,
}

pub fn hear(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<Heard> {
    loop {
        match stream.read(buffer) {
            Ok(0) => return Ok(Heard::End),
            Ok(n) => return Ok(Heard::Bytes(n)),
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
}
