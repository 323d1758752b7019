//! hint: no-reuse-address
//! Sets the option only when a bind has failed: the old socket never had it.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::Socket;

pub const BACKLOG: i32 = 128;

pub fn listen(socket: Socket, address: SocketAddr) -> io::Result<TcpListener> {
    if socket.bind(&address.into()).is_err() {
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
    }
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
