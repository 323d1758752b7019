//! hint: another-port
//! Takes any port when the one that was asked for is in use.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::Socket;

pub const BACKLOG: i32 = 128;

pub fn listen(socket: Socket, address: SocketAddr) -> io::Result<TcpListener> {
    if socket.bind(&address.into()).is_err() {
        let elsewhere = SocketAddr::new(address.ip(), 0);
        socket.bind(&elsewhere.into())?;
    }
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
