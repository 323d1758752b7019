//! hint: dies-with-one-client
//! Asks the socket for its peer on the accepting thread: a client that is gone has none.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;

pub fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept()?;
        println!("serving {}", stream.peer_addr()?);
        thread::spawn(move || echo(stream));
    }
}

fn echo(stream: TcpStream) -> io::Result<u64> {
    tcp_echo::echo(&stream)
}
