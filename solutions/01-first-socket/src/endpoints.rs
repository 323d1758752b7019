//! Exercise: both endpoints of both ends.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// One end of a connection: a socket, and the two addresses that it knows.
#[derive(Debug)]
pub struct End {
    /// The socket at this end.
    pub socket: TcpStream,
    /// Its own address.
    pub local: SocketAddr,
    /// The address of the other end.
    pub peer: SocketAddr,
}

/// A connection with both of its ends in one process.
#[derive(Debug)]
pub struct Conversation {
    /// The end that connected.
    pub client: End,
    /// The end that `accept` returned.
    pub server: End,
}

/// Connects a client to `listener`, accepts that very connection, and reports both ends.
///
/// There are three sockets now: the listening one, the client's, and the one that `accept` has
/// made for the server. The last two mirror each other: what is local to one is the peer of the
/// other.
///
/// What will come: strangers that connected to `listener` before your client, so that `accept`
/// returns their connections first (close these: the accepted address tells whose it is); a
/// stranger that has reset its connection since, so that its socket has no peer any more.
///
/// Example: for a listener on `127.0.0.1:7001`, `client` may report local `127.0.0.1:53614` and
/// peer `127.0.0.1:7001`, and `server` local `127.0.0.1:7001` and peer `127.0.0.1:53614`.
///
/// # Errors
/// When connecting fails, or accepting for another reason than `ConnectionAborted` (a stranger
/// that left while it waited, on some systems), or a socket of the conversation does not tell
/// its addresses.
pub fn converse(listener: &TcpListener) -> io::Result<Conversation> {
    // BEGIN SOLUTION: connect to the listener's address, accept until the connection of that client comes, and report what both sockets say of their two addresses
    let client = TcpStream::connect(listener.local_addr()?)?;
    let our_client = client.local_addr()?;
    let server = loop {
        match listener.accept() {
            Ok((socket, address)) if address == our_client => break socket,
            Ok(_) => {} // A stranger's connection: dropped here, and so closed.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    };
    let end = |socket: TcpStream| {
        let (local, peer) = (socket.local_addr()?, socket.peer_addr()?);
        Ok::<End, io::Error>(End {
            socket,
            local,
            peer,
        })
    };
    Ok(Conversation {
        client: end(client)?,
        server: end(server)?,
    })
    // END SOLUTION
}
