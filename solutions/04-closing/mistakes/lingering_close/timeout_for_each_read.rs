//! hint: deadline-for-each-read
//! Gives every read the whole limit.

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

pub const SCRAP: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    Heard,
    GaveUp,
}

pub fn close_politely(mut stream: TcpStream, limit: Duration) -> io::Result<Farewell> {
    stream.shutdown(Shutdown::Write)?;
    if limit.is_zero() {
        return Ok(Farewell::GaveUp);
    }
    stream.set_read_timeout(Some(limit))?;
    let mut scrap = [0; SCRAP];
    loop {
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
