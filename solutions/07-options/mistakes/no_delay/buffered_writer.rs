//! hint: gathers-the-parts
//! Keeps the parts in a buffer of the program.

use std::io::{self, BufWriter, Write};
use std::net::TcpStream;

pub fn send_parts(
    stream: &TcpStream,
    parts: impl IntoIterator<Item = Vec<u8>>,
) -> io::Result<usize> {
    stream.set_nodelay(true)?;
    let mut writer = BufWriter::new(stream);
    let mut sent = 0;
    for part in parts {
        writer.write_all(&part)?;
        sent += part.len();
    }
    writer.flush()?;
    Ok(sent)
}
