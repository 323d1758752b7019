//! hint: panicked
//! unwrap on a write: the first client that resets ends the thread.

use std::io::{self, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    for k in 1..=clients {
        let (mut client, _) = listener.accept().unwrap();
        client
            .write_all(format!("hello, client {k}\n").as_bytes())
            .unwrap();
    }
    Ok(0)
}
