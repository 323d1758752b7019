//! hint: frames-are-no-text
//! Makes text of everything that has come, and frames are none.

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
    let mut received = Vec::new();
    let mut buffer = [0; AT_A_TIME];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        let text = String::from_utf8_lossy(&received).into_owned();
        let end = text.find("\r\n\r\n").map(|at| at + 4);
        if end.unwrap_or(received.len()) > MAX_HEAD {
            return Err(ErrorKind::InvalidData.into());
        }
        if let Some(end) = end {
            return Ok(Opened {
                head: text[..end].as_bytes().to_vec(),
                behind: text[end..].as_bytes().to_vec(),
                stream,
            });
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
        self.behind.drain(..count);
        Ok(count)
    }
}
