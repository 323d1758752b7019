//! hint: dies-with-one-client
//! A failed conversation tells the accepting thread to end.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

pub fn serve(listener: TcpListener) -> io::Result<()> {
    let failed = Arc::new(AtomicBool::new(false));
    loop {
        let (stream, _) = listener.accept()?;
        if failed.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let failed = Arc::clone(&failed);
        thread::spawn(move || failed.fetch_or(echo(stream).is_err(), Ordering::Relaxed));
    }
}

fn echo(stream: TcpStream) -> io::Result<u64> {
    tcp_echo::echo(&stream)
}
