//! hint: parts-missing
//! Ends each part with a newline that nobody asked for.

use std::io::{self, Write};
use std::net::TcpStream;

pub fn send_parts(
    mut stream: &TcpStream,
    parts: impl IntoIterator<Item = Vec<u8>>,
) -> io::Result<usize> {
    stream.set_nodelay(true)?;
    let mut sent = 0;
    for part in parts {
        writeln!(stream, "{}", String::from_utf8_lossy(&part))?;
        sent += part.len();
    }
    Ok(sent)
}
