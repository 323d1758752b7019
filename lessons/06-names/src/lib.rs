//! Lesson 06: a name is many addresses.
//!
//! Sockets know addresses only. A name becomes a *list* of addresses, in two families, and any of
//! them may refuse or keep silent. So a client needs a policy for the list, and a server should
//! be there in both families.
//!
//! - [`Resolve`] turns a name into addresses, and a test can write its own;
//! - [`interleave`] lets the two families take turns;
//! - [`Race`] decides when to try which address (no socket, no clock), and [`dial`] does it;
//! - [`listen`] takes clients of both families, and [`normalise`] gives them one address each;
//! - [`SilentListener`] is a server that nobody can reach, for trying all of this out.

mod dial;
mod race;
mod silent;

pub use dial::{Attempt, dial};
pub use race::{Race, Step};
pub use silent::SilentListener;

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, SocketAddrV4, TcpListener, ToSocketAddrs};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// How long one attempt has the field to itself before the next one starts beside it.
///
/// RFC 8305, section 5 recommends this value; section 8 allows 100 ms to 2 s.
pub const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// How many finished connections may wait in the queue of [`listen`]'s socket.
const BACKLOG: i32 = 128;

// ANCHOR: resolve
/// Turns a name into addresses.
pub trait Resolve {
    /// All addresses of `name`, in the order in which they should be tried, each with `port`.
    ///
    /// # Errors
    ///
    /// When the name is not known, or nobody could be asked.
    fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The resolver of this computer: the file of hosts, DNS, and whatever else is set up.
pub struct System;

impl Resolve for System {
    /// Calls getaddrinfo(3), which waits until both families have answered, and sorts its answer by
    /// the rules of RFC 6724. It has no deadline that we could set.
    fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok((name, port).to_socket_addrs()?.collect())
    }
}

/// Any closure is a resolver, so a test says in one line what a name means.
impl<F: Fn(&str, u16) -> io::Result<Vec<SocketAddr>>> Resolve for F {
    fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        self(name, port)
    }
}
// ANCHOR_END: resolve

// ANCHOR: interleave
/// Lets the families take turns, beginning with that of the first address; drops what comes twice.
///
/// When a whole family does not work from here, only every other attempt is lost. Within a family
/// the resolver's order stays (RFC 8305, section 4).
pub fn interleave(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_family = addresses.first().map(SocketAddr::is_ipv6);
    let (mut now, mut next): (VecDeque<SocketAddr>, VecDeque<SocketAddr>) = addresses
        .iter()
        .partition(|address| Some(address.is_ipv6()) == first_family);
    let mut ordered = Vec::new();
    while !(now.is_empty() && next.is_empty()) {
        if let Some(address) = now.pop_front()
            && !ordered.contains(&address)
        {
            ordered.push(address);
        }
        std::mem::swap(&mut now, &mut next);
    }
    ordered
}
// ANCHOR_END: interleave

// ANCHOR: listen
/// Listens on `address`, and when that is `[::]`, for clients of both families.
///
/// # Errors
///
/// Those of socket(2), bind(2) and listen(2): for instance when the port is in use, or this
/// computer has no IPv6.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // std does this too, except on Windows, where the option means something else (lesson 07).
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // Said aloud, because the default differs: Linux leaves it off, unless the administrator
        // says otherwise, ipv6(7); Windows turns it on. And said here: after bind() it is too late.
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
// ANCHOR_END: listen

// ANCHOR: normalise
/// The address that a person would recognise: `[::ffff:192.0.2.1]:80` becomes `192.0.2.1:80`.
///
/// A socket of the IPv6 family names IPv4 clients by mapped addresses (RFC 4291, section 2.5.5.2).
/// Every other address stays as it is, with its scope.
pub fn normalise(address: SocketAddr) -> SocketAddr {
    match address {
        // Not to_ipv4(): that one also takes ::1 for 0.0.0.1.
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(ip) => SocketAddrV4::new(ip, v6.port()).into(),
            None => address,
        },
        SocketAddr::V4(_) => address,
    }
}
// ANCHOR_END: normalise
