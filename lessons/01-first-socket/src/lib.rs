//! Lesson 01: the listening socket and the connected socket are two different sockets.
//!
//! A listening socket never carries a byte of conversation. It is where the kernel puts finished
//! connections until someone calls [`TcpListener::accept`], and every `accept` takes one of them
//! and returns a *new* socket, which is one end of that one conversation.
//!
//! - [`serve`] greets one client after another;
//! - [`Endpoints`] names both ends of a connected socket.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::time::Duration;

/// How long the program gives a greeted client to say something or to hang up.
pub const FAREWELL: Duration = Duration::from_secs(1);

/// The two ends of a connected TCP socket, seen from this process.
///
/// The process at the other end sees the same two addresses the other way round: together with the
/// protocol they *are* the connection (RFC 9293, section 3.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The address of our end, as getsockname(2) reports it.
    pub local: SocketAddr,
    /// The address of the other end, as getpeername(2) reports it.
    pub peer: SocketAddr,
}

impl Endpoints {
    /// Asks the kernel for both ends of `stream`.
    ///
    /// # Errors
    ///
    /// `NotConnected` when the peer has already reset the connection: its address went with it.
    pub fn of(stream: &TcpStream) -> io::Result<Self> {
        Ok(Self {
            local: stream.local_addr()?,
            peer: stream.peer_addr()?,
        })
    }

    /// The same connection, seen from the other end.
    pub fn mirrored(self) -> Self {
        Self {
            local: self.peer,
            peer: self.local,
        }
    }
}

impl fmt::Display for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.local, self.peer)
    }
}

// ANCHOR: serve
/// Greets the clients of `listener` in turn, and tells `report` what became of each.
///
/// A greeted client gets `farewell`, which must not be zero, to say something or to hang up. Nobody
/// else is greeted meanwhile: one client at a time (lesson 09 serves many).
///
/// `report` gets the client's address and the ends of the connection, or the error that ended it,
/// and it says whether to go on: `Break` makes `serve` return `Ok`.
///
/// # Errors
///
/// When `accept` fails for a reason that is not one client's, accept(2).
pub fn serve(
    listener: &TcpListener,
    farewell: Duration,
    mut report: impl FnMut(SocketAddr, io::Result<Endpoints>) -> ControlFlow<()>,
) -> io::Result<()> {
    loop {
        let (client, address) = match listener.accept() {
            Ok(accepted) => accepted,
            // Policy, failed accept: a client that left while it waited in the queue is no trouble
            // of ours; everything else ends the server (lesson 09 does better).
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        // Policy, failed client: it is reported, and the next one is served. A `?` here would let
        // any client end the server, simply by resetting its connection.
        if report(address, greet(client, farewell)).is_break() {
            return Ok(());
        }
    }
}
// ANCHOR_END: serve

// ANCHOR: greet
/// Sends one line to the client and closes the connection.
fn greet(mut client: TcpStream, farewell: Duration) -> io::Result<Endpoints> {
    let ends = Endpoints::of(&client)?;
    // The send buffer of a new connection is empty, so this write cannot block.
    client.write_all(format!("hello, {}\n", ends.peer).as_bytes())?;

    // A socket that is closed while it holds unread input resets the connection, and a reset may
    // overtake the greeting. So we say that we are done, give the client a moment to speak or to
    // hang up, and ignore what it says (lesson 04 is about closing).
    client.shutdown(Shutdown::Write)?;
    client.set_read_timeout(Some(farewell))?;
    match client.read(&mut [0; 4096]) {
        Ok(_) => Ok(ends),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Ok(ends) // It stays silent and connected, for instance a person at `nc`.
        }
        Err(error) => Err(error),
    }
} // `client` is dropped here, and that is close(): of this socket, not of the listening one.
// ANCHOR_END: greet
