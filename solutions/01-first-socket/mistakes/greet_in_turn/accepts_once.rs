//! hint: accepts-once
//! One accept: whoever is next in the queue is never greeted.

use std::io::{self, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    let (mut client, _) = listener.accept()?;
    client.write_all(b"hello, client 1\n")?;
    Ok(0)
}
