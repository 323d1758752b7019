//! hint: reset-is-an-error
//! Takes an error while receiving for the end of the answer.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

pub fn send_and_receive(stream: &TcpStream, payload: &[u8]) -> io::Result<Vec<u8>> {
    let mut sent = Ok(());
    let mut answer = Vec::new();
    let (mut sender, mut receiver) = (stream, stream);
    thread::scope(|scope| {
        scope.spawn(|| {
            sent = sender
                .write_all(payload)
                .and_then(|()| sender.shutdown(Shutdown::Write))
        });
        {
            let mut buffer = [0; 4096];
            while let Ok(n) = receiver.read(&mut buffer) {
                if n == 0 {
                    break;
                }
                answer.extend_from_slice(&buffer[..n]);
            }
        }
    });
    sent?;
    Ok(answer)
}
