//! hint: reads-ahead
//! Empties the socket first and counts afterwards: what is not taken fills the memory.

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
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => {
                frames.receive_end();
                break;
            }
            Ok(count) => frames.receive_data(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    for _ in 0..budget {
        match frames.next_event()? {
            Some(Event::Message(message)) => take(message),
            Some(Event::End) => return Ok(Then::Ended),
            None => return Ok(Then::Waits),
        }
    }
    Ok(Then::Again)
}
