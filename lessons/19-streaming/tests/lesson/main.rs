//! Lesson 19 from the outside: the format at every cut, subscribers good and bad, and a thousand events
//! through connections that break.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is the verdict"
)]

#[path = "../../../01-first-socket/tests/lesson/programs.rs"]
#[allow(dead_code, reason = "other lessons use the rest")]
mod programs;
#[path = "../../../17-http/tests/lesson/server.rs"]
#[allow(dead_code, reason = "the server of lesson 17 has a second engine")]
mod server;
#[path = "../../../17-http/tests/lesson/wire.rs"]
mod wire;

mod chatting;
mod codec;
mod once;
mod sessions;
mod subscribers;
mod transcripts;

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use http::threaded::Client;
use http::{Answer, Head, Reply, Request, Response};
use streaming::MAX_EVENT;
use streaming::sse::{Decoder, Message};
use threads::Limits;
use timeouts::{Heard, listen_for};

use crate::programs::{DEADLINE, connect};
use crate::server::{Engine, GENEROUS, Server};

const LIMITS: Limits = Limits {
    connections: 256,
    idle: DEADLINE,
    drain: DEADLINE,
};

/// Starts a server that answers with `answer`, with a thread for each client.
fn serving(
    answer: impl Fn(&Request, &[u8], &Client) -> Response + Send + Sync + 'static,
) -> Server {
    Server::start(Engine::Threads, LIMITS, GENEROUS, answer)
}

/// A client that takes what comes, piece by piece.
struct Listener {
    stream: TcpStream,
    reply: Reply,
    decoder: Decoder,
}

impl Listener {
    /// `request` without its version, Host and blank line; `fields` with their line ends.
    fn ask(address: SocketAddr, request: &str, fields: &str, body: &str) -> Self {
        let mut stream = connect(address);
        let length = body.len();
        let request = format!(
            "{request} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n{fields}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        Self {
            stream,
            reply: Reply::new(u64::MAX),
            decoder: Decoder::new(MAX_EVENT),
        }
    }

    fn get(address: SocketAddr, target: &str) -> Self {
        Self::ask(address, &format!("GET {target}"), "", "")
    }

    /// What comes next, whatever it is.
    fn answer(&mut self) -> Answer {
        let mut buffer = [0; 4096];
        loop {
            if let Some(answer) = self.reply.next_event().unwrap() {
                return answer;
            }
            match listen_for(&self.stream, &mut buffer, DEADLINE).unwrap() {
                Heard::Bytes(count) => self.reply.receive_data(&buffer[..count]),
                Heard::End => self.reply.receive_end(),
                Heard::Silence => panic!("nothing comes"),
            }
        }
    }

    fn head(&mut self) -> Head {
        match self.answer() {
            Answer::Head(head) => head,
            other => panic!("a head should come first, not {other:?}"),
        }
    }

    /// The next bytes of the body; `None` at its end.
    fn piece(&mut self) -> Option<Vec<u8>> {
        match self.answer() {
            Answer::Head(head) => panic!("one head is enough: {head:?}"),
            Answer::Body(bytes) => Some(bytes),
            Answer::End => None,
        }
    }

    /// The next event; `None` at the end of the stream.
    fn message(&mut self) -> Option<Message> {
        let started = Instant::now();
        loop {
            // Comments may come for ever.
            assert!(started.elapsed() < DEADLINE, "no event comes");
            if let Some(message) = self.decoder.next_event().unwrap() {
                return Some(message);
            }
            let bytes = self.piece()?;
            self.decoder.receive_data(&bytes);
        }
    }

    /// The next event's number and text.
    fn event(&mut self) -> (u64, String) {
        let message = self.message().expect("an event should come, not the end");
        assert_eq!(message.name, "message");
        (message.id.parse().unwrap(), message.data)
    }

    /// All of a body that ends.
    fn rest(&mut self) -> String {
        let mut body = Vec::new();
        while let Some(bytes) = self.piece() {
            body.extend(bytes);
        }
        String::from_utf8(body).unwrap()
    }
}
