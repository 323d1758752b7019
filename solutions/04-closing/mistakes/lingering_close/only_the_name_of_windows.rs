//! hint: farewell
//! Knows only one of the two names of a timeout.

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
    stream.shutdown(Shutdown::Write)?;
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
            Err(error) if error.kind() == ErrorKind::TimedOut => return Ok(Farewell::GaveUp),
            Err(error) => return Err(error),
        }
    }
}
