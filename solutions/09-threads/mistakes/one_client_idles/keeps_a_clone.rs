//! hint: never-closes
//! Keeps a handle of every client in a list, so no connection is ever closed.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;

pub fn serve(listener: TcpListener) -> io::Result<()> {
    let mut clients = Vec::new();
    loop {
        let (stream, _) = listener.accept()?;
        clients.push(stream.try_clone()?);
        // Dropping the handle lets the thread go on alone. Its error is its client's.
        thread::spawn(move || echo(stream));
    }
}

fn echo(stream: TcpStream) -> io::Result<u64> {
    tcp_echo::echo(&stream)
}
