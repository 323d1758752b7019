//! hint: says-why
//! Every failure looks the same to the caller.

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
    for address in resolver.resolve(name, port)? {
        if let Ok(stream) = TcpStream::connect_timeout(&address, patience) {
            return Ok(stream);
        }
    }
    Err(ErrorKind::NotFound.into())
}
