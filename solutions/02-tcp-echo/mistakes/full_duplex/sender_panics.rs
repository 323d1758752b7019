//! hint: panicked
//! Expects that sending cannot fail.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

pub fn send_and_receive(stream: &TcpStream, payload: &[u8]) -> io::Result<Vec<u8>> {
    let mut sent = Ok(());
    let mut answer = Vec::new();
    let (mut sender, mut receiver) = (stream, stream);
    let received = thread::scope(|scope| {
        scope.spawn(|| {
            sent = {
                sender.write_all(payload).expect("send");
                sender.shutdown(Shutdown::Write)
            }
        });
        receiver.read_to_end(&mut answer)
    });
    sent?;
    received?;
    Ok(answer)
}
