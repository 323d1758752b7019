//! hint: in-progress
//! Takes "in progress" for a failure.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

#[derive(Debug)]
pub enum Connecting {
    NotYet(Socket),
    Connected(TcpStream),
}

pub fn is_in_progress(error: &io::Error) -> bool {
    let number = rustix::io::Errno::INPROGRESS.raw_os_error();
    error.raw_os_error() == Some(number) || error.kind() == ErrorKind::WouldBlock
}

pub fn begin(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&address.into())?;
    Ok(socket)
}

pub fn check(socket: Socket) -> io::Result<Connecting> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    match socket.peer_addr() {
        Ok(_) => Ok(Connecting::Connected(socket.into())),
        Err(error) if error.kind() == ErrorKind::NotConnected => Ok(Connecting::NotYet(socket)),
        Err(error) => Err(error),
    }
}
