//! hint: never-returns
//! Looks whether it is done only after the next accept, which waits for a client that will not come.

use std::io::{self, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    let mut greeted = 0;
    let mut lost = 0;
    for client in listener.incoming() {
        if greeted == clients {
            break;
        }
        match client?.write_all(format!("hello, client {}\n", greeted + 1).as_bytes()) {
            Ok(()) => greeted += 1,
            Err(_) => lost += 1,
        }
    }
    Ok(lost)
}
