//! hint: no-deadline
//! Waits for the end of the client for ever.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

pub const SCRAP: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    Heard,
    GaveUp,
}

pub fn close_politely(mut stream: TcpStream, limit: Duration) -> io::Result<Farewell> {
    let _ = limit;
    stream.shutdown(Shutdown::Write)?;
    let mut scrap = [0; SCRAP];
    while stream.read(&mut scrap)? > 0 {}
    Ok(Farewell::Heard)
}
