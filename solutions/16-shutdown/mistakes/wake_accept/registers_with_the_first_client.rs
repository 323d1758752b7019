//! hint: nobody-wakes-accept
//! Says what wakes it only when it has a client, and waits for the first one for ever.

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
    let address = listener.local_addr()?;
    let mut clients = 0;
    loop {
        let (stream, _) = listener.accept()?;
        if stop.is_stopped() {
            return Ok(clients);
        }
        stop.on_stop(move || {
            let _ = TcpStream::connect_timeout(&address, WAKE);
        });
        serve(stream);
        clients += 1;
    }
}
