//! hint: dies-with-one-client
//! `?` on peer_addr: a socket that was reset has no peer any more.

use std::io::{self, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    let mut greeted = 0;
    let mut lost = 0;
    while greeted < clients {
        let (mut client, _) = listener.accept()?;
        println!("greeting {}", client.peer_addr()?);
        match client.write_all(format!("hello, client {}\n", greeted + 1).as_bytes()) {
            Ok(()) => greeted += 1,
            Err(_) => lost += 1,
        }
    }
    Ok(lost)
}
