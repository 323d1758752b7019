//! hint: ignores-the-sending-half
//! Does not look whether everything could be sent.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

pub fn send_and_receive(stream: &TcpStream, payload: &[u8]) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    let (mut sender, mut receiver) = (stream, stream);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ = sender.write_all(payload);
            let _ = sender.shutdown(Shutdown::Write);
        });
        receiver.read_to_end(&mut answer)
    })?;
    Ok(answer)
}
