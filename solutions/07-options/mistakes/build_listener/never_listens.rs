//! hint: not-listening
//! Believes that a bound socket takes clients.

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
    let socket = Socket::new(Domain::for_address(plan.address), Type::STREAM, None)?;
    if plan.address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&plan.address.into())?;
    socket.set_recv_buffer_size(plan.receive_buffer)?;
    Ok(socket.into())
}
