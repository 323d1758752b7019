//! hint: still-listening
//! Another thread accepts, and stays in accept() with the listener when this one returns.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use threads::Stop;

pub const WAKE: Duration = Duration::from_secs(1);

pub fn accept_until(
    listener: TcpListener,
    stop: &Stop,
    mut serve: impl FnMut(TcpStream),
) -> io::Result<usize> {
    let (tell, told) = mpsc::channel();
    let stopped = tell.clone();
    stop.on_stop(move || {
        let _ = stopped.send(None);
    });
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if tell.send(Some(stream)).is_err() {
                return;
            }
        }
    });
    let mut clients = 0;
    while let Ok(Some(stream)) = told.recv() {
        serve(stream);
        clients += 1;
    }
    Ok(clients)
}
