//! hint: never-gives-up
//! Asks until the kernel grants it.

use std::io;
use std::net::TcpStream;

use socket2::SockRef;

pub fn ensure_receive_buffer(stream: &TcpStream, least: usize) -> io::Result<usize> {
    let socket = SockRef::from(stream);
    while socket.recv_buffer_size()? < least {
        socket.set_recv_buffer_size(least)?;
    }
    socket.recv_buffer_size()
}
