//! hint: keeps-the-scope
//! An address and a port are not all that an IPv6 endpoint has.

use std::net::SocketAddr;

pub fn normalise(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

pub fn is_from_this_computer(client: SocketAddr) -> bool {
    normalise(client).ip().is_loopback()
}
