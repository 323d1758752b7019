//! hint: one-at-a-time
//! Three threads that accept and echo: three silent clients occupy them all.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;

pub fn serve(listener: TcpListener) -> io::Result<()> {
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Ok((stream, _)) = listener.accept() {
                    let _ = echo(stream);
                }
            });
        }
    });
    Ok(())
}

fn echo(stream: TcpStream) -> io::Result<u64> {
    tcp_echo::echo(&stream)
}
