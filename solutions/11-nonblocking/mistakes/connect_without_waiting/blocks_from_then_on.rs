//! hint: stays-nonblocking
//! Gives a blocking socket to a loop that must never wait.

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
    match socket.connect(&address.into()) {
        Ok(()) => Ok(socket),
        Err(error) if is_in_progress(&error) => Ok(socket),
        Err(error) => Err(error),
    }
}

pub fn check(socket: Socket) -> io::Result<Connecting> {
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    match socket.peer_addr() {
        Ok(_) => {
            socket.set_nonblocking(false)?;
            Ok(Connecting::Connected(socket.into()))
        }
        Err(error) if error.kind() == ErrorKind::NotConnected => Ok(Connecting::NotYet(socket)),
        Err(error) => Err(error),
    }
}
