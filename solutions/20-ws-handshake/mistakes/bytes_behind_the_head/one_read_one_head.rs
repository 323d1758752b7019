//! hint: head-from-one-read
//! Takes one read for the whole head.

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
    let mut buffer = [0; MAX_HEAD];
    let count = stream.read(&mut buffer)?;
    let mut head = buffer[..count].to_vec();
    let blank_line = head.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = blank_line.map(|at| at + 4) else {
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
