//! hint: never-returns
//! Asked to greet nobody, it waits for one client.

use std::io::{self, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    let mut greeted = 0;
    let mut lost = 0;
    loop {
        let (mut client, _) = listener.accept()?;
        match client.write_all(format!("hello, client {}\n", greeted + 1).as_bytes()) {
            Ok(()) => greeted += 1,
            Err(_) => lost += 1,
        }
        if greeted == clients {
            return Ok(lost);
        }
    }
}
