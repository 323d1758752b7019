//! Exercise: a reader that can be interrupted and resumed.

use std::io::{self, ErrorKind};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes of payload that a frame may have.
pub const MAX_FRAME: usize = 64 * 1024;

/// Reads frames from a stream. A frame is four bytes that say how long the payload is, the most
/// significant byte first, and then the payload.
#[derive(Debug)]
pub struct FrameReader<S> {
    stream: S,
    /// What has been read, and has not been returned as a message yet.
    received: Vec<u8>,
}

impl<S: AsyncRead + Unpin> FrameReader<S> {
    /// Nothing has been read yet.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            received: Vec::new(),
        }
    }

    /// The payload of the next frame, or `Ok(None)` when the stream ends where a frame could begin.
    ///
    /// It stands in a `select!`. So its future may be dropped wherever it waits, and is made anew
    /// later: no byte that was read may be lost by that, and none may be returned twice.
    ///
    /// What will come: frames whole and cut anywhere; a wait behind every single byte, and a drop in
    /// each; two frames in one read, and a part of a third; empty frames; an end between frames,
    /// inside a prefix or a payload.
    ///
    /// Example: the stream brings `"\0\0\0"`, and then waits. The future is dropped. The stream
    /// brings `"\x02hi"`. The next call returns `Some(b"hi".to_vec())`.
    ///
    /// # Errors
    /// - `UnexpectedEof` when the stream ends inside a frame;
    /// - `InvalidData` when a prefix says more than [`MAX_FRAME`], without a look at what follows;
    /// - the first error of the stream.
    pub async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        todo!(
            "return a frame if self.received holds a whole one; if not, read more into self.received; and again"
        )
    }
}
