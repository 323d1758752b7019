//! hint: payload-in-the-future
//! Keeps the prefix, and reads the payload with read_exact.

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
        while self.received.len() < 4 {
            let mut byte = [0];
            if self.stream.read(&mut byte).await? == 0 {
                return match self.received.is_empty() {
                    true => Ok(None),
                    false => Err(ErrorKind::UnexpectedEof.into()),
                };
            }
            self.received.extend_from_slice(&byte);
        }
        let mut prefix = [0; 4];
        prefix.copy_from_slice(&self.received[..4]);
        let length = u32::from_be_bytes(prefix) as usize;
        if length > MAX_FRAME {
            return Err(ErrorKind::InvalidData.into());
        }
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).await?;
        self.received.clear();
        Ok(Some(payload))
    }
}
