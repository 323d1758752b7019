//! hint: localhost-is-a-name
//! Leaves out every address of the other family.

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
    let mut last_error = ErrorKind::NotFound.into();
    for address in resolver.resolve(name, port)? {
        if !address.is_ipv4() {
            continue;
        }
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => return Ok(stream),
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
}
