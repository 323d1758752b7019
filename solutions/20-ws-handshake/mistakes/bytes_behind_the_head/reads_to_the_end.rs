//! hint: waits-behind-the-head
//! Reads everything until the end of the stream, and then looks for the head.

use std::io::{self, ErrorKind, Read, Write};

pub const MAX_HEAD: usize = 4096;

pub const AT_A_TIME: usize = 1024;

#[derive(Debug)]
pub struct Opened<S> {
    pub head: Vec<u8>,
    pub behind: Vec<u8>,
    pub stream: S,
}

pub fn open<S: Read + Write>(mut stream: S, request: &[u8]) -> io::Result<Opened<S>> {
    stream.write_all(request)?;
    let mut head = Vec::new();
    stream.read_to_end(&mut head)?;
    let blank_line = head.windows(4).position(|four| four == b"\r\n\r\n");
    let end = blank_line.map(|at| at + 4);
    if end.unwrap_or(head.len()) > MAX_HEAD {
        return Err(ErrorKind::InvalidData.into());
    }
    let Some(end) = end else {
        return Err(ErrorKind::UnexpectedEof.into());
    };
    let behind = head.split_off(end);
    Ok(Opened {
        head,
        behind,
        stream,
    })
}

impl<S: Read> Read for Opened<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.behind.is_empty() {
            return self.stream.read(buffer);
        }
        let count = self.behind.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.behind[..count]);
        self.behind.drain(..count);
        Ok(count)
    }
}
