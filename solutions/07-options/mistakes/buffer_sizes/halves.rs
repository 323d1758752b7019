//! hint: reports-the-wish
//! Returns half of the size, because Linux doubles it.

use std::io::{self, ErrorKind};
use std::net::TcpStream;

use socket2::SockRef;

pub fn ensure_receive_buffer(stream: &TcpStream, least: usize) -> io::Result<usize> {
    let socket = SockRef::from(stream);
    let present = socket.recv_buffer_size()?;
    if present >= least {
        return Ok(present);
    }
    socket.set_recv_buffer_size(least)?;
    let granted = socket.recv_buffer_size()?;
    if granted < least {
        return Err(ErrorKind::QuotaExceeded.into());
    }
    Ok(granted / 2)
}
