//! hint: another-socket
//! Leaves the work to std, which makes a socket of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::Socket;

pub const BACKLOG: i32 = 128;

pub fn listen(_socket: Socket, address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
}
