//! hint: shrinks
//! Sets the size although the buffer is large enough.

use std::io::{self, ErrorKind};
use std::net::TcpStream;

use socket2::SockRef;

pub fn ensure_receive_buffer(stream: &TcpStream, least: usize) -> io::Result<usize> {
    let socket = SockRef::from(stream);
    socket.set_recv_buffer_size(least)?;
    let granted = socket.recv_buffer_size()?;
    if granted < least {
        return Err(ErrorKind::QuotaExceeded.into());
    }
    Ok(granted)
}
