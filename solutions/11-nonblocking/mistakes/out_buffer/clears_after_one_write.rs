//! hint: short-write
//! Takes one write for all of them.

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
        socket.write(&self.waiting)?;
        self.waiting.clear();
        Ok(Flushed::All)
    }
}
