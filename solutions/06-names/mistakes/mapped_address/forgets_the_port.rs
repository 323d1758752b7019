//! hint: keeps-the-port
//! Keeps the address and loses the port.

use std::net::SocketAddr;

pub fn normalise(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), 0)
}

pub fn is_from_this_computer(client: SocketAddr) -> bool {
    normalise(client).ip().is_loopback()
}
