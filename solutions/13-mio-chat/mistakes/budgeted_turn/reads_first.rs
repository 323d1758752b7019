//! hint: left-in-the-codec
//! Reads before it looks at what was read already: when nothing new comes, the rest stays behind.

use framing::{Event, Frames};
use std::io::{self, ErrorKind, Read};

pub const BUFFER: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Waits,
    Again,
    Ended,
}

pub fn turn(
    stream: &mut impl Read,
    frames: &mut Frames,
    budget: usize,
    mut take: impl FnMut(Vec<u8>),
) -> io::Result<Then> {
    let mut buffer = [0; BUFFER];
    let mut left = budget;
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => frames.receive_end(),
            Ok(count) => frames.receive_data(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Then::Waits),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        loop {
            if left == 0 {
                return Ok(Then::Again);
            }
            match frames.next_event()? {
                Some(Event::Message(message)) => take(message),
                Some(Event::End) => return Ok(Then::Ended),
                None => break,
            }
            left -= 1;
        }
    }
}
