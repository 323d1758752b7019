//! hint: ignores-the-sending-half
//! Sends in a thread that nobody asks how it went.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

pub fn send_and_receive(stream: &TcpStream, payload: &[u8]) -> io::Result<Vec<u8>> {
    let (mut sender, mut receiver) = (stream.try_clone()?, stream);
    let payload = payload.to_vec();
    thread::spawn(move || {
        sender.write_all(&payload)?;
        sender.shutdown(Shutdown::Write)
    });
    let mut answer = Vec::new();
    receiver.read_to_end(&mut answer)?;
    Ok(answer)
}
