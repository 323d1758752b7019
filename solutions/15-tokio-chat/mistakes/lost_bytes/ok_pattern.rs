//! hint: end-of-stream
//! A pattern that takes Ok only: after the end it waits for the interruption.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

#[derive(Debug)]
pub struct Counting<S> {
    pub stream: S,
    pub count: usize,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counting<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.count += buffer.filled().len() - before;
        polled
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Read(Vec<u8>),
    Interrupted { lost: usize },
}

pub async fn read_unless(
    stream: &mut (impl AsyncRead + Unpin),
    wanted: usize,
    interruption: impl Future<Output = ()>,
) -> io::Result<Outcome> {
    let mut counting = Counting { stream, count: 0 };
    let mut buffer = vec![0; wanted];
    tokio::select! {
        biased;
        Ok(_) = counting.read_exact(&mut buffer) => Ok(Outcome::Read(buffer)),
        () = interruption => Ok(Outcome::Interrupted { lost: counting.count }),
    }
}
