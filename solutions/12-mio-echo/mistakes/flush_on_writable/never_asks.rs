//! hint: asks-for-writable
//! Leaves the rest to the next event, and there will be none.

use std::io::{self, ErrorKind, Write};

use mio::Interest;

#[derive(Debug)]
pub struct Outgoing {
    pub waiting: Vec<u8>,
    pub interest: Interest,
}

pub fn flush_on_writable(
    stream: &mut impl Write,
    out: &mut Outgoing,
    mut reregister: impl FnMut(Interest) -> io::Result<()>,
) -> io::Result<()> {
    let mut written = 0;
    while written < out.waiting.len() {
        match stream.write(&out.waiting[written..]) {
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    out.waiting.drain(..written);
    Ok(())
}
