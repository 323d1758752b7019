//! hint: waits-for-the-client
//! Reads from a client that has nothing to say, before it hangs up.

use std::io::{self, Read, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    let mut greeted = 0;
    let mut lost = 0;
    while greeted < clients {
        let (mut client, _) = listener.accept()?;
        let greeting = format!("hello, client {}\n", greeted + 1);
        match client.write_all(greeting.as_bytes()) {
            Ok(()) => greeted += 1,
            Err(_) => lost += 1,
        }
        let _ = client.read(&mut [0; 64]);
    }
    Ok(lost)
}
