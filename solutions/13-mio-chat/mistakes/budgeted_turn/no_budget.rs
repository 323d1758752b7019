//! hint: no-budget
//! Goes on until the stream would block: one that sends without end has all the turns.

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
        match frames.next_event()? {
            Some(Event::Message(message)) => {
                take(message);
                left = left.saturating_sub(1);
                continue;
            }
            Some(Event::End) => return Ok(Then::Ended),
            None => {}
        }
        match stream.read(&mut buffer) {
            Ok(0) => frames.receive_end(),
            Ok(count) => frames.receive_data(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Ok(if left == 0 { Then::Again } else { Then::Waits });
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
