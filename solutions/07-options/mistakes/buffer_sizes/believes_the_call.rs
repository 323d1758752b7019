//! hint: believes-the-call
//! Takes a call that succeeded for a wish that was granted.

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
    socket.recv_buffer_size()
}
