//! hint: dies-with-a-stranger
//! Asks every accepted socket for its peer; a socket that was reset has none.

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
    let server = loop {
        let (socket, _) = listener.accept()?;
        if socket.peer_addr()? == client.local_addr()? {
            break socket;
        }
    };
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
