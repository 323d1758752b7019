//! hint: keeps-sockets-open
//! Keeps every accepted socket until the end: no client sees the end of its stream.

use std::io::{self, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    let mut greeted = Vec::new();
    let mut lost = 0;
    while greeted.len() < clients {
        let (mut client, _) = listener.accept()?;
        let greeting = format!("hello, client {}\n", greeted.len() + 1);
        match client.write_all(greeting.as_bytes()) {
            Ok(()) => greeted.push(client),
            Err(_) => lost += 1,
        }
    }
    Ok(lost)
}
