//! hint: mapped-is-ipv4
//! Takes the other writing for another client.

use std::net::SocketAddr;

pub fn normalise(address: SocketAddr) -> SocketAddr {
    address
}

pub fn is_from_this_computer(client: SocketAddr) -> bool {
    normalise(client).ip().is_loopback()
}
