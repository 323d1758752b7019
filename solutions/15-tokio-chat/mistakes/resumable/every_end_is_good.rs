//! hint: end-inside-a-frame
//! Says None at every end.

use std::io::{self, ErrorKind};
use tokio::io::{AsyncRead, AsyncReadExt};

pub const MAX_FRAME: usize = 64 * 1024;

#[derive(Debug)]
pub struct FrameReader<S> {
    stream: S,
    received: Vec<u8>,
}

impl<S: AsyncRead + Unpin> FrameReader<S> {
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            received: Vec::new(),
        }
    }

    pub async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(prefix) = self.received.first_chunk::<4>() {
                let length = u32::from_be_bytes(*prefix) as usize;
                if length > MAX_FRAME {
                    return Err(ErrorKind::InvalidData.into());
                }
                let end = 4 + length;
                if self.received.len() >= end {
                    let payload = self.received[4..end].to_vec();
                    self.received.drain(..end);
                    return Ok(Some(payload));
                }
            }
            // The only place where it waits. What a read has brought is in self at once.
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Ok(None);
            }
        }
    }
}
