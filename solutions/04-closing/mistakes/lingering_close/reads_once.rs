//! hint: stops-before-the-end
//! Reads once, and closes.

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
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(limit))?;
    stream.read(&mut [0; SCRAP])?;
    Ok(Farewell::Heard)
}
