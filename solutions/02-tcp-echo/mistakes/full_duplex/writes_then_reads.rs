//! hint: writes-before-it-reads
//! Sends everything before it receives the first byte: both sides wait for each other.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

pub fn send_and_receive(stream: &TcpStream, payload: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = stream;
    stream.write_all(payload)?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
