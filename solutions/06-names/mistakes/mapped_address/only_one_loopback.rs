//! hint: all-of-127
//! Knows two loopback addresses, and there are 16 million more.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

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
    let ip = normalise(client).ip();
    ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST
}
