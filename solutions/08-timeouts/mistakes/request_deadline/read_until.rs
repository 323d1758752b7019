//! hint: each-byte-restarts-the-clock
//! Leaves the loop to the standard library, which reads as often as it needs to, each time with the whole timeout.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::net::TcpStream;
use std::time::Duration;

pub const MAX_REQUEST: usize = 1024;

#[derive(Debug)]
pub enum Refused {
    TooSlow,
    TooLong,
    Ended,
    Failed(io::Error),
}

pub fn read_request(stream: &TcpStream, limit: Duration) -> Result<Vec<u8>, Refused> {
    stream
        .set_read_timeout(Some(limit))
        .map_err(Refused::Failed)?;
    let mut request = Vec::new();
    let read = BufReader::new(stream.take(MAX_REQUEST as u64)).read_until(b'\n', &mut request);
    match read {
        Ok(_) if request.ends_with(b"\n") => {
            request.pop();
            Ok(request)
        }
        Ok(MAX_REQUEST) => Err(Refused::TooLong),
        Ok(_) => Err(Refused::Ended),
        Err(error) => match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Err(Refused::TooSlow),
            _ => Err(Refused::Failed(error)),
        },
    }
}
