//! hint: polls
//! Asks a nonblocking listener again and again.

use std::io;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;
use threads::Stop;

pub const WAKE: Duration = Duration::from_secs(1);

pub fn accept_until(
    listener: TcpListener,
    stop: &Stop,
    mut serve: impl FnMut(TcpStream),
) -> io::Result<usize> {
    listener.set_nonblocking(true)?;
    let mut clients = 0;
    while !stop.is_stopped() {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                serve(stream);
                clients += 1;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(WAKE / 100),
            Err(error) => return Err(error),
        }
    }
    Ok(clients)
}
