//! Exercise: a receive buffer that is large enough.

use std::io::{self, ErrorKind};
use std::net::TcpStream;

use socket2::SockRef;

/// Makes sure that the receive buffer of `stream` has at least `least` bytes, and returns the size
/// that it has then. All sizes are as the kernel reads SO_RCVBUF back.
///
/// A buffer that is large enough is left alone: setting SO_RCVBUF could make it smaller, and it
/// ends the kernel's own adapting of the size. Otherwise the kernel is asked for `least`
/// bytes. It may grant more (Linux doubles the wish, for its bookkeeping) or less (there is an upper
/// limit), and in both cases the call that asks succeeds. Only reading the option tells.
///
/// What will come: a size above the present one; one far below it; one of 1 GiB.
///
/// Example: the buffer has 131,072 bytes. On Linux, with 150,000 asked for, it has 300,000 afterwards,
/// and the function returns `Ok(300000)`; with 20,000 asked for it returns `Ok(131072)` and has
/// changed nothing.
///
/// # Errors
/// `QuotaExceeded` when the kernel grants less than `least` bytes, and what it reports itself.
pub fn ensure_receive_buffer(stream: &TcpStream, least: usize) -> io::Result<usize> {
    let socket = SockRef::from(stream); // the same socket, with all options that std does not know
    todo!(
        "leave a buffer alone that is large enough; otherwise ask for `least` bytes, read back what was granted, and return that or an error"
    )
}
