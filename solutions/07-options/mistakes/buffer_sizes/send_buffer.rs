//! hint: other-buffer
//! Sets the buffer of the other direction.

use std::io::{self, ErrorKind};
use std::net::TcpStream;

use socket2::SockRef;

pub fn ensure_receive_buffer(stream: &TcpStream, least: usize) -> io::Result<usize> {
    let socket = SockRef::from(stream);
    let present = socket.recv_buffer_size()?;
    if present >= least {
        return Ok(present);
    }
    socket.set_send_buffer_size(least)?;
    let granted = socket.send_buffer_size()?;
    if granted < least {
        return Err(ErrorKind::QuotaExceeded.into());
    }
    Ok(granted)
}
