//! hint: nobody-wakes-accept
//! Looks at the flag, and nobody wakes the thread that should look.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use threads::Stop;

pub const WAKE: Duration = Duration::from_secs(1);

pub fn accept_until(
    listener: TcpListener,
    stop: &Stop,
    mut serve: impl FnMut(TcpStream),
) -> io::Result<usize> {
    let mut clients = 0;
    while !stop.is_stopped() {
        let (stream, _) = listener.accept()?;
        serve(stream);
        clients += 1;
    }
    Ok(clients)
}
