//! hint: option-of-another-family
//! Sets an option of IPv6 on every socket.

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
    socket.set_only_v6(true)?;
    socket.bind(&plan.address.into())?;
    socket.set_recv_buffer_size(plan.receive_buffer)?;
    socket.listen(plan.backlog)?;
    Ok(socket.into())
}
