//! hint: there-is-always-a-next-client
//! Ends with the clients that were there: as many as it expected.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;

pub fn serve(listener: TcpListener) -> io::Result<()> {
    for stream in listener.incoming().take(3) {
        let stream = stream?;
        // Dropping the handle lets the thread go on alone. Its error is its client's.
        thread::spawn(move || echo(stream));
    }
    Ok(())
}

fn echo(stream: TcpStream) -> io::Result<u64> {
    tcp_echo::echo(&stream)
}
