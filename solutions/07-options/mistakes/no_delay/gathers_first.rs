//! hint: gathers-the-parts
//! Makes one message of all parts before it sends the first byte.

use std::io::{self, Write};
use std::net::TcpStream;

pub fn send_parts(
    mut stream: &TcpStream,
    parts: impl IntoIterator<Item = Vec<u8>>,
) -> io::Result<usize> {
    stream.set_nodelay(true)?;
    let all: Vec<u8> = parts.into_iter().flatten().collect();
    stream.write_all(&all)?;
    Ok(all.len())
}
