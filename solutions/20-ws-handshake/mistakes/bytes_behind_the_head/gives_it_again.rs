//! hint: each-byte-once
//! Gives out what is behind the head, and keeps it.

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
    let mut buffer = [0; AT_A_TIME];
    loop {
        let blank_line = head.windows(4).position(|four| four == b"\r\n\r\n");
        let end = blank_line.map(|at| at + 4);
        if end.unwrap_or(head.len()) > MAX_HEAD {
            return Err(ErrorKind::InvalidData.into());
        }
        if let Some(end) = end {
            let behind = head.split_off(end);
            return Ok(Opened {
                head,
                behind,
                stream,
            });
        }
        match stream.read(&mut buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => head.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl<S: Read> Read for Opened<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.behind.is_empty() {
            return self.stream.read(buffer);
        }
        let count = self.behind.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.behind[..count]);
        Ok(count)
    }
}
