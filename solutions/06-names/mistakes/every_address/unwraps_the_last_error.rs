//! hint: panicked
//! A name without an address has no last error.

use names::Resolve;
use std::io;
use std::net::TcpStream;
use std::time::Duration;

pub fn connect_to_name(
    resolver: &dyn Resolve,
    name: &str,
    port: u16,
    patience: Duration,
) -> io::Result<TcpStream> {
    let mut last_error = None;
    for address in resolver.resolve(name, port)? {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => return Ok(stream),
            Err(error) => last_error = Some(error),
        }
    }
    Err(last_error.unwrap())
}
