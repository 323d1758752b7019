//! Exercise: finish the reply that is in flight.

use std::io::{self, ErrorKind};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::select;
use tokio_util::sync::CancellationToken;

/// Bytes that a request may have, its newline included.
pub const MAX_REQUEST: usize = 1024;

/// Answers the requests of one client until its end of stream, or until `stop` is cancelled, and
/// returns how many it answered.
///
/// A request is a line. [`next_request`] waits for the next one, and `answer(request).await` makes
/// the reply, which may take a while and may be long. Write it as it is.
///
/// What will come: a client that asks several times, and ends; one that connected and never sends
/// anything, as browsers do; one that keeps the connection after a reply. When `stop` is cancelled,
/// these two must see the end of the stream at once. But a request that you have begun to answer is
/// answered whole: neither `answer` nor the writing is interrupted. After that reply no other
/// request is begun, even if some have come already. At the end say `shutdown`, then [`discard`]
/// what has come: closing with unread input would destroy the reply.
///
/// Example: the client sends `tea` and `soup`, each with a newline. `stop` is cancelled while
/// `answer` makes tea. The client gets the tea, then the end of the stream, and this returns
/// `Ok(1)`.
///
/// # Errors
/// Those of the connection and of [`next_request`].
pub async fn converse(
    mut stream: TcpStream,
    stop: CancellationToken,
    answer: impl AsyncFn(Vec<u8>) -> Vec<u8>,
) -> io::Result<u64> {
    // BEGIN SOLUTION: answer one request after another, and let `stop` interrupt nothing but the wait for the next one
    let mut pending = Vec::new();
    let mut answered = 0;
    loop {
        let request = select! {
            biased; // In this order: a request that has come already must not win over the stop.
            () = stop.cancelled() => break,
            request = next_request(&stream, &mut pending) => request?,
        };
        let Some(request) = request else { break };
        let reply = answer(request).await;
        stream.write_all(&reply).await?;
        answered += 1;
    }
    stream.shutdown().await?;
    discard(&stream);
    Ok(answered)
    // END SOLUTION
}

/// The next request without its newline, or `None` at the end of the stream. What has come of later
/// requests stays in `pending`. To drop this future while it waits loses nothing.
///
/// # Errors
/// Those of the connection; `InvalidData` when a line is too long; `UnexpectedEof` when the stream
/// ends inside one.
pub async fn next_request(
    stream: &TcpStream,
    pending: &mut Vec<u8>,
) -> io::Result<Option<Vec<u8>>> {
    loop {
        if let Some(newline) = pending.iter().position(|byte| *byte == b'\n') {
            let mut line: Vec<u8> = pending.drain(..=newline).collect();
            line.truncate(newline);
            return Ok(Some(line));
        }
        if pending.len() >= MAX_REQUEST {
            return Err(ErrorKind::InvalidData.into());
        }
        stream.readable().await?;
        let mut buffer = [0; MAX_REQUEST];
        match stream.try_read(&mut buffer) {
            Ok(0) if pending.is_empty() => return Ok(None),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => pending.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads and throws away what has come, and waits for nothing. Whoever sends faster than we read
/// does not keep us here: 64 reads are more than a client can have sent to a server that is busy.
pub fn discard(stream: &TcpStream) {
    let mut scrap = vec![0; 64 * 1024];
    for _ in 0..64 {
        if !matches!(stream.try_read(&mut scrap), Ok(1..)) {
            return;
        }
    }
}
