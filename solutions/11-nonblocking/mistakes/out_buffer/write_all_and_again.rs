//! hint: short-write
//! After a failed write_all nobody knows what was taken: all of it is sent again.

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
        match socket.write_all(&self.waiting) {
            Ok(()) => {
                self.waiting.clear();
                Ok(Flushed::All)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Flushed::Blocked),
            Err(error) => Err(error),
        }
    }
}
