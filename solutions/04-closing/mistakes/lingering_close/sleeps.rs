//! hint: sleeps
//! Waits for some time instead of for the end of the stream.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

pub const SCRAP: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    Heard,
    GaveUp,
}

pub fn close_politely(stream: TcpStream, limit: Duration) -> io::Result<Farewell> {
    stream.shutdown(Shutdown::Write)?;
    thread::sleep(limit);
    Ok(Farewell::GaveUp)
}
