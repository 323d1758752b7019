//! Exercise: try every address of a name.

use names::Resolve;
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::time::Duration;

/// Connects to `name`: asks `resolver` for its addresses, tries them one after the other in that
/// order, and returns the first connection.
///
/// Each address gets `patience` of its own. One that refuses, or keeps silent for that long, is no
/// reason to give up the others.
///
/// What will come: names with one address and with several, in both families; `localhost`, which
/// is whatever the resolver says; addresses that refuse; addresses that never answer; a name
/// without any address; a resolver that fails. The resolver's addresses have their ports already.
///
/// Example: when `chat.test` is `[::1]:7006, 127.0.0.1:7006` and nobody listens on the first, the
/// connection that is returned goes to `127.0.0.1:7006`.
///
/// # Errors
/// The resolver's own error. When every address has failed, the error of the last one. `NotFound`
/// when the name has no address.
pub fn connect_to_name(
    resolver: &dyn Resolve,
    name: &str,
    port: u16,
    patience: Duration,
) -> io::Result<TcpStream> {
    // BEGIN SOLUTION: ask the resolver, give every address its patience in turn, and return the first connection or else the last error
    let mut last_error = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in resolver.resolve(name, port)? {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => return Ok(stream),
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
    // END SOLUTION
}
