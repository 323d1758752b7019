//! hint: reuse-port
//! Sets both options, to be on the safe side.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::Socket;

pub const BACKLOG: i32 = 128;

pub fn listen(socket: Socket, address: SocketAddr) -> io::Result<TcpListener> {
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
