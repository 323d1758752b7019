//! hint: first-address-only
//! Takes the first address of the list for the name.

use names::Resolve;
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::time::Duration;

pub fn connect_to_name(
    resolver: &dyn Resolve,
    name: &str,
    port: u16,
    patience: Duration,
) -> io::Result<TcpStream> {
    let addresses = resolver.resolve(name, port)?;
    let first = addresses.first().ok_or(ErrorKind::NotFound)?;
    TcpStream::connect_timeout(first, patience)
}
