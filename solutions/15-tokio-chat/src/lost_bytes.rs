//! Exercise: watch a read lose bytes.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

/// A stream that counts the bytes that are read from it.
#[derive(Debug)]
pub struct Counting<S> {
    /// The stream itself.
    pub stream: S,
    /// Bytes that have been read.
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

/// What became of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All the bytes that were wanted.
    Read(Vec<u8>),
    /// Something else was first.
    Interrupted {
        /// Bytes that the read had taken from the stream by then. They are not in the stream any
        /// more, and `read_exact` does not say how many they were.
        lost: usize,
    },
}

/// Reads `wanted` bytes with `read_exact`, unless `interruption` is ready first: then the read is
/// dropped, and the answer is how many bytes are lost by that.
///
/// When both are ready, the read wins. Not one byte more than `wanted` is taken from the stream.
///
/// What will come: a stream that has all the bytes, some of them, or none, and zeros among them; an
/// interruption that is ready at once, later, or never; a stream that ends or fails before `wanted`
/// bytes have come, while the interruption is not ready.
///
/// Example: four bytes are wanted, three are there, and the interruption is ready. The answer is
/// `Ok(Outcome::Interrupted { lost: 3 })`.
///
/// # Errors
/// What `read_exact` says: `UnexpectedEof` when the stream ends too early, or the stream's error.
pub async fn read_unless(
    stream: &mut (impl AsyncRead + Unpin),
    wanted: usize,
    interruption: impl Future<Output = ()>,
) -> io::Result<Outcome> {
    // BEGIN SOLUTION: read through a Counting, in a biased select! with the interruption; a handler runs when the losers are dropped, so it may look at the count
    let mut counting = Counting { stream, count: 0 };
    let mut buffer = vec![0; wanted];
    tokio::select! {
        biased;
        read = counting.read_exact(&mut buffer) => match read {
            Ok(_) => Ok(Outcome::Read(buffer)),
            Err(error) => Err(error),
        },
        () = interruption => Ok(Outcome::Interrupted { lost: counting.count }),
    }
    // END SOLUTION
}
