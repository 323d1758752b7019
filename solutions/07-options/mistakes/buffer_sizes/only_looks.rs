//! hint: not-set
//! Reports a buffer that is too small, and does not ask for another.

use std::io::{self, ErrorKind};
use std::net::TcpStream;

use socket2::SockRef;

pub fn ensure_receive_buffer(stream: &TcpStream, least: usize) -> io::Result<usize> {
    let socket = SockRef::from(stream);
    let present = socket.recv_buffer_size()?;
    if present >= least {
        return Ok(present);
    }
    Err(ErrorKind::QuotaExceeded.into())
}
