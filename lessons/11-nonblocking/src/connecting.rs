//! Connecting without waiting.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

// ANCHOR: connecting
/// How far a connect has come.
#[derive(Debug)]
pub enum Connecting {
    /// The peer has not answered. Look again when the socket is writable.
    NotYet(Socket),
    /// It has accepted.
    Connected(TcpStream),
}

/// Begins to connect to `address`, and returns before it is known how that ends.
///
/// connect(2) sends the first segment of the handshake and says "in progress", EINPROGRESS: an
/// answer, as WouldBlock is one. When the socket is writable, the handshake is over, one way or the
/// other: then ask [`check`].
///
/// # Errors
///
/// When it is known at once that nothing will come of it: no route, no descriptors.
pub fn begin(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?; // before connect, or connect waits
    match socket.connect(&address.into()) {
        Ok(()) => Ok(socket), // Some systems know at once, within one computer.
        Err(error) if is_in_progress(&error) => Ok(socket),
        Err(error) => Err(error),
    }
}

/// Asks how far `socket`, which came from [`begin`], has come.
///
/// # Errors
///
/// The failure of the connect, such as `ConnectionRefused`. It waits in the socket, SO_ERROR,
/// socket(7), and is told once.
pub fn check(socket: Socket) -> io::Result<Connecting> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    // No error: it has succeeded, or it is not decided. Only a connected socket has a peer.
    match socket.peer_addr() {
        Ok(_) => Ok(Connecting::Connected(socket.into())),
        Err(error) if error.kind() == ErrorKind::NotConnected => Ok(Connecting::NotYet(socket)),
        Err(error) => Err(error),
    }
}

/// std has no stable name for EINPROGRESS; Windows says `WouldBlock`.
fn is_in_progress(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) {
        return true;
    }
    error.kind() == ErrorKind::WouldBlock
}
// ANCHOR_END: connecting
