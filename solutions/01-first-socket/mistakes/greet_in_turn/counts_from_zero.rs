//! hint: wrong-greeting
//! The first client is client 0.

use std::io::{self, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    let mut lost = 0;
    let mut k = 0;
    while k < clients {
        let (mut client, _) = listener.accept()?;
        match client.write_all(format!("hello, client {k}\n").as_bytes()) {
            Ok(()) => k += 1,
            Err(_) => lost += 1,
        }
    }
    Ok(lost)
}
