//! hint: one-read-one-message
//! Takes one read for the whole answer.

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
            answer.resize(64 * 1024, 0);
            receiver.read(&mut answer).map(|n| answer.truncate(n))
        }
    });
    sent?;
    received?;
    Ok(answer)
}
