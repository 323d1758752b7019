//! hint: wrong-count
//! Returns how many were greeted instead of how many were lost.

use std::io::{self, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    let mut greeted = 0;
    while greeted < clients {
        let (mut client, _) = listener.accept()?;
        let greeting = format!("hello, client {}\n", greeted + 1);
        if client.write_all(greeting.as_bytes()).is_ok() {
            greeted += 1;
        }
    }
    Ok(greeted)
}
