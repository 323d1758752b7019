//! hint: option-after-bind
//! Lets std bind and listen, and sets the options afterwards.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::SockRef;

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub address: SocketAddr,
    pub receive_buffer: usize,
    pub backlog: i32,
}

pub fn build(plan: &Plan) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(plan.address)?;
    let socket = SockRef::from(&listener);
    if plan.address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_recv_buffer_size(plan.receive_buffer)?;
    Ok(listener)
}
