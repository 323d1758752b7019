//! Lesson 07: socket options change behaviour, and most must be set before the call that they
//! change.
//!
//! An option is a setting of one socket: setsockopt(2) writes it, getsockopt(2) reads it back. What
//! is read back is what the kernel made of the wish, and that may be something else.
//!
//! - [`Listening`] makes a listening socket, with its options at the right moment;
//! - [`catalogue`] lists the options that socket2 knows, and tries each;
//! - [`Dscp`] marks packets for those networks that look at the mark;
//! - [`rebind`] asks in which situations a port can be bound again.

pub mod catalogue;
mod dscp;
mod rebind;

pub use dscp::Dscp;
pub use rebind::{Rebound, in_time_wait, rebind};

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// How many finished connections may wait to be accepted, unless a program says otherwise.
pub const BACKLOG: i32 = 128;

// ANCHOR: listening
/// What a listening socket shall be. All of it is decided before the socket has a name.
#[derive(Clone, Copy, Debug)]
pub struct Listening {
    /// SO_REUSEADDR: bind although connections of an earlier server are in TIME_WAIT.
    pub reuse_address: bool,
    /// SO_REUSEPORT: share the port with other listening sockets that say the same.
    pub reuse_port: bool,
    /// SO_RCVBUF in bytes, for each connection; `None` leaves the size to the kernel, which
    /// then adapts it to what the connection needs.
    pub receive_buffer: Option<usize>,
    /// How many finished connections may wait to be accepted.
    pub backlog: i32,
}

impl Default for Listening {
    fn default() -> Self {
        Self {
            reuse_address: true,
            reuse_port: false,
            receive_buffer: None,
            backlog: BACKLOG,
        }
    }
}

impl Listening {
    /// Makes the socket, sets its options, binds it to `address` and listens.
    ///
    /// # Errors
    ///
    /// `AddrInUse` when the port is taken, `Unsupported` for an option that this system does not
    /// have, and whatever else socket(2), setsockopt(2), bind(2) or listen(2) report.
    pub fn listen(&self, address: SocketAddr) -> io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;

        // Before bind: these change what bind allows. Later, nobody asks for them any more.
        //
        // On Windows SO_REUSEADDR would let two servers listen on one port, and what it does
        // elsewhere is the rule there without any option. So it is not set there.
        socket.set_reuse_address(self.reuse_address && !cfg!(windows))?;
        if self.reuse_port {
            share_port(&socket)?;
        }
        socket.bind(&address.into())?;

        // Before listen: every connection inherits the size, and how large a window it can ever
        // announce is settled in its handshake, which the kernel does before accept, tcp(7).
        if let Some(size) = self.receive_buffer {
            socket.set_recv_buffer_size(size)?;
        }
        socket.listen(self.backlog)?;
        Ok(socket.into())
    }
}
// ANCHOR_END: listening

#[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
fn share_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

#[cfg(not(all(unix, not(any(target_os = "solaris", target_os = "illumos")))))]
fn share_port(_: &Socket) -> io::Result<()> {
    let sentence = "this system has no SO_REUSEPORT";
    Err(io::Error::new(io::ErrorKind::Unsupported, sentence))
}
