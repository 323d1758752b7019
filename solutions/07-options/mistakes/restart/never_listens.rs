//! hint: not-listening
//! Believes that a bound socket takes clients.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::Socket;

pub const BACKLOG: i32 = 128;

pub fn listen(socket: Socket, address: SocketAddr) -> io::Result<TcpListener> {
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}
