//! hint: dies-with-one-client
//! `?` after a write: any client can end the server by resetting its connection.

use std::io::{self, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    for k in 1..=clients {
        let (mut client, _) = listener.accept()?;
        client.write_all(format!("hello, client {k}\n").as_bytes())?;
    }
    Ok(0)
}
