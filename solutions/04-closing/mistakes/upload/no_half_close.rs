//! hint: no-half-close
//! Never says that the upload is complete.

use std::io::{self, Read, Write};
use std::net::TcpStream;

pub fn upload(mut stream: &TcpStream, body: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(body)?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    Ok(reply)
}
