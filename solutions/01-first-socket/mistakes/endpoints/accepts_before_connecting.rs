//! hint: waits-in-accept
//! Waits in accept for a client that the same thread would connect afterwards.

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
    let (server, _) = listener.accept()?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    Ok(Conversation {
        client: End {
            local: client.local_addr()?,
            peer: client.peer_addr()?,
            socket: client,
        },
        server: End {
            local: server.local_addr()?,
            peer: server.peer_addr()?,
            socket: server,
        },
    })
}
