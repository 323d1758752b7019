//! hint: serves-the-wake-up
//! Looks at the flag before accept(), so its own connection is served as a client.

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
    stop.on_stop(move || {
        let _ = TcpStream::connect_timeout(&address, WAKE);
    });
    let mut clients = 0;
    while !stop.is_stopped() {
        let (stream, _) = listener.accept()?;
        serve(stream);
        clients += 1;
    }
    Ok(clients)
}
