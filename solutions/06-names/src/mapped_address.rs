//! Exercise: one client, one address.

use std::net::{SocketAddr, SocketAddrV4};

/// Gives a mapped address back its IPv4 form: `[::ffff:192.0.2.1]:80` becomes `192.0.2.1:80`.
///
/// A socket for both families has an IPv6 name for everyone. A client that came over IPv4 gets a
/// mapped address: 80 zero bits, 16 one bits, and its IPv4 address (RFC 4291, section 2.5.5.2). Who
/// counts, logs, blocks or allows clients by address must not take that for another client.
///
/// What will come: mapped addresses, IPv4 addresses, and IPv6 addresses of all kinds. Some of
/// those look similar (`::192.0.2.1`, `::ffff:0:192.0.2.1`, `::1`) and one has a scope
/// (`fe80::1%3`, which is good on interface 3 only). All that are not mapped stay as they are.
///
/// Example: `[::ffff:127.0.0.1]:53614` becomes `127.0.0.1:53614`, and `[::1]:53614` stays.
pub fn normalise(address: SocketAddr) -> SocketAddr {
    // BEGIN SOLUTION: an IPv6 address that is mapped becomes an IPv4 address with the same port, and every other one stays
    match address {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(ip) => SocketAddrV4::new(ip, v6.port()).into(),
            None => address,
        },
        SocketAddr::V4(_) => address,
    }
    // END SOLUTION
}

/// Whether the client with this address is a program on this computer: its address is a loopback
/// address, as `accept` reported it on whatever socket.
///
/// Example: true for `127.0.0.1:53614`, for `[::1]:53614` and for `[::ffff:127.0.0.1]:53614`.
pub fn is_from_this_computer(client: SocketAddr) -> bool {
    // BEGIN SOLUTION: normalise first, and then ask whether the address is a loopback address
    normalise(client).ip().is_loopback()
    // END SOLUTION
}
