//! hint: counts-the-lost
//! A client that cannot be greeted uses up a number and a turn.

use std::io::{self, Write};
use std::net::TcpListener;

pub fn greet(listener: &TcpListener, clients: usize) -> io::Result<usize> {
    let mut lost = 0;
    for k in 1..=clients {
        let (mut client, _) = listener.accept()?;
        if client
            .write_all(format!("hello, client {k}\n").as_bytes())
            .is_err()
        {
            lost += 1;
        }
    }
    Ok(lost)
}
