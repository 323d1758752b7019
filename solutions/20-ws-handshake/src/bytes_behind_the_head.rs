//! Exercise: the bytes behind the head are kept.

use std::io::{self, ErrorKind, Read, Write};

/// Bytes that the head of an answer may have, with its blank line.
pub const MAX_HEAD: usize = 4096;

/// Bytes that are read at a time.
pub const AT_A_TIME: usize = 1024;

/// A connection that has had its answer: from here on it is no HTTP. Read from it, and the first byte
/// is the first one behind the head.
#[derive(Debug)]
pub struct Opened<S> {
    /// The head, with its blank line.
    pub head: Vec<u8>,
    /// Came with the head, is none of it, and has not been read yet.
    pub behind: Vec<u8>,
    /// Everything else will come from here.
    pub stream: S,
}

/// Sends a client's `request`, and reads the head of the answer.
///
/// A server may begin to talk at once: its first frames come right behind the head, in the same read
/// as often as not. They are no text, and none of the head. Whoever reads the head takes them out of
/// the socket, where nobody will find them any more: so they go into [`Opened::behind`].
///
/// What will come: a stream that takes a few bytes of the request at a time; the head in one piece
/// and in many, down to single bytes, cut between `\r\n` and `\r\n` too; behind it nothing, a part of a
/// frame, or many frames, longer than any head; frames that hold `\r\n\r\n`, and bytes that are no
/// text; a server that waits, behind its head, for the client's first frame: it must not be waited
/// for; an interrupted read, which is done again; a head of exactly [`MAX_HEAD`] bytes.
///
/// Example: the answer `HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x02hi` in one read. The head
/// ends with the blank line, and `\x81\x02hi` is behind it.
///
/// # Errors
/// `UnexpectedEof` when the stream ends before the blank line; `InvalidData` when the head is longer
/// than [`MAX_HEAD`], as soon as that is certain; and what reading and writing fail with.
pub fn open<S: Read + Write>(mut stream: S, request: &[u8]) -> io::Result<Opened<S>> {
    // BEGIN SOLUTION: send the request; read and keep everything until the blank line is there; cut behind it
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
    // END SOLUTION
}

impl<S: Read> Read for Opened<S> {
    /// What came behind the head, and then what the stream brings: nothing lost, nothing twice.
    ///
    /// What will come: a `buffer` smaller than what is behind the head, and a larger one. While
    /// something of that is left, the stream is not asked: nothing more may come until somebody has
    /// answered.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // BEGIN SOLUTION: as much as fits of what is behind the head, and keep the rest; from the stream when nothing is left
        if self.behind.is_empty() {
            return self.stream.read(buffer);
        }
        let count = self.behind.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.behind[..count]);
        self.behind.drain(..count);
        Ok(count)
        // END SOLUTION
    }
}
