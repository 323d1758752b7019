//! hint: interest-is-remembered
//! Tells the kernel, and not itself.

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
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => written += count,
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => break,
                ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
    out.waiting.drain(..written);

    let wanted = if out.waiting.is_empty() {
        Interest::READABLE
    } else {
        Interest::READABLE | Interest::WRITABLE
    };
    if wanted != out.interest {
        reregister(wanted)?;
    }
    Ok(())
}
