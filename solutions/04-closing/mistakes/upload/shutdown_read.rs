//! hint: closes-both-directions
//! Ends the wrong direction: nobody is told about it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

pub fn upload(mut stream: &TcpStream, body: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(body)?;
    stream.shutdown(Shutdown::Read)?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    Ok(reply)
}
