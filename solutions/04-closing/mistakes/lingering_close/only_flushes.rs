//! hint: unread-input
//! Believes that flush() waits until the client has everything.

use std::io::{self, Write};
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
    stream.flush()?;
    stream.shutdown(Shutdown::Both)?;
    Ok(Farewell::Heard)
}
