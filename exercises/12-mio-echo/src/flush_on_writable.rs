//! Exercise: flush on WRITABLE, and ask for it only when needed.

use std::io::{self, ErrorKind, Write};

use mio::Interest;

/// What one client has still to get.
#[derive(Debug)]
pub struct Outgoing {
    /// Bytes that wait to be written, the oldest first.
    pub waiting: Vec<u8>,
    /// What the client's socket is registered for.
    pub interest: Interest,
}

/// Writes of `out.waiting` what `stream` takes, and removes it there. Then sees to the interest:
/// READABLE alone when nothing waits, READABLE and WRITABLE while something does.
///
/// `reregister` tells the kernel the new interest. It is to be called only when the interest is
/// another one than before, because each call makes a new event of what is ready. `out.interest`
/// is what was registered last.
///
/// What will come: a stream that takes a few bytes with each write, and WouldBlock when it has no
/// more room; calls when nothing waits; `Interrupted` writes, to be tried again.
///
/// Example: `"abcdef"` waits, and the interest is READABLE. The stream takes 4 bytes and then says
/// WouldBlock. Now `"ef"` waits, `reregister` was called once, with both, and the function returns
/// `Ok(())`. When the client has read, WRITABLE is told, the function is called again and the
/// stream takes `"ef"`: nothing waits, and `reregister` is called with READABLE alone.
///
/// # Errors
/// The first error of the stream, such as a reset, and those of `reregister`. WouldBlock and
/// `Interrupted` are none.
pub fn flush_on_writable(
    stream: &mut impl Write,
    out: &mut Outgoing,
    mut reregister: impl FnMut(Interest) -> io::Result<()>,
) -> io::Result<()> {
    todo!(
        "write until nothing waits or until WouldBlock, keep what was not taken, and reregister when the interest has changed"
    )
}
