//! hint: waits-for-time-wait
//! Waits until TIME_WAIT is over.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use socket2::Socket;

pub const BACKLOG: i32 = 128;

pub fn listen(socket: Socket, address: SocketAddr) -> io::Result<TcpListener> {
    while socket.bind(&address.into()).is_err() {
        thread::sleep(Duration::from_millis(100));
    }
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
