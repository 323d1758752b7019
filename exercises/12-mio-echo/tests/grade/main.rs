//! Grades the exercises of lesson 12.

use std::fmt::Debug;
use std::io::{self, ErrorKind};
use std::thread;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Poll};
use peer::Lesson;

mod accept_on_event;
mod flush_on_writable;
mod read_on_event;
mod readiness_loop;

static LESSON: Lesson = Lesson::new("12-mio-echo", include_str!("../../exercises.toml"));

/// How long the grader's own waits may take, in the student's thread. More than any test has.
const PATIENCE: Duration = Duration::from_secs(5);

/// A result as a student writes it: `Err(ConnectionReset)`, whatever else an `io::Error` holds.
fn told<T: Debug>(result: &io::Result<T>) -> String {
    match result {
        Ok(value) => format!("Ok({value:?})"),
        Err(error) => format!("Err({:?})", error.kind()),
    }
}

/// Waits for events, and again when a signal came first.
fn wait(poll: &mut Poll, events: &mut Events, patience: Duration) -> io::Result<()> {
    let end = Instant::now() + patience;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match poll.poll(events, Some(left)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Until `count` bytes can be read from `stream`: what a client has sent is under way for a moment,
/// and one event is to stand for all of it.
fn arrived(stream: &TcpStream, count: usize) -> io::Result<()> {
    let (start, mut buffer) = (Instant::now(), vec![0; count]);
    while stream.peek(&mut buffer).unwrap_or(0) < count {
        if start.elapsed() > PATIENCE {
            return Err(ErrorKind::TimedOut.into());
        }
        thread::yield_now();
    }
    Ok(())
}
