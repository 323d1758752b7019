//! hint: ignores-the-error
//! Does not look at the result of a write.

use std::io::{self, Write};
use std::net::TcpStream;

pub fn send_parts(
    mut stream: &TcpStream,
    parts: impl IntoIterator<Item = Vec<u8>>,
) -> io::Result<usize> {
    stream.set_nodelay(true)?;
    let mut sent = 0;
    for part in parts {
        let _ = stream.write_all(&part);
        sent += part.len();
    }
    Ok(sent)
}
