//! Exercise: restart through TIME_WAIT.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::Socket;

/// The backlog of the server.
pub const BACKLOG: i32 = 128;

/// Binds `socket` to `address` and listens, also right after an earlier server of that address
/// has stopped.
///
/// A server that closed its connections first leaves them behind in TIME_WAIT, for a minute on
/// Linux, and they hold the port. They give it up to a socket that has SO_REUSEADDR when it binds,
/// if the socket that they come from had it too. Both servers are started with this function.
///
/// `socket` is new and belongs to the address's family. The caller has set options of its own on
/// it, so use this very socket.
///
/// What will come: a first start on port 0; a client that must get everything that the server
/// sent, and then end of stream; several restarts on the port of a server that has just stopped,
/// with connections in TIME_WAIT; a start while another server still *listens* on the port, which
/// must fail.
///
/// Example: a server listens on `127.0.0.1:7007`, closes a connection and stops. A second later
/// `listen(socket, "127.0.0.1:7007")` returns a listener on `127.0.0.1:7007`, not an error.
///
/// # Errors
/// `AddrInUse` when another socket listens on the address, and whatever else the kernel reports.
pub fn listen(socket: Socket, address: SocketAddr) -> io::Result<TcpListener> {
    // BEGIN SOLUTION: set the option that lets bind pass by TIME_WAIT, then bind, then listen with BACKLOG
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
    // END SOLUTION
}
