//! hint: forgets-the-piece
//! A codec of its own for each turn: the beginning of a message is lost with it.

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
    *frames = Frames::new(1024);
    let mut buffer = [0; BUFFER];
    let mut left = budget;
    while left > 0 {
        match frames.next_event()? {
            Some(Event::Message(message)) => {
                take(message);
                left -= 1;
                continue;
            }
            Some(Event::End) => return Ok(Then::Ended),
            None => {}
        }
        match stream.read(&mut buffer) {
            Ok(0) => frames.receive_end(),
            Ok(count) => frames.receive_data(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Then::Waits),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Then::Again)
}
