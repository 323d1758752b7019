//! hint: sends-everything
//! Sends as much as one buffer holds.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

pub fn send_and_receive(stream: &TcpStream, payload: &[u8]) -> io::Result<Vec<u8>> {
    let mut sent = Ok(());
    let mut answer = Vec::new();
    let (mut sender, mut receiver) = (stream, stream);
    let received = thread::scope(|scope| {
        scope.spawn(|| {
            sent = sender
                .write(&payload[..payload.len().min(16 * 1024)])
                .and_then(|_| sender.shutdown(Shutdown::Write))
        });
        receiver.read_to_end(&mut answer)
    });
    sent?;
    received?;
    Ok(answer)
}
