//! hint: accepts-all-first
//! Waits for all clients before it greets the first one.

use std::io::{self, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    let mut queue = Vec::new();
    for _ in 0..clients {
        queue.push(listener.accept()?.0);
    }
    let mut lost = 0;
    for (k, mut client) in (1..).zip(queue) {
        let greeting = format!("hello, client {k}\n");
        if client.write_all(greeting.as_bytes()).is_err() {
            lost += 1;
        }
    }
    Ok(lost)
}
