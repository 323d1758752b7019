//! A client that asks once and waits: for programs and tests.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use timeouts::{Deadline, Heard, listen_for, write_by};

use crate::reply::{Answer, Reply};

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 16 * 1024;

// ANCHOR: get
/// Asks the server at `address` for `target`, and tells `take` what comes, as it comes: the head, the
/// pieces of the body, the end. The whole may last for `patience`, and the body have `max_body` bytes.
///
/// # Errors
///
/// Those of the connection and of `take`; `InvalidInput` for a target that would be more than one;
/// `TimedOut`; and `InvalidData` when what comes is no response, or not all of one.
pub fn get(
    address: SocketAddr,
    target: &str,
    max_body: u64,
    patience: Duration,
    mut take: impl FnMut(&Answer) -> io::Result<()>,
) -> io::Result<()> {
    if !target.starts_with('/') || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        let sentence = "a target begins with a slash, and has no spaces and no line ends";
        return Err(io::Error::new(ErrorKind::InvalidInput, sentence));
    }
    let deadline = Deadline::after(Instant::now(), patience);
    let stream = TcpStream::connect_timeout(&address, patience)?;
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    write_by(&stream, request.as_bytes(), deadline)?;
    let mut reply = Reply::new(max_body);
    let mut buffer = [0; BUFFER_SIZE];
    loop {
        let answer = reply.next_event();
        if let Some(answer) =
            answer.map_err(|refused| io::Error::new(ErrorKind::InvalidData, refused.why))?
        {
            take(&answer)?;
            if matches!(answer, Answer::End) {
                return Ok(());
            }
            continue;
        }
        let left = deadline.left(Instant::now());
        if left.is_zero() {
            let sentence = "the response did not come in time";
            return Err(io::Error::new(ErrorKind::TimedOut, sentence));
        }
        match listen_for(&stream, &mut buffer, left)? {
            Heard::Bytes(count) => reply.receive_data(&buffer[..count]),
            Heard::End => reply.receive_end(),
            Heard::Silence => {} // The deadline will tell.
        }
    }
}
// ANCHOR_END: get
