//! hint: prefix-in-the-future
//! Reads prefix and payload with read_exact, into local variables.

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
        let mut prefix = [0; 4];
        if self.stream.read(&mut prefix[..1]).await? == 0 {
            return Ok(None);
        }
        self.stream.read_exact(&mut prefix[1..]).await?;
        let length = u32::from_be_bytes(prefix) as usize;
        if length > MAX_FRAME {
            return Err(ErrorKind::InvalidData.into());
        }
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).await?;
        Ok(Some(payload))
    }
}
