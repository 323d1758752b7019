//! hint: client-has-its-own-port
//! Believes that both ends of a connection have the port of the server.

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
    let address = listener.local_addr()?;
    let client = TcpStream::connect(address)?;
    let (server, _) = listener.accept()?;
    Ok(Conversation {
        client: End {
            socket: client,
            local: address,
            peer: address,
        },
        server: End {
            socket: server,
            local: address,
            peer: address,
        },
    })
}
