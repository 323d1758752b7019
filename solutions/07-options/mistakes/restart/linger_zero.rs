//! hint: resets-the-clients
//! Avoids TIME_WAIT by resetting every connection.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use socket2::Socket;

pub const BACKLOG: i32 = 128;

pub fn listen(socket: Socket, address: SocketAddr) -> io::Result<TcpListener> {
    socket.set_reuse_address(true)?;
    socket.set_linger(Some(Duration::ZERO))?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
