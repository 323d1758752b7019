//! hint: family-of-the-address
//! Makes an IPv4 socket for every address.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub address: SocketAddr,
    pub receive_buffer: usize,
    pub backlog: i32,
}

pub fn build(plan: &Plan) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&plan.address.into())?;
    socket.set_recv_buffer_size(plan.receive_buffer)?;
    socket.listen(plan.backlog)?;
    Ok(socket.into())
}
