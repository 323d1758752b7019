//! hint: greeting-in-pieces
//! write! on a socket writes each piece of the text alone, and the second piece finds the client gone.

use std::io::{self, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    let mut greeted = 0;
    let mut lost = 0;
    while greeted < clients {
        let (mut client, _) = listener.accept()?;
        match write!(client, "hello, client {}\n", greeted + 1) {
            Ok(()) => greeted += 1,
            Err(_) => lost += 1,
        }
    }
    Ok(lost)
}
