//! hint: unread-input
//! Closes while input is unread.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

pub const SCRAP: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    Heard,
    GaveUp,
}

pub fn close_politely(stream: TcpStream, limit: Duration) -> io::Result<Farewell> {
    let _ = limit;
    drop(stream);
    Ok(Farewell::Heard)
}
