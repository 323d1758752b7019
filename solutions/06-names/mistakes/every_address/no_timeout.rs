//! hint: waits-for-the-silent
//! Waits for each address for as long as the kernel does: minutes.

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
    let _ = patience;
    let mut last_error = ErrorKind::NotFound.into();
    for address in resolver.resolve(name, port)? {
        match TcpStream::connect(address) {
            Ok(stream) => return Ok(stream),
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
}
