//! Exercise: read what has come.

use std::io::{self, ErrorKind, Read};

/// Bytes that one read takes at most.
pub const CHUNK: usize = 1024;

/// Why the reading has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Everything that had come has been read. More may come later.
    NotYet,
    /// The end of the stream: nothing more will come.
    End,
    /// `input` is as long as it may be. The rest stays in the kernel.
    Full,
}

/// Reads what has come from `socket`, which does not block, and puts it behind what is in `input`
/// already.
///
/// Stops when nothing is there any more, at the end of the stream, or when `input` holds `limit`
/// bytes: never more than that, not even for a moment.
///
/// What will come: bytes in pieces of any size; `WouldBlock`, which means that nothing is there
/// *now*; `Ok(0)`, the end of the stream; reads that are `Interrupted`, which are made again; other
/// errors. `input` may be full from the beginning: then nothing is read.
///
/// Example: with "ab" in `input`, reads bring "cd", "ef", and then `WouldBlock`. `input` is "abcdef"
/// then, and this returns `Ok(Stopped::NotYet)`.
///
/// # Errors
/// Whatever the socket reports, but neither `WouldBlock` nor `Interrupted`. What had come before
/// the error is in `input`.
pub fn read_what_came(
    socket: &mut impl Read,
    input: &mut Vec<u8>,
    limit: usize,
) -> io::Result<Stopped> {
    // BEGIN SOLUTION: read until WouldBlock, until the end of the stream, or until input holds limit bytes
    let mut chunk = [0; CHUNK];
    loop {
        let room = limit.saturating_sub(input.len()).min(CHUNK);
        if room == 0 {
            return Ok(Stopped::Full); // A read into no room would say Ok(0), as at the end.
        }
        match socket.read(&mut chunk[..room]) {
            Ok(0) => return Ok(Stopped::End),
            Ok(count) => input.extend_from_slice(&chunk[..count]),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(Stopped::NotYet),
                ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
    // END SOLUTION
}
