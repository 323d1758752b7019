//! hint: nobody-wakes-accept
//! The handler sets another flag, and the thread sleeps in accept() all the same.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use threads::Stop;

pub const WAKE: Duration = Duration::from_secs(1);

pub fn accept_until(
    listener: TcpListener,
    stop: &Stop,
    mut serve: impl FnMut(TcpStream),
) -> io::Result<usize> {
    let stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopped);
    stop.on_stop(move || flag.store(true, Ordering::SeqCst));
    let mut clients = 0;
    for stream in listener.incoming() {
        if stopped.load(Ordering::SeqCst) {
            break;
        }
        serve(stream?);
        clients += 1;
    }
    Ok(clients)
}
