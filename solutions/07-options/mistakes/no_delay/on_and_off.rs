//! hint: nagle-is-on
//! Switches the option on for each write only.

use std::io::{self, Write};
use std::net::TcpStream;

pub fn send_parts(
    mut stream: &TcpStream,
    parts: impl IntoIterator<Item = Vec<u8>>,
) -> io::Result<usize> {
    let mut sent = 0;
    for part in parts {
        stream.set_nodelay(true)?;
        stream.write_all(&part)?;
        stream.set_nodelay(false)?;
        sent += part.len();
    }
    Ok(sent)
}
