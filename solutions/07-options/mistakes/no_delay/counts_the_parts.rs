//! hint: wrong-count
//! Counts parts instead of bytes.

use std::io::{self, Write};
use std::net::TcpStream;

pub fn send_parts(
    mut stream: &TcpStream,
    parts: impl IntoIterator<Item = Vec<u8>>,
) -> io::Result<usize> {
    stream.set_nodelay(true)?;
    let mut sent = 0;
    for part in parts {
        stream.write_all(&part)?;
        sent += 1;
    }
    Ok(sent)
}
