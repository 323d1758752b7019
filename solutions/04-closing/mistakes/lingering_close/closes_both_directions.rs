//! hint: stops-before-the-end
//! Ends its own reading, so that every read sees an end of stream.

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

pub const SCRAP: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    Heard,
    GaveUp,
}

pub fn close_politely(mut stream: TcpStream, limit: Duration) -> io::Result<Farewell> {
    let started = Instant::now();
    stream.shutdown(Shutdown::Both)?;
    let mut scrap = [0; SCRAP];
    loop {
        let left = limit.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Ok(Farewell::GaveUp);
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut scrap) {
            Ok(0) => return Ok(Farewell::Heard),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok(Farewell::GaveUp);
            }
            Err(error) => return Err(error),
        }
    }
}
