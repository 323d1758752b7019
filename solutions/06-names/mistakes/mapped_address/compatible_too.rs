//! hint: only-mapped
//! to_ipv4() also takes ::1 for 0.0.0.1.

use std::net::{SocketAddr, SocketAddrV4};

pub fn normalise(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4() {
            Some(ip) => SocketAddrV4::new(ip, v6.port()).into(),
            None => address,
        },
        SocketAddr::V4(_) => address,
    }
}

pub fn is_from_this_computer(client: SocketAddr) -> bool {
    normalise(client).ip().is_loopback()
}
