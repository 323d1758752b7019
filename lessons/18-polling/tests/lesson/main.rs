//! Lesson 18 from the outside: its log and journal, those who wait, its answers, its programs; and that no
//! event is lost and none comes twice, whatever happens to connections and servers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is the verdict"
)]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "these servers end well when Ctrl-C asks them to")]
mod programs;

mod answers;
mod asking;
mod feed;
mod journal;
mod log;
mod seeded;
mod sessions;
mod transcripts;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use http::threaded::Patience;
use http::{Response, Status};
use polling::{Event, Feed};
use threads::{Limits, Stop};

use crate::programs::{ANY_PORT, DEADLINE};

/// What no test here should reach.
const LIMITS: Limits = Limits {
    connections: 64,
    idle: DEADLINE,
    drain: DEADLINE,
};

const PATIENCE: Patience = Patience {
    request: DEADLINE,
    between: DEADLINE,
    response: DEADLINE,
    linger: DEADLINE,
};

/// A server in a thread of this process.
struct Server {
    address: SocketAddr,
    feed: Feed,
    stop: Stop,
    ended: JoinHandle<io::Result<usize>>,
}

impl Server {
    /// Long polls are held for `hold`.
    fn start(feed: Feed, hold: Duration) -> Self {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, waiting) = (Stop::new(), feed.clone());
        stop.on_stop(move || waiting.close());
        let (asked, served) = (stop.clone(), feed.clone());
        let ended = thread::spawn(move || {
            http::threaded::serve(
                listener,
                LIMITS,
                PATIENCE,
                &asked,
                |_| {},
                |request, body, client| match request.path() {
                    "/poll" => polling::poll(&served, request),
                    "/longpoll" => polling::long_poll(&served, request, client, hold),
                    "/say" => polling::publish(&served, request, body),
                    _ => Response::plain(Status::NOT_FOUND),
                },
            )
        });
        Self {
            address,
            feed,
            stop,
            ended,
        }
    }

    /// Returns how many conversations were cut off. Nothing of the server is left then, and its journal is
    /// closed.
    fn stop(self) -> usize {
        self.stop.stop();
        until("the server should have ended", || self.ended.is_finished());
        self.ended.join().unwrap().unwrap()
    }
}

/// Waits until it `is` so.
#[track_caller]
fn until(sentence: &str, is: impl Fn() -> bool) {
    let started = Instant::now();
    while !is() {
        assert!(started.elapsed() < DEADLINE, "{sentence}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// The numbers of some events.
fn ids(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.id).collect()
}
