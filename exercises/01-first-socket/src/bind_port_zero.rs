//! Exercise: bind port 0 and report the address.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Listens on `127.0.0.1`, on a port that the kernel chooses, and reports the address on which
/// clients can connect from now on.
///
/// Port 0 means "choose a free one for me". The kernel chooses while it binds, so no other
/// program can take the port in between; afterwards the socket knows its own address
/// (getsockname(2), which std calls `local_addr`).
///
/// What will come: several calls while the earlier listeners still listen; a client that
/// connects to the address that you report; one that looks whether other computers could
/// connect too, which they must not.
///
/// Example: the first call returns a listener and `127.0.0.1:41523`, the second one another
/// listener and `127.0.0.1:36007`. Your numbers will be others, and others again next time.
///
/// # Errors
/// When the kernel cannot bind or does not tell the address.
pub fn listen_anywhere() -> io::Result<(TcpListener, SocketAddr)> {
    todo!(
        "bind port 0 on the loopback address, ask the listener which address it got, and return both"
    )
}
