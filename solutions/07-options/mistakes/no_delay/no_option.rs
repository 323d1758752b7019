//! hint: nagle-is-on
//! Leaves Nagle's algorithm on.

use std::io::{self, Write};
use std::net::TcpStream;

pub fn send_parts(
    mut stream: &TcpStream,
    parts: impl IntoIterator<Item = Vec<u8>>,
) -> io::Result<usize> {
    let mut sent = 0;
    for part in parts {
        stream.write_all(&part)?;
        sent += part.len();
    }
    Ok(sent)
}
