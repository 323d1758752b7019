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

mod chatting;
mod codec;
mod once;
mod sessions;
mod subscribers;
mod transcripts;

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use http::threaded::{Client, Patience};
use http::{Answer, Head, Reply, Request, Response};
use streaming::MAX_EVENT;
use streaming::sse::{Decoder, Message};
use threads::{Limits, News, Stop};
use timeouts::{Heard, listen_for};

use crate::programs::{ANY_PORT, DEADLINE, connect};

const LIMITS: Limits = Limits {
    connections: 256,
    idle: DEADLINE,
    drain: DEADLINE,
};

/// What no test here should reach.
const GENEROUS: Patience = Patience {
    request: DEADLINE,
    between: DEADLINE,
    response: DEADLINE,
    linger: DEADLINE,
};

/// Bytes that the kernel holds for one connection, in each direction.
const BUFFER: usize = 64 * 1024;

struct Server {
    address: SocketAddr,
    stop: Stop,
    news: Receiver<News>,
    ended: JoinHandle<io::Result<usize>>,
}

impl Server {
    fn start(
        answer: impl Fn(&Request, &[u8], &Client) -> Response + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        let listening = socket2::SockRef::from(&listener);
        listening.set_send_buffer_size(BUFFER).unwrap();
        listening.set_recv_buffer_size(BUFFER).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let asked = stop.clone();
        let (sender, news) = mpsc::channel();
        let report = move |news| {
            let _ = sender.send(news);
        };
        let ended = thread::spawn(move || {
            http::threaded::serve(listener, LIMITS, GENEROUS, &asked, report, answer)
        });
        Self {
            address,
            stop,
            news,
            ended,
        }
    }

    /// How the next conversation ended.
    fn ended(&self) -> io::Result<u64> {
        match self.news.recv_timeout(DEADLINE).unwrap() {
            News::Ended(_, outcome) => outcome,
            other => panic!("a conversation should have ended, not {other:?}"),
        }
    }

    /// Returns how many conversations were cut off.
    fn stop(self) -> usize {
        self.stop.stop();
        eventually("serve should have returned", || self.ended.is_finished());
        self.ended.join().unwrap().unwrap()
    }
}

/// Waits until `is_so`. It will be soon, and nothing can tell us when.
#[track_caller]
fn eventually(sentence: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < DEADLINE, "{sentence}");
        thread::sleep(Duration::from_millis(2));
    }
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
