//! Exercise: connect without waiting.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

/// How far a connect has come.
#[derive(Debug)]
pub enum Connecting {
    /// Nobody has answered yet. The socket comes back, to be asked again later.
    NotYet(Socket),
    /// The other end has accepted.
    Connected(TcpStream),
}

/// Whether an error of `connect` says that it has begun and goes on: EINPROGRESS, for which std has
/// no stable name. Windows says `WouldBlock`.
pub fn is_in_progress(error: &io::Error) -> bool {
    let number = rustix::io::Errno::INPROGRESS.raw_os_error();
    error.raw_os_error() == Some(number) || error.kind() == ErrorKind::WouldBlock
}

/// Begins to connect to `address` with a socket that does not block, and returns without waiting.
///
/// What will come: an address where somebody listens; one where nobody does; one where nobody
/// answers for minutes. Most often it is not known yet which it is, and this returns the socket all
/// the same.
///
/// Example: `begin(address)` returns `Ok(socket)` at once. When the socket is writable, [`check`] tells
/// the rest.
///
/// # Errors
/// What is known to have failed already, such as no route to the host.
pub fn begin(address: SocketAddr) -> io::Result<Socket> {
    todo!("a new socket that does not block begins to connect, and \"in progress\" is no failure")
}

/// Asks a socket from [`begin`] how far it has come, without waiting. It stays nonblocking.
///
/// What will come: a socket that is connected; one whose connect has failed, which is writable
/// too; one that is still connecting, when this is asked too early.
///
/// Example: for a socket whose connect was refused this returns an error of the kind
/// `ConnectionRefused`.
///
/// # Errors
/// The failure of the connect, which the kernel keeps in the socket until somebody asks.
pub fn check(socket: Socket) -> io::Result<Connecting> {
    todo!("first ask the socket for its error, then whether it has a peer")
}
