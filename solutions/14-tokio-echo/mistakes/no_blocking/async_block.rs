//! hint: blocks-the-thread
//! An async block is taken for something that makes its content asynchronous.

use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Reads numbers from `client` (8 bytes each, the largest first: `read_u64`), and sends back
/// `work(number)` for each, in the same order and form, until the end of the stream. Every client
/// has a task that runs this.
///
/// `work` is an ordinary function that needs long, and does not know of tasks: it computes, or
/// waits for a disk, or for a lock. Meanwhile other clients are to be served, also when the runtime
/// has one thread only, and other calls of `work` may run beside this one.
///
/// What will come: numbers for which `work` is quick, and some for which it waits until other
/// clients have been answered; several numbers at once; a `work` that panics, which ends this
/// conversation and no other.
///
/// Example: with `|n| n + 1`, the bytes `00 00 00 00 00 00 00 07` are answered with `00 00 00 00 00
/// 00 00 08`.
///
/// # Errors
/// Those of the connection, and `Other` when `work` panicked. The end of the stream is none.
pub async fn answer(
    mut client: TcpStream,
    work: impl Fn(u64) -> u64 + Clone + Send + 'static,
) -> io::Result<()> {
    loop {
        let number = match client.read_u64().await {
            Ok(number) => number,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        let work = work.clone();
        let result = async move { work(number) }.await;
        client.write_u64(result).await?;
    }
}
