//! Exercise: one listening socket for both families.

use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{Ipv6Addr, SocketAddr, TcpListener};

/// How many finished connections may wait for `accept`.
pub const BACKLOG: i32 = 128;

/// Whose clients a listening socket of the IPv6 family takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Families {
    /// Clients that come over IPv6, and those that come over IPv4.
    Both,
    /// Clients that come over IPv6. The same port is free for an IPv4 socket.
    OnlyV6,
}

/// Listens on `port` of every address of this computer, with one socket of the IPv6 family, for
/// clients of `families`. Port 0 lets the kernel choose.
///
/// Whether such a socket takes IPv4 clients too is the option IPV6_V6ONLY, ipv6(7). Linux leaves it
/// off, Windows turns it on, and an administrator may decide otherwise: say what you want. A socket option that changes what `bind` does
/// must be set before `bind`.
///
/// What will come: both kinds, with port 0 and with a port that a socket of the IPv4 family already
/// has; clients on `127.0.0.1` and on `[::1]`.
///
/// Example: after `listen(Families::Both, 7006)`, clients can connect to `127.0.0.1:7006` and to
/// `[::1]:7006`, and the same listener accepts them.
///
/// Note that this listens on *every* address, so other computers can connect, too. The programs of
/// the course do so only when they are told.
///
/// # Errors
/// When the kernel refuses one of the calls.
pub fn listen(families: Families, port: u16) -> io::Result<TcpListener> {
    todo!(
        "make a socket of the IPv6 family, set IPV6_V6ONLY as wanted, bind it to every address, and listen with BACKLOG"
    )
}
