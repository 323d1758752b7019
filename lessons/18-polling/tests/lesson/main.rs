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
#[path = "../../../17-http/tests/lesson/server.rs"]
#[allow(dead_code, reason = "the server of lesson 17 has a second engine")]
mod server;
#[path = "../../../17-http/tests/lesson/wire.rs"]
#[allow(dead_code, reason = "no bytes in hexadecimal digits here")]
mod wire;

mod answers;
mod asking;
mod feed;
mod journal;
mod log;
mod seeded;
mod sessions;
mod transcripts;

use std::net::SocketAddr;
use std::time::Duration;

use http::{Response, Status};
use polling::{Event, Feed};
use threads::Limits;

use crate::programs::DEADLINE;
use crate::server::{Engine, GENEROUS};

/// What no test here should reach.
const LIMITS: Limits = Limits {
    connections: 64,
    idle: DEADLINE,
    drain: DEADLINE,
};

/// A server with a feed.
struct Server {
    address: SocketAddr,
    feed: Feed,
    serving: server::Server,
}

impl Server {
    /// Long polls are held for `hold`.
    fn start(feed: Feed, hold: Duration) -> Self {
        let served = feed.clone();
        let serving = server::Server::start(
            Engine::Threads,
            LIMITS,
            GENEROUS,
            move |request, body, client| match request.path() {
                "/poll" => polling::poll(&served, request),
                "/longpoll" => polling::long_poll(&served, request, client, hold),
                "/say" => polling::publish(&served, request, body),
                _ => Response::plain(Status::NOT_FOUND),
            },
        );
        let waiting = feed.clone();
        serving.stop.on_stop(move || waiting.close());
        Self {
            address: serving.address,
            feed,
            serving,
        }
    }

    /// Returns how many conversations were cut off. Nothing of the server is left then, and its journal is
    /// closed.
    fn stop(self) -> usize {
        self.serving.stop()
    }
}

/// The numbers of some events.
fn ids(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.id).collect()
}
