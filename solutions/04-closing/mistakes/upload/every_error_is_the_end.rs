//! hint: reset-is-an-error
//! Takes a reset for the end of the reply.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

pub fn upload(mut stream: &TcpStream, body: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(body)?;
    stream.shutdown(Shutdown::Write)?;
    let mut reply = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        reply.extend_from_slice(&buffer[..count]);
    }
    Ok(reply)
}
