//! hint: waits-between-pieces
//! Sends a piece and waits for the answer to it: there may be none before the end.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

pub fn send_and_receive(stream: &TcpStream, payload: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = stream;
    let mut answer = Vec::new();
    for piece in payload.chunks(16 * 1024) {
        stream.write_all(piece)?;
        let mut reply = vec![0; piece.len()];
        stream.read_exact(&mut reply)?;
        answer.extend_from_slice(&reply);
    }
    stream.shutdown(Shutdown::Write)?;
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
