//! hint: no-address
//! A resolver that fails looks like a name without an address.

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
    let mut last_error = io::Error::from(ErrorKind::NotFound);
    for address in resolver.resolve(name, port).unwrap_or_default() {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => return Ok(stream),
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
}
