//! hint: budget-counts-reads
//! The budget is for reads, and one read may bring hundreds of messages.

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
    for _ in 0..budget {
        match stream.read(&mut buffer) {
            Ok(0) => frames.receive_end(),
            Ok(count) => frames.receive_data(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Then::Waits),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        loop {
            match frames.next_event()? {
                Some(Event::Message(message)) => take(message),
                Some(Event::End) => return Ok(Then::Ended),
                None => break,
            }
        }
    }
    Ok(Then::Again)
}
