//! hint: mapped-loopback
//! ::ffff:127.0.0.1 is not a loopback address of IPv6.

use std::net::{SocketAddr, SocketAddrV4};

pub fn normalise(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(ip) => SocketAddrV4::new(ip, v6.port()).into(),
            None => address,
        },
        SocketAddr::V4(_) => address,
    }
}

pub fn is_from_this_computer(client: SocketAddr) -> bool {
    client.ip().is_loopback()
}
