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
    // BEGIN SOLUTION: a new socket that does not block begins to connect, and "in progress" is no failure
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address.into()) {
        Ok(()) => Ok(socket),
        Err(error) if is_in_progress(&error) => Ok(socket),
        Err(error) => Err(error),
    }
    // END SOLUTION
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
    // BEGIN SOLUTION: first ask the socket for its error, then whether it has a peer
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    match socket.peer_addr() {
        Ok(_) => Ok(Connecting::Connected(socket.into())),
        Err(error) if error.kind() == ErrorKind::NotConnected => Ok(Connecting::NotYet(socket)),
        Err(error) => Err(error),
    }
    // END SOLUTION
}
