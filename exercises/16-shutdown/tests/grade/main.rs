//! Grades the exercises of lesson 16.

use peer::{Lesson, Scene, of_the_machine};
use std::fmt::Debug;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

mod drain_deadline;
mod finish_in_flight;
mod token_and_tracker;
mod wake_accept;

static LESSON: Lesson = Lesson::new("16-shutdown", include_str!("../../exercises.toml"));

/// For waits in which nothing but the machine can be slow.
const PATIENCE: Duration = Duration::from_secs(1);

/// Between two attempts.
const A_MOMENT: Duration = Duration::from_millis(5);

/// A result as a student writes it: `Err(ConnectionReset)`, whatever else an `io::Error` holds.
fn told<T: Debug>(result: &io::Result<T>) -> String {
    match result {
        Ok(value) => format!("Ok({value:?})"),
        Err(error) => format!("Err({:?})", error.kind()),
    }
}

/// Whether the kernel refuses a client: nobody listens at `address` any more.
fn refuses(address: SocketAddr) -> bool {
    match TcpStream::connect_timeout(&address, PATIENCE) {
        // Reset: the listener was closed while the client was in its backlog.
        Err(error) => matches!(
            error.kind(),
            ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
        ),
        Ok(_) => false,
    }
}

/// As [`refuses`], for a listener that somebody is about to close. A second is enough for that.
fn will_refuse(scene: &Scene, address: SocketAddr) -> bool {
    let end = Instant::now() + PATIENCE.min(scene.left());
    loop {
        if refuses(address) {
            scene.note("another client: connection refused");
            return true;
        }
        if Instant::now() > end {
            scene.note("other clients: connected, again and again");
            return false;
        }
        thread::sleep(A_MOMENT);
    }
}

/// Runs `code` on a runtime of one thread, which is the student's.
fn on_tokio<T>(code: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    of_the_machine("start tokio", runtime).block_on(code)
}

/// The listener for tokio. To be called on a runtime.
fn for_tokio(listener: TcpListener) -> tokio::net::TcpListener {
    let listener = listener
        .set_nonblocking(true)
        .and_then(|()| tokio::net::TcpListener::from_std(listener));
    of_the_machine("give a listener to tokio", listener)
}
