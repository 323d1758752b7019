//! Exercise: build a listener option by option.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// What a listener shall be.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Where it listens. Port 0 leaves the choice to the kernel.
    pub address: SocketAddr,
    /// SO_RCVBUF in bytes, for every connection that it accepts.
    pub receive_buffer: usize,
    /// How many finished connections may wait to be accepted.
    pub backlog: i32,
}

/// Makes a listening socket as `plan` says, one call after another: socket, options, bind,
/// options, listen.
///
/// A socket for an IPv6 address takes IPv6 clients only (IPV6_V6ONLY): bound to `[::]`, which is every
/// address of the computer, it would take IPv4 clients too. An IPv4 socket has no such option. Each
/// connection has the receive buffer that was asked for, already when `accept` returns it. Give the
/// kernel the size as it is: what it makes of it is its business.
///
/// What will come: `127.0.0.1:0` and, where the computer has IPv6, `[::]:0`; receive buffers of
/// 10,000 to 50,000 bytes; backlogs of 3 to 8, and clients until the queue is full.
///
/// Example: for `[::]:0`, 20,000 bytes and a backlog of 5, the listener refuses IPv4 clients, five
/// clients may wait (Linux lets in one more), and on Linux SO_RCVBUF of an accepted connection
/// reads back as 40,000.
///
/// # Errors
/// What the kernel reports for any of the calls. No error is ignored.
pub fn build(plan: &Plan) -> io::Result<TcpListener> {
    todo!(
        "make a socket of the address's family, set what must be set before bind, bind, set what must be set before listen, and listen"
    )
}
