//! A stream in memory, for tungstenite.

use std::io::{self, Cursor, ErrorKind, Read, Write};

/// It brings `input`, and then nothing yet; what is written is kept.
#[derive(Debug)]
pub struct Wire {
    input: Cursor<Vec<u8>>,
    /// What was written.
    pub output: Vec<u8>,
}

impl Wire {
    pub fn new(input: &[u8]) -> Self {
        Self {
            input: Cursor::new(input.to_vec()),
            output: Vec::new(),
        }
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.input.read(buffer)? {
            0 if !buffer.is_empty() => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
