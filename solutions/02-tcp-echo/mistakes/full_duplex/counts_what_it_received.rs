//! hint: answer-has-its-own-length
//! Reads until as many bytes have come as it sent, and does not notice the end.

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
                .write_all(payload)
                .and_then(|()| sender.shutdown(Shutdown::Write))
        });
        {
            let mut buffer = [0; 4096];
            while answer.len() < payload.len() {
                match receiver.read(&mut buffer) {
                    Ok(n) => answer.extend_from_slice(&buffer[..n]),
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        }
    });
    sent?;
    received?;
    Ok(answer)
}
