//! When the server has returned, nothing of it is open any more. A process of its own: other tests
//! open and close descriptors as they like.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the verdict")]

use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use nonblocking::{Poll, Wait, Watched, serve, serve_with};
use threads::{Limits, Stop};

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Waits as `Poll` does, once for each client that comes, and then fails.
struct Failing {
    inner: Poll,
    waits: usize,
}

impl Wait for Failing {
    fn wait(&mut self, watched: &mut [Watched<'_>], timeout: Option<Duration>) -> io::Result<()> {
        if self.waits == 0 {
            return Err(io::Error::other("no way to wait"));
        }
        self.waits -= 1;
        self.inner.wait(watched, timeout)
    }
}

#[test]
fn a_server_that_returns_leaves_nothing_open() {
    let before = descriptors();

    let stop = Stop::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let asked = stop.clone();
    let server = thread::spawn(move || serve(listener, Limits::USUAL, &asked, |_| {}));
    client.write_all(b"x").unwrap();
    client.read_exact(&mut [0]).unwrap();
    stop.stop();
    assert_eq!(server.join().unwrap().unwrap(), 0);
    drop(client);
    assert_eq!(descriptors(), before);

    // Nobody has asked this one to stop, and what would wake it lives on. It holds nothing open.
    let stop = Stop::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let inner = Poll::new(&stop).unwrap();
    let failing = Failing { inner, waits: 1 };
    let error = serve_with(failing, listener, Limits::USUAL, &stop, |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "no way to wait");
    drop(client);
    assert_eq!(descriptors(), before);
    stop.stop();
}
