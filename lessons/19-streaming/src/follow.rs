//! The client: it listens, and remembers where it was.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use http::{Answer, Head, Reply, Status};
use timeouts::{Deadline, Heard, listen_for, write_by};

use crate::RETRY;
use crate::sse::{Decoder, Message};

/// Bytes of a line, and of an event's text. Policy, memory: a server that sends a longer one is left.
pub const MAX_EVENT: usize = 64 * 1024;

/// Bytes that one read may bring.
const BUFFER_SIZE: usize = 16 * 1024;

// ANCHOR: follower
/// Listens to a server's events, on one connection after another. What it has taken does not come again.
#[derive(Clone, Debug)]
pub struct Follower {
    last_id: String,
    retry: Duration,
}

impl Follower {
    /// Goes on behind the event `last_id`; empty: with what happens from now on.
    pub fn new(last_id: impl Into<String>) -> Self {
        Self {
            last_id: last_id.into(),
            retry: RETRY,
        }
    }

    /// The `id` of the last event that was taken.
    pub fn last_id(&self) -> &str {
        &self.last_id
    }

    /// How long the server wants us to wait between two connections.
    pub fn retry(&self) -> Duration {
        self.retry
    }

    /// Connects once, asks the server at `address` for `path`, and gives `take` each event, until the server
    /// ends the response. An event counts when `take` has returned.
    ///
    /// A connection on which nothing comes for `silence`, not even a comment, is given up: so `silence` is
    /// longer than the server's heartbeat.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when this is no request, or the server will never answer it with events. Otherwise,
    /// those of the connection and of `take`, `TimedOut`, and `InvalidData` for what is no response, or
    /// ends inside of one: call again, a little later.
    pub fn follow(
        &mut self,
        address: SocketAddr,
        path: &str,
        silence: Duration,
        mut take: impl FnMut(Message) -> io::Result<()>,
    ) -> io::Result<()> {
        let is_path = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_path || self.last_id.contains(['\r', '\n', '\0']) {
            let sentence = "a path begins with a slash; neither it nor an id has line ends";
            return Err(io::Error::new(ErrorKind::InvalidInput, sentence));
        }
        let stream = TcpStream::connect_timeout(&address, silence)?;
        let mut request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n");
        request += "Accept: text/event-stream\r\n";
        if !self.last_id.is_empty() {
            request += &format!("Last-Event-ID: {}\r\n", self.last_id);
        }
        request += "\r\n";
        let deadline = Deadline::after(Instant::now(), silence);
        write_by(&stream, request.as_bytes(), deadline)?;

        let mut reply = Reply::new(u64::MAX); // It has no end. What is kept of it is bounded.
        let mut decoder = Decoder::new(MAX_EVENT).resume(&self.last_id);
        let mut buffer = [0; BUFFER_SIZE];
        loop {
            match reply.next_event().map_err(invalid)? {
                Some(Answer::Head(head)) => check(&head)?,
                Some(Answer::Body(bytes)) => {
                    decoder.receive_data(&bytes);
                    while let Some(message) = decoder.next_event()? {
                        let id = message.id.clone();
                        take(message)?;
                        self.last_id = id;
                    }
                    // An id may come without an event, too.
                    self.last_id = decoder.last_id().to_string();
                    self.retry = decoder.retry().unwrap_or(self.retry);
                }
                Some(Answer::End) => return Ok(()),
                None => match listen_for(&stream, &mut buffer, silence)? {
                    Heard::Bytes(count) => reply.receive_data(&buffer[..count]),
                    Heard::End => reply.receive_end(),
                    Heard::Silence => {
                        let sentence = "the server has said nothing for too long";
                        return Err(io::Error::new(ErrorKind::TimedOut, sentence));
                    }
                },
            }
        }
    }
}
// ANCHOR_END: follower

fn invalid(refused: http::Refused) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, refused.why)
}

// ANCHOR: check
/// Whether what follows are events.
fn check(head: &Head) -> io::Result<()> {
    let status = head.status;
    let media = head.field("content-type").unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    match status {
        Status(100..=199) => Ok(()), // Another head comes.
        Status::OK if media.eq_ignore_ascii_case("text/event-stream") => Ok(()),
        // It is busy, or ill. A browser would give up here, too: we are more patient.
        Status(429 | 500..) => Err(io::Error::other(format!("the server says {status}"))),
        Status::OK => {
            let sentence = format!("what comes is not text/event-stream, but {media:?}");
            Err(io::Error::new(ErrorKind::InvalidInput, sentence))
        }
        status => {
            let sentence = format!("the server says {status}");
            Err(io::Error::new(ErrorKind::InvalidInput, sentence))
        }
    }
}
// ANCHOR_END: check
