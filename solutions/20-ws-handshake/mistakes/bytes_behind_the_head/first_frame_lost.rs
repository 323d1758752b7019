//! hint: first-frame-lost
//! Reads the head through a BufReader, and throws that away with the first frame in it.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};

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
    let mut reader = BufReader::new(&mut stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let left = (MAX_HEAD + 1 - head.len()) as u64;
        if reader.by_ref().take(left).read_until(b'\n', &mut head)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if head.len() > MAX_HEAD {
            return Err(ErrorKind::InvalidData.into());
        }
    }
    Ok(Opened {
        head,
        behind: Vec::new(),
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
