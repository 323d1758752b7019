//! hint: would-block
//! Tries again at once, until there is room.

use std::io::{self, ErrorKind, Write};

#[derive(Debug, Default)]
pub struct OutBuffer {
    waiting: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    All,
    Blocked,
}

impl OutBuffer {
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    pub fn waiting(&self) -> &[u8] {
        &self.waiting
    }

    pub fn flush(&mut self, socket: &mut impl Write) -> io::Result<Flushed> {
        while !self.waiting.is_empty() {
            match socket.write(&self.waiting) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.waiting.drain(..count);
                }
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::Interrupted => {}
                    _ => return Err(error),
                },
            }
        }
        Ok(Flushed::All)
    }
}
