//! hint: ended-the-process
//! Ends the whole process when somebody asks to stop.

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
    stop.on_stop(|| std::process::exit(0));
    let mut clients = 0;
    loop {
        let (stream, _) = listener.accept()?;
        if stop.is_stopped() {
            return Ok(clients);
        }
        serve(stream);
        clients += 1;
    }
}
