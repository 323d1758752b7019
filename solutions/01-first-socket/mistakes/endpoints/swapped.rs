//! hint: swapped
//! Exchanges local and peer.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};

#[derive(Debug)]
pub struct End {
    pub socket: TcpStream,
    pub local: SocketAddr,
    pub peer: SocketAddr,
}

#[derive(Debug)]
pub struct Conversation {
    pub client: End,
    pub server: End,
}

pub fn converse(listener: &TcpListener) -> io::Result<Conversation> {
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (server, _) = listener.accept()?;
    Ok(Conversation {
        client: End {
            local: client.peer_addr()?,
            peer: client.local_addr()?,
            socket: client,
        },
        server: End {
            local: server.peer_addr()?,
            peer: server.local_addr()?,
            socket: server,
        },
    })
}
