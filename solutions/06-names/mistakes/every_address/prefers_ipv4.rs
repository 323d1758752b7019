//! hint: the-first-that-answers
//! Sorts the addresses in an order of its own.

use names::Resolve;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub fn connect_to_name(
    resolver: &dyn Resolve,
    name: &str,
    port: u16,
    patience: Duration,
) -> io::Result<TcpStream> {
    let mut addresses = resolver.resolve(name, port)?;
    addresses.sort_by_key(SocketAddr::is_ipv6);
    let mut last_error = ErrorKind::NotFound.into();
    for address in addresses {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => return Ok(stream),
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
}
