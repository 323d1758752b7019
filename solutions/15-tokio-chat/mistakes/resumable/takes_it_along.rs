//! hint: prefix-in-the-future
//! Takes what was received into a local variable, and puts it back at the end.

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
        let mut received = std::mem::take(&mut self.received);
        loop {
            if let Some(prefix) = received.first_chunk::<4>() {
                let length = u32::from_be_bytes(*prefix) as usize;
                if length > MAX_FRAME {
                    return Err(ErrorKind::InvalidData.into());
                }
                let end = 4 + length;
                if received.len() >= end {
                    let payload = received[4..end].to_vec();
                    received.drain(..end);
                    self.received = received;
                    return Ok(Some(payload));
                }
            }
            if self.stream.read_buf(&mut received).await? == 0 {
                return match received.is_empty() {
                    true => Ok(None),
                    false => Err(ErrorKind::UnexpectedEof.into()),
                };
            }
        }
    }
}
