//! hint: no-half-close
//! Believes that dropping a clone of the stream closes the direction that it was used for.

use std::io::{self, Read, Write};
use std::net::TcpStream;

pub fn upload(mut stream: &TcpStream, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut sender = stream.try_clone()?;
    sender.write_all(body)?;
    drop(sender);
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    Ok(reply)
}
