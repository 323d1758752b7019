//! hint: only-mapped
//! Takes the last four bytes of whatever comes.

use std::net::SocketAddr;

pub fn normalise(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => {
            let [.., a, b, c, d] = v6.ip().octets();
            SocketAddr::from(([a, b, c, d], v6.port()))
        }
        SocketAddr::V4(_) => address,
    }
}

pub fn is_from_this_computer(client: SocketAddr) -> bool {
    normalise(client).ip().is_loopback()
}
