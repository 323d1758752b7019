//! hint: not-what-is-read-back
//! Returns the size from before the change.

use std::io;
use std::net::TcpStream;

use socket2::SockRef;

pub fn ensure_receive_buffer(stream: &TcpStream, least: usize) -> io::Result<usize> {
    let socket = SockRef::from(stream);
    let present = socket.recv_buffer_size()?;
    if present >= least {
        return Ok(present);
    }
    socket.set_recv_buffer_size(least)?;
    Ok(present)
}
