//! hint: reply-lost
//! Lets the stop interrupt the answer as well: whoever has waited for it gets nothing.

use std::io::{self, ErrorKind};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::select;
use tokio_util::sync::CancellationToken;

pub const MAX_REQUEST: usize = 1024;

pub async fn converse(
    mut stream: TcpStream,
    stop: CancellationToken,
    answer: impl AsyncFn(Vec<u8>) -> Vec<u8>,
) -> io::Result<u64> {
    let mut pending = Vec::new();
    let mut answered = 0;
    let talk = async {
        while let Some(request) = next_request(&stream, &mut pending).await? {
            let reply = answer(request).await;
            stream.write_all(&reply).await?;
            answered += 1;
        }
        Ok::<(), io::Error>(())
    };
    select! {
        biased;
        () = stop.cancelled() => {}
        ended = talk => ended?,
    }
    stream.shutdown().await?;
    discard(&stream);
    Ok(answered)
}

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

pub fn discard(stream: &TcpStream) {
    let mut scrap = vec![0; 64 * 1024];
    for _ in 0..64 {
        if !matches!(stream.try_read(&mut scrap), Ok(1..)) {
            return;
        }
    }
}
