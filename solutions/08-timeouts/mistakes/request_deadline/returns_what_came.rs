//! hint: timeout-is-not-the-end
//! Takes what came before the timeout for the request.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

pub const MAX_REQUEST: usize = 1024;

#[derive(Debug)]
pub enum Refused {
    TooSlow,
    TooLong,
    Ended,
    Failed(io::Error),
}

pub fn read_request(stream: &TcpStream, limit: Duration) -> Result<Vec<u8>, Refused> {
    let mut stream = stream;
    let deadline = Instant::now() + limit;
    let mut request = Vec::new();
    let mut buffer = [0; MAX_REQUEST];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Refused::TooSlow);
        }
        stream
            .set_read_timeout(Some(left))
            .map_err(Refused::Failed)?;
        match stream.read(&mut buffer) {
            Ok(0) => return Err(Refused::Ended),
            Ok(n) => request.extend_from_slice(&buffer[..n]),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => return Ok(request),
                ErrorKind::Interrupted => continue,
                _ => return Err(Refused::Failed(error)),
            },
        }
        if request.len() <= MAX_REQUEST && request.last() == Some(&b'\n') {
            request.pop();
            return Ok(request);
        }
        if request.len() >= MAX_REQUEST {
            return Err(Refused::TooLong);
        }
    }
}
