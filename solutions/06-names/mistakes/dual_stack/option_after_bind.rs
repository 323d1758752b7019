//! hint: option-after-bind
//! Sets the option when bind has used its value already.

use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{Ipv6Addr, SocketAddr, TcpListener};

pub const BACKLOG: i32 = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Families {
    Both,
    OnlyV6,
}

pub fn listen(families: Families, port: u16) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV6, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)).into())?;
    socket.set_only_v6(families == Families::OnlyV6)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
